import type { DiagnosticCode } from "./diagnostic-codes.ts";
import { generalHints } from "./general-hints.ts";
import { limits } from "./limits.ts";

/** A place in a file of the configuration repository. Lines and columns count from 1, columns in UTF-16 units. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** How many characters the finding covers; drawn as `^^^^` under the line. */
  readonly length?: number;
}

/** One finding about the user's text. Errors stop the run before anything is changed, warnings are shown. */
export interface Diagnostic {
  readonly severity: "error" | "warning";
  /** Stable name of the rule, for machines. */
  readonly code: DiagnosticCode;
  readonly position: Position;
  /** What is wrong, lowercase start, no trailing dot. */
  readonly message: string;
  /** What to write instead. */
  readonly hint?: string;
  /** The line it is about holds a secret and is not shown. */
  readonly isConfidential?: true;
}

/** What a parser or compiler returns: it never throws on user input, it reports all mistakes at once. */
export interface Parsed<T> {
  readonly value?: T;
  readonly diagnostics: readonly Diagnostic[];
}

/** Collects findings while one file is read. */
export class DiagnosticSink {
  readonly diagnostics: Diagnostic[] = [];
  private readonly told = { error: 0, warning: 0 };

  error(position: Position, code: DiagnosticCode, message: string, hint?: string): void {
    this.add("error", position, code, message, hint);
  }

  warning(position: Position, code: DiagnosticCode, message: string, hint?: string): void {
    this.add("warning", position, code, message, hint);
  }

  /** A finding without a hint of its own gets the one of its code. */
  private add(
    severity: Diagnostic["severity"],
    position: Position,
    code: DiagnosticCode,
    message: string,
    hint = generalHints[code],
  ): void {
    this.told[severity] += 1;
    const told = this.told[severity];
    if (told > limits.findings.most + 1) return;
    const rest = { severity, code: "too-large", position, message: "more findings are not told" } as const;
    if (told > limits.findings.most) this.diagnostics.push({ ...rest, hint: "put the first ones right" });
    else
      this.diagnostics.push({ severity, code, position, message, ...(hint === undefined ? {} : { hint }) });
  }

  addAll(diagnostics: readonly Diagnostic[]): void {
    this.diagnostics.push(...diagnostics);
  }

  get hasErrors(): boolean {
    return hasErrors(this.diagnostics);
  }
}

export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((diagnostic) => diagnostic.severity === "error");
}

/** Stable order for people and golden files: file, line, column, then message. */
export function sortDiagnostics(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return [...diagnostics].sort(
    (a, b) =>
      compareText(a.position.file, b.position.file) ||
      a.position.line - b.position.line ||
      a.position.column - b.position.column ||
      compareText(a.message, b.message),
  );
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
