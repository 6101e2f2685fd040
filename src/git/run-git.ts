import { spawn } from "node:child_process";
import { simpleGit } from "simple-git";
import { DeadlineError } from "../lib/abort.ts";
import type { Workplace } from "./workplace.ts";

/** git ended with something other than 0, or could not be started. Its words are not fit for people yet. */
export class GitExit extends Error {
  /** `undefined` when git could not be started. */
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;

  constructor(exitCode: number | undefined, stdout: string, stderr: string) {
    super(exitCode === undefined ? "git could not be started" : `git exited ${exitCode}`);
    this.name = "GitExit";
    this.exitCode = exitCode;
    this.stdout = stdout;
    this.stderr = stderr;
  }
}

export interface GitRun {
  /** Standard input. */
  readonly input?: Uint8Array;
  readonly timeoutMs: number;
}

/**
 * Runs one git command to its end and answers what it printed, as text.
 *
 * @throws GitExit for any exit code but 0; the reason of the signal, or a `DeadlineError`, when it was broken
 * off
 */
export async function runGit(
  place: Workplace,
  args: readonly string[],
  { input, timeoutMs }: GitRun,
  signal: AbortSignal,
): Promise<string> {
  using deadline = withDeadline(signal, `git ${args[0]}`, timeoutMs);
  deadline.signal.throwIfAborted();
  const { git, failure } = newGit(place, deadline.signal, input);
  // The library ends git alone, and its output stays open as long as a helper lives.
  const endAll = () => void place.endLeftovers();
  deadline.signal.addEventListener("abort", endAll, { once: true });
  try {
    return await git.raw([...args]);
  } catch (error) {
    await breakOff(place, deadline.signal);
    // The library's error carries the command: it must not travel further.
    throw failure() ?? new GitExit(undefined, "", error instanceof Error ? error.message : String(error));
  } finally {
    deadline.signal.removeEventListener("abort", endAll);
  }
}

/**
 * The only place that makes an instance. The library drops every variable that git obeys unless it is named, and
 * refuses hardening on the command line: that is in the configuration file of our home folder. It takes a failure that
 * says nothing for a success: `errors` ends that. It drops what it has not read 50 ms after the end of git, which on a
 * busy machine is all of it: `completion` makes it wait for the end of the output.
 */
function newGit(place: Workplace, signal: AbortSignal, input: Uint8Array | undefined) {
  let failure: GitExit | undefined;
  const git = simpleGit({
    baseDir: place.repositoryDir,
    abort: signal,
    completion: { onClose: true, onExit: false },
    allowEnvironment: Object.keys(place.environment),
    ...(input === undefined ? {} : { input: () => Buffer.from(input) }),
    errors(error, { exitCode, stdOut, stdErr }) {
      if (exitCode === 0 && error === undefined) return undefined;
      const texts = [stdOut, stdErr].map((parts) => Buffer.concat(parts).toString());
      // Below zero: it was not started.
      failure = new GitExit(exitCode >= 0 ? exitCode : undefined, texts[0] ?? "", texts[1] ?? "");
      return failure;
    },
  }).env({ ...place.environment });
  return { git, failure: () => failure };
}

/** An answer larger than what the caller is willing to keep. */
export class OutputTooLarge extends Error {}

export interface GitBytesRun extends GitRun {
  readonly maxBytes: number;
}

/**
 * Runs one local git command and answers the bytes that it printed; the library would decode them.
 *
 * @throws GitExit, OutputTooLarge, or as `runGit` does
 */
export async function runGitForBytes(
  place: Workplace,
  args: readonly string[],
  { input, timeoutMs, maxBytes }: GitBytesRun,
  signal: AbortSignal,
): Promise<Buffer> {
  using deadline = withDeadline(signal, `git ${args[0]}`, timeoutMs);
  deadline.signal.throwIfAborted();
  const child = spawn("git", args, {
    cwd: place.repositoryDir,
    env: place.environment,
    stdio: ["pipe", "pipe", "pipe"],
    signal: deadline.signal,
    killSignal: "SIGKILL",
  });
  const stdout = collect(child.stdout, maxBytes, () => child.kill("SIGKILL"));
  const stderr = collect(child.stderr, 64 * 1024, () => {});
  // A git that fails does not read its input to the end; its exit code tells.
  child.stdin.on("error", () => {}).end(input);
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child
    .on("error", () => reject(new GitExit(undefined, "", "git could not be started")))
    .on("close", resolve);
  try {
    const code = await promise;
    if (stdout.isTooLarge()) throw new OutputTooLarge(`git ${args[0]} printed more than ${maxBytes} bytes`);
    if (code !== 0) throw new GitExit(code ?? 128, "", stderr.bytes().toString());
    return stdout.bytes();
  } catch (error) {
    await breakOff(place, deadline.signal);
    throw error;
  }
}

function collect(stream: NodeJS.ReadableStream, maxBytes: number, onTooLarge: () => void) {
  const chunks: Buffer[] = [];
  let size = 0;
  stream.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size <= maxBytes) chunks.push(chunk);
    else onTooLarge();
  });
  return { bytes: () => Buffer.concat(chunks), isTooLarge: () => size > maxBytes };
}

/** After an abort nothing goes on behind our back, and the reason of the abort is what failed. */
async function breakOff(place: Workplace, signal: AbortSignal): Promise<void> {
  if (!signal.aborted) return;
  await place.endLeftovers();
  throw signal.reason;
}

interface Deadline extends Disposable {
  readonly signal: AbortSignal;
}

function withDeadline(signal: AbortSignal, what: string, ms: number): Deadline {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new DeadlineError(what, ms)), ms);
  return {
    signal: AbortSignal.any([signal, controller.signal]),
    [Symbol.dispose]: () => clearTimeout(timer),
  };
}
