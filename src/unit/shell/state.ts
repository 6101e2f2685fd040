import type { DiagnosticSink } from "../../lib/diagnostic.ts";
import type { Expansion } from "../variables.ts";
import { indexIn, sliceWord, type Word } from "../words.ts";

/** A script while it is read. */
export interface ShellState {
  /** `ExecStart`, for messages. */
  readonly key: string;
  /** As the shell gets it: systemd's own escapes, specifiers and `${NAME}` are resolved. */
  readonly script: Word;
  readonly expansion: Expansion;
  readonly sink: DiagnosticSink;
  /** All variables, exported or not. */
  readonly variables: Map<string, string>;
  /** Names of those that commands see. */
  readonly exported: Set<string>;
}

/** A stretch of the script, without the quote of systemd's own that may follow it. */
export function stretchOf({ script }: ShellState, start: number, end: number): Word {
  const first = indexIn(script, start);
  return { ...sliceWord(script, start, end), end: Math.max(indexIn(script, end - 1), first) + 1 };
}
