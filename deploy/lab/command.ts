/** Runs one program without a shell and keeps what it printed. */
import { spawn } from "node:child_process";

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Text for its standard input; without it the program reads nothing. */
  readonly input?: string;
  /** The program is killed after this time. Default: 5 minutes. */
  readonly timeoutMs?: number;
}

export interface CommandOutput {
  readonly stdout: string;
  readonly stderr: string;
}

/** Resolves with the output when the program exits 0; otherwise the error ends with the last lines it printed. */
export async function runCommand(
  file: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandOutput> {
  const timeoutMs = options.timeoutMs ?? 300_000;
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: [options.input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    signal: AbortSignal.timeout(timeoutMs),
    killSignal: "SIGKILL",
  });
  const output = { stdout: "", stderr: "" };
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    output.stdout += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    output.stderr += text;
  });
  child.stdin?.on("error", () => {}); // A program may exit without reading its input; its exit code tells.
  child.stdin?.end(options.input);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  child.on("error", (error) => {
    const late = error.name === "AbortError";
    reject(
      new Error(`"${file}" ${late ? `took longer than ${timeoutMs / 1000} s` : "could not be started"}`, {
        cause: error,
      }),
    );
  });
  child.on("close", (code, signal) => {
    if (code === 0) {
      resolve();
      return;
    }
    const last = lastLines(`${output.stdout}\n${output.stderr}`, 12);
    const end = signal === null ? `exited ${code}` : `was ended by ${signal}`;
    reject(new Error(`"${[file, ...args].join(" ")}" ${end}:\n${last}`));
  });
  await promise;
  return output;
}

/** The last lines that say something, for an error message. */
export function lastLines(text: string, count: number): string {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .slice(-count)
    .join("\n");
}
