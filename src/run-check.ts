import { spawn } from "node:child_process";
import { once } from "node:events";
import { ReconcilerError } from "./model/errors.ts";

/** The exit code of a program that could not be started, as a shell says it. */
const notStarted = 127;

/**
 * Runs a program with our own output, and ends it with the signal. No shell reads its words.
 *
 * @returns its exit code; 128 and more when a signal ended it
 * @throws ReconcilerError `usage` when there is no such program, `interrupted` when the signal ended it
 */
export async function runCheck(
  words: readonly string[],
  variables: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<number> {
  const [file, ...args] = words;
  if (file === undefined)
    throw new ReconcilerError("usage", "there is no check to run", {
      hint: "write it behind --: -- ./smoke-test.sh",
    });
  // Its words go to standard error: standard output is for our one document.
  const child = spawn(file, args, { stdio: ["ignore", 2, 2], env: variables, signal });
  try {
    const [code] = (await once(child, "exit")) as [number | null];
    return code ?? notStarted + 1;
  } catch (cause) {
    if (signal.aborted) throw new ReconcilerError("interrupted", `run "${file}": stopped`, { cause });
    const hint = "is the path right, and the file executable?";
    throw new ReconcilerError("usage", `run "${file}": ${(cause as Error).message}`, { hint, cause });
  }
}
