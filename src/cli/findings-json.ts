import type { Diagnostic } from "../lib/diagnostic.ts";

/**
 * One finding as `--json` shows it. This shape is documented and stable: keys are added, never renamed. `position` holds
 * the same place as its own keys beside it.
 */
export interface JsonFinding extends Omit<Diagnostic, "isConfidential"> {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units, as editors count. */
  readonly column: number;
  readonly endLine: number;
  /** Behind the last character. */
  readonly endColumn: number;
}

/** Findings for editors and pipelines. */
export function jsonFindings(diagnostics: readonly Diagnostic[]): readonly JsonFinding[] {
  return diagnostics.map(({ severity, code, position, message, hint }) => {
    const { file, line, column, length = 0 } = position;
    const place = { file, line, column, endLine: line, endColumn: column + Math.max(length, 1) };
    return { severity, code, ...place, message, ...(hint === undefined ? {} : { hint }), position };
  });
}
