import type { Diagnostic } from "../lib/diagnostic.ts";
import { ReconcilerError } from "../model/errors.ts";
import { type Revision, shortRevision } from "../model/revision.ts";

export interface Mistakes {
  readonly error: ReconcilerError;
  /** `units/web.service:9:31: unknown docker run flag …`, one a line. */
  readonly findings: readonly string[];
}

/** A configuration that does not compile, as an error that names the first of its mistakes. */
export function mistakesError(diagnostics: readonly Diagnostic[], revision?: Revision): Mistakes {
  const findings = diagnostics
    .filter(({ severity }) => severity === "error")
    .map(({ position: { file, line, column }, message, hint }) => {
      return `${file}:${line}:${column}: ${message}${hint === undefined ? "" : ` (${hint})`}`;
    });
  const count = `${findings.length} mistake${findings.length === 1 ? "" : "s"} in the configuration`;
  const whose = revision === undefined ? "" : `revision ${shortRevision(revision)}: `;
  const error = new ReconcilerError(
    "configuration-invalid",
    `${whose}${count}; ${findings[0] ?? "it does not compile"}`,
    { hint: "mysysconfig validate shows all of them" },
  );
  return { error, findings };
}
