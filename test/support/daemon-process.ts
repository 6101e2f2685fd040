/** `mysysconfig run` as a child process: its log as events, its addresses, its end. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { labDir, repositoryRoot } from "../../deploy/lab/paths.ts";
import { waitUntil } from "../../deploy/lab/waiting.ts";

/** One line of its log. */
export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly [member: string]: unknown;
}

export interface DaemonProcess extends AsyncDisposable {
  readonly child: ChildProcess;
  /** Everything that it has said so far. */
  readonly lines: readonly LogLine[];
  /** `http://127.0.0.1:40001` */
  url(): Promise<string>;
  /** Resolves when `/readyz` says so. */
  ready(): Promise<void>;
  /** The first line from `since` on (an index into `lines`) that matches, now or later. */
  line(what: string, matches: (line: LogLine) => boolean, since?: number): Promise<LogLine>;
  /** Sends a signal and resolves with the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number>;
  /** The exit code; SIGKILL counts as 137. */
  readonly exited: Promise<number>;
  /** A number of `/metrics`, summed over its labels. */
  metric(name: string): Promise<number>;
}

export interface DaemonOptions {
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** In front of the command line, to enter a namespace. */
  readonly prefix?: readonly string[];
  /** Gets the end of its log, for whoever reads why a test failed. */
  readonly trail?: string[];
}

const main = join(repositoryRoot, "src", "main.ts");
/** On a machine that is busy with other things. */
const deadlineMs = 120_000;

export function startDaemonProcess({
  args,
  environment,
  prefix = [],
  trail = [],
}: DaemonOptions): DaemonProcess {
  const program = [process.execPath, main, "run", "--listen", "127.0.0.1:0", ...args];
  const [file = "", ...rest] = [...prefix, ...program];
  const child = spawn(file, rest, {
    env: {
      PATH: process.env["PATH"],
      HOME: "/nonexistent",
      NODE_COMPILE_CACHE: join(labDir(), "compile-cache"),
      ...environment,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines: LogLine[] = [];
  const said: string[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => lines.push(toLine(line)));
  createInterface({ input: child.stderr }).on("line", (line) => said.push(line));
  const exited = once(child, "close").then(([code]) => Number(code ?? 137));
  const story = () =>
    [...lines.slice(-40).map((line) => JSON.stringify(line)), ...said.slice(-15)].join("\n");
  const wait = async <T>(what: string, probe: () => T | undefined | Promise<T | undefined>): Promise<T> => {
    try {
      return await waitUntil(what, deadlineMs, async () => {
        const answer = await probe();
        if (answer === undefined && child.exitCode !== null) throw new Error(`${what}: the daemon has ended`);
        return answer;
      });
    } catch (error) {
      throw new Error(`${(error as Error).message}; the daemon said:\n${story()}`, { cause: error });
    }
  };
  const line: DaemonProcess["line"] = (what, matches, since = 0) =>
    wait(what, () => lines.slice(since).find(matches));
  const url = async () =>
    `http://${(await line("an address", ({ msg }) => msg === "listening"))["address"] as string}`;
  return {
    ...{ child, lines, exited, line, url },
    async ready() {
      const address = await url();
      await wait("the daemon to be ready", async () =>
        (await statusOf(`${address}/readyz`)) === 200 ? true : undefined,
      );
    },
    async stop(signal = "SIGTERM") {
      child.kill(signal);
      return await exited;
    },
    async metric(name) {
      const text = await (await fetch(`${await url()}/metrics`)).text();
      const pattern = new RegExp(`^${name}(?:\\{.*\\})? ([0-9.e+-]+)$`, "gm");
      return [...text.matchAll(pattern)].reduce((sum, [, value]) => sum + Number(value), 0);
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await exited;
      trail.push(story());
    },
  };
}

/** What is no JSON is a mistake of the program, and looks like one. */
function toLine(text: string): LogLine {
  try {
    return JSON.parse(text) as LogLine;
  } catch {
    return { level: "error", msg: `no JSON: ${text}` };
  }
}

export async function statusOf(url: string): Promise<number | undefined> {
  return await fetch(url).then(
    ({ status }) => status,
    () => undefined,
  );
}

/** Lines about runs that did something or changed their verdict. */
export const isConverged = ({ msg }: LogLine) => msg === "run converged";
