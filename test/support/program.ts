/** Runs `mysysconfig` as a user does: a process with arguments, an environment, two outputs and an exit code. */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { labDir, repositoryRoot } from "../../deploy/lab/paths.ts";

export interface RunResult {
  readonly args: readonly string[];
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
}

export interface RunningProgram {
  readonly child: ChildProcess;
  readonly result: Promise<RunResult>;
}

const deadlineMs = 180_000;
const main = join(repositoryRoot, "src", "main.ts");

/** Starts the program from its source; `environment` is all that it gets beside PATH and HOME. */
export function startProgram(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): RunningProgram {
  return startProcess(process.execPath, [main, ...args], {
    // Types are stripped once for all runs.
    NODE_COMPILE_CACHE: join(labDir(), "compile-cache"),
    HOME: "/nonexistent",
    ...environment,
  });
}

export function startProcess(
  file: string,
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  cwd?: string,
): RunningProgram {
  const startedAt = performance.now();
  const child = spawn(file, args, {
    env: { PATH: process.env["PATH"], ...environment },
    stdio: ["ignore", "pipe", "pipe"],
    ...(cwd === undefined ? {} : { cwd }),
  });
  const output = { stdout: "", stderr: "" };
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    output.stdout += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    output.stderr += text;
  });
  const { promise, resolve, reject } = Promise.withResolvers<RunResult>();
  const late = setTimeout(() => child.kill("SIGKILL"), deadlineMs);
  child.on("error", reject).on("close", (code) => {
    clearTimeout(late);
    resolve({ args, exitCode: code ?? -1, ...output, durationMs: performance.now() - startedAt });
  });
  return { child, result: promise };
}
