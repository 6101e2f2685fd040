/**
 * A machine with an Engine of its own on which the daemon runs from its image. Its socket is where it is on every host, so
 * that the commands of the documentation work there word for word.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { chmod, chown } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { inject } from "vitest";
import { ensureDockerClient } from "../../deploy/lab/docker-client.ts";
import { engineApi } from "../../deploy/lab/engine-api.ts";
import type { RunningEngine } from "../../deploy/lab/private-engine.ts";
import { endProcess, waitUntil } from "../../deploy/lab/waiting.ts";
import { type EngineClient, engineClient } from "../support/engine-client.ts";
import { ownEngineDir, startOwnEngine } from "../support/own-engine.ts";
import { type RunResult, startProcess } from "../support/program.ts";
import { startRelayIn } from "../support/relay.ts";
import { showSocketAsUsual } from "../support/usual-socket.ts";
import { socketGroup } from "./run-image.ts";

/** Where the daemon listens on that machine. */
export const daemonPort = 8080;
/** The name that the documentation gives the daemon's container. */
export const daemonName = "mysysconfig";

export interface HttpCall {
  readonly path: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
}

export interface DaemonMachine extends AsyncDisposable {
  readonly engine: RunningEngine;
  readonly client: EngineClient;
  /** What a failed test prints. */
  readonly trail: string[];
  /** Runs the docker command. */
  tryDocker(args: readonly string[]): Promise<RunResult>;
  /** The same; one that fails is an error. Answers what it printed, without the line break at the end. */
  docker(...args: readonly string[]): Promise<string>;
  /** Asks the daemon as a client on that machine does. */
  ask(call: HttpCall): Promise<HttpAnswer>;
}

/** An Engine with the images of this repository; `purpose` names its folder. */
export async function startDaemonMachine(purpose: string): Promise<DaemonMachine> {
  await using stack = new AsyncDisposableStack();
  const engine = stack.use(await startOwnEngine(ownEngineDir(purpose)));
  await chown(engine.socket, 0, socketGroup);
  await chmod(engine.socket, 0o660);
  await showSocketAsUsual({ socket: engine.socket, networkPrefix: engine.inNetwork([]) });
  await bringImages(engine);
  const way = join(engine.sharedDir, "daemon.sock");
  stack.use(await startRelayIn(engine.inNetwork([]), { path: way }, { port: daemonPort }));
  const { docker: program, configDir } = await ensureDockerClient();
  const trail: string[] = [];
  const environment = { DOCKER_HOST: `unix://${engine.socket}`, DOCKER_CONFIG: configDir };
  const tryDocker = (args: readonly string[]) => startProcess(program, args, environment).result;
  const owned = stack.move();
  return {
    ...{ engine, trail, tryDocker },
    client: engineClient(engine.socket),
    async docker(...args) {
      const { exitCode, stdout, stderr } = await tryDocker(args);
      trail.push(`    $ docker ${args.join(" ")}: exit ${exitCode}`);
      if (exitCode !== 0) throw new Error(`docker ${args.join(" ")} exited ${exitCode}:\n${stdout}${stderr}`);
      return stdout.trimEnd();
    },
    ask: (call) => askOver(way, call),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** From the Engine of all tests, which built them. */
async function bringImages({ api }: RunningEngine): Promise<void> {
  const built = engineApi({ kind: "unix", path: inject("engine").socket });
  const { image, tool } = inject("project");
  const archive = await built.open("GET", "/images/get", { query: { names: [image, tool] } });
  await api.progress("POST", "/images/load", { query: { quiet: "1" }, stream: archive });
}

async function askOver(
  socketPath: string,
  { path, method = "GET", headers = {}, body }: HttpCall,
): Promise<HttpAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
  const request = httpRequest({ socketPath, path, method, headers, agent: false, timeout: 20_000 });
  request.on("response", (response) => {
    text(response).then((said) => resolve({ status: response.statusCode ?? 0, text: said }), reject);
  });
  request.on("timeout", () => request.destroy(new Error(`${method} ${path}: no answer`))).on("error", reject);
  request.end(body);
  return await promise;
}

/** One line of the daemon's log; `msg` is the fact. */
export interface LogLine {
  readonly level: string;
  readonly time: string;
  readonly msg: string;
  readonly [member: string]: unknown;
}

/** What the daemon prints, as it comes. */
export class DaemonLog implements AsyncDisposable {
  readonly lines: LogLine[] = [];
  /** Lines that are no JSON objects: there should be none. */
  readonly foreign: string[] = [];
  private readonly child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.child = child;
    for (const stream of [child.stdout, child.stderr])
      if (stream) createInterface({ input: stream }).on("line", (line) => this.take(line));
  }

  static async follow({ engine }: DaemonMachine): Promise<DaemonLog> {
    const { docker, configDir } = await ensureDockerClient();
    const argv = ["--pdeathsig", "KILL", docker, "logs", "--follow", daemonName];
    const env = {
      PATH: process.env["PATH"],
      DOCKER_HOST: `unix://${engine.socket}`,
      DOCKER_CONFIG: configDir,
    };
    return new DaemonLog(spawn("setpriv", argv, { stdio: ["ignore", "pipe", "pipe"], env }));
  }

  /** For `waitFor`: what comes from now on. */
  get position(): number {
    return this.lines.length;
  }

  get text(): string {
    return [...this.foreign, ...this.lines.map((line) => JSON.stringify(line))].join("\n");
  }

  /** Waits for a line that is so, from a position on; answers it. */
  waitFor(
    what: string,
    isSo: (line: LogLine) => boolean,
    { from = 0, deadlineMs = 60_000 } = {},
  ): Promise<LogLine> {
    const found = waitUntil(`the log to say ${what}`, deadlineMs, () => this.lines.slice(from).find(isSo));
    return found.catch((error: Error) => {
      throw new Error(`${error.message}; it said:\n${this.shown(from)}`, { cause: error });
    });
  }

  /** Waits for a run that changed something, or came to another verdict than before, because of this. */
  waitForRun(because: string | RegExp, from: number): Promise<LogLine> {
    const isMeant = (line: LogLine) =>
      line.msg.startsWith("run ") && becauseOf(line).some((why) => why.match(because) !== null);
    return this.waitFor(`a run because of "${because}"`, isMeant, { from });
  }

  private take(line: string): void {
    try {
      this.lines.push(JSON.parse(line) as LogLine);
    } catch {
      this.foreign.push(line);
    }
  }

  /** The last lines, for a failed test. */
  shown(from = 0): string {
    const lines = this.lines.slice(from).map((line) => JSON.stringify(line).slice(0, 600));
    return [...this.foreign, ...lines].slice(-60).join("\n");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await endProcess(this.child.pid ?? 0, 5_000);
  }
}

/** Prints what the daemon said when the test failed. */
export function reportFailed(
  { name, result }: { readonly name: string; readonly result?: { readonly state: string } | undefined },
  log: DaemonLog,
): void {
  if (result?.state === "fail") process.stderr.write(`\n${name}: the daemon said\n${log.shown()}\n`);
}

/** What led to the run that a line is about. */
export function becauseOf({ because }: LogLine): readonly string[] {
  return Array.isArray(because) ? because.map(String) : [];
}

/** The samples of one metric: its labels as they are written → its value. */
export async function readMetric(machine: DaemonMachine, name: string): Promise<ReadonlyMap<string, number>> {
  const { text: page } = await machine.ask({ path: "/metrics" });
  const samples = page.split("\n").flatMap((line): [string, number][] => {
    const [, found, labels = "", value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    return found === name ? [[labels, Number(value)]] : [];
  });
  return new Map(samples);
}
