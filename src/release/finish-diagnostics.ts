import { type Diagnostic, sortDiagnostics } from "../lib/diagnostic.ts";
import { redactValues } from "../model/fingerprint.ts";

/** In order, each once, and no secret in any word. */
export function finishDiagnostics(
  diagnostics: readonly Diagnostic[],
  secretValues: readonly string[],
): readonly Diagnostic[] {
  const redacted = diagnostics.map(
    ({ message, hint, ...rest }): Diagnostic => ({
      ...rest,
      message: redactValues(message, secretValues),
      ...(hint === undefined ? {} : { hint: redactValues(hint, secretValues) }),
    }),
  );
  const unique = new Map(redacted.map((diagnostic) => [JSON.stringify(diagnostic), diagnostic]));
  return sortDiagnostics([...unique.values()]);
}
