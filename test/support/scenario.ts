/**
 * The language of the tests with an Engine. A test owns a `System`: a configuration repository, the program, an Engine
 * that is watched through a recording proxy, and names that nobody else uses. Steps are sentences; when one fails, the
 * trail of steps and the state of the Engine are printed.
 */
import { randomBytes } from "node:crypto";
import { test as base, inject } from "vitest";
import { runCommand } from "../../deploy/lab/command.ts";
import { cleanUp, dumpArtifacts, projectOf } from "./artifacts.ts";
import { type EngineClient, engineClient, type InspectedContainer } from "./engine-client.ts";
import { type RunningProgram, type RunResult, startProgram } from "./program.ts";
import { type RecordingProxy, startRecordingProxy } from "./recording-proxy.ts";
import { createTempRepository, type TempRepository } from "./temp-repository.ts";

export interface SystemOptions {
  readonly socket: string;
  /** Seen by the Engine under the same path. */
  readonly sharedDir: string;
  /** In front of a command line that is to run in the Engine's network. */
  readonly networkPrefix: readonly string[];
}

export interface System extends AsyncDisposable {
  /** The beginning of every name of this test: `${p}web`. */
  readonly p: string;
  readonly engine: EngineClient;
  readonly proxy: RecordingProxy;
  readonly repository: TempRepository;
  readonly options: SystemOptions;
  /** What a failed test prints. */
  readonly trail: string[];
  /** One sentence of the test and what it takes. */
  step<T>(sentence: string, act: () => T | Promise<T>): Promise<T>;
  write: TempRepository["write"];
  /** Adds to the environment that the program gets. */
  setEnvironment(variables: Readonly<Record<string, string>>): void;
  /** Runs the program to its end: `run("plan", "--json")`. */
  run(...args: readonly string[]): Promise<RunResult>;
  start(...args: readonly string[]): RunningProgram;
  apply(...args: readonly string[]): Promise<Applied>;
  plan(...args: readonly string[]): Promise<Planned>;
  /** The containers that the program owns, by name without the prefix. */
  containers(): Promise<ReadonlyMap<string, InspectedContainer>>;
  /** The one container with this name; a missing one is a failure. */
  container(name: string): Promise<InspectedContainer>;
  /** A host port that no other test uses. */
  port(): number;
  /** What a client in the Engine's network gets; `undefined` when nobody answers. */
  request(url: string): Promise<string | undefined>;
}

/** The parts of `plan --json` that tests read. */
export interface PlanDocument {
  readonly changes: readonly {
    readonly key: string;
    readonly subject: string;
    readonly kind: string;
    readonly cause: string;
    readonly fields: readonly { readonly field: string; readonly before?: string; readonly after?: string }[];
    readonly rollout?: { readonly order: string; readonly reason?: string; readonly downtimeMs: number };
  }[];
  readonly steps: readonly { readonly kind: string; readonly text: string; readonly change?: string }[];
  readonly volumesKept: readonly string[];
}

export interface ReportDocument {
  readonly converged: boolean;
  readonly verdict: string;
  readonly changes: readonly {
    readonly key: string;
    readonly outcome: string;
    readonly summary: string;
    readonly downtimeMs?: number;
    readonly failure?: {
      readonly code: string;
      readonly message: string;
      readonly details: readonly string[];
    };
  }[];
}

export type Planned = RunResult & { readonly plan: PlanDocument };
export type Applied = RunResult & { readonly plan?: PlanDocument; readonly report?: ReportDocument };

/** Quick on purpose: a test that needs a longer look says so itself. */
export const quickSettings = (p: string) =>
  `project: ${projectOf(p)}\npolicy:\n  stability: 300ms\n  retention: 0s\n`;

export async function createSystem(options: SystemOptions): Promise<System> {
  const p = `${randomName()}-`;
  const engine = engineClient(options.socket);
  const proxy = await startRecordingProxy(options.socket, options.sharedDir);
  const repository = await createTempRepository({ "mysysconfig.yaml": quickSettings(p) }, options.sharedDir);
  const trail: string[] = [];
  let environment: Record<string, string> = { DOCKER_HOST: proxy.host };
  const start = (...args: readonly string[]) => {
    const [command = "apply", ...rest] = args;
    return startProgram([command, "--config", repository.dir, ...rest], environment);
  };
  const run = async (...args: readonly string[]) => {
    const result = await start(...args).result;
    trail.push(`    $ mysysconfig ${args.join(" ")}: exit ${result.exitCode}\n${shown(result)}`);
    return result;
  };
  const container = async (name: string) => {
    const found = await engine.inspect(`${p}${name}`);
    if (found === undefined) throw new Error(`there is no container "${p}${name}"`);
    return found;
  };
  return {
    ...{ p, engine, proxy, repository, options, trail, start, run, container },
    async step(sentence, act) {
      trail.push(`  - ${sentence}`);
      return await act();
    },
    write: repository.write,
    setEnvironment(variables) {
      environment = { ...environment, ...variables };
    },
    async apply(...args) {
      const result = await run("apply", "--json", ...args);
      return { ...(parse(result) as Pick<Applied, "plan" | "report">), ...result };
    },
    async plan(...args) {
      const result = await run("plan", "--json", ...args);
      return { plan: parse(result) as PlanDocument, ...result };
    },
    async containers() {
      const owned = await engine.inspectAll(`mysysconfig.project=${projectOf(p)}`);
      // What the program remembers lies in a container of its own, which is no workload.
      const found = owned.filter(({ Config }) => Config.Labels["mysysconfig.content"] === undefined);
      return new Map(found.map((one) => [one.Name.replace(`/${p}`, "").replace(/^\//, ""), one]));
    },
    port: nextPort,
    request: (url) => requestFrom(options.networkPrefix, url),
    async [Symbol.asyncDispose]() {
      await cleanUp(engine, p);
      await proxy[Symbol.asyncDispose]();
      await repository[Symbol.asyncDispose]();
    },
  };
}

/** Letters first: a name that begins with a digit looks like an id. */
function randomName(): string {
  return `t${randomBytes(3).toString("hex")}`;
}

let ports = 0;

/** Each of the workers that run at the same time has two hundred ports of its own. */
function nextPort(): number {
  ports += 1;
  return 20_000 + Number(process.env["VITEST_POOL_ID"] ?? 0) * 200 + (ports % 200);
}

/** The program printed one JSON document, or something went very wrong. */
function parse(result: RunResult): unknown {
  try {
    return JSON.parse(result.stdout);
  } catch (cause) {
    throw new Error(`the program printed no JSON document (exit ${result.exitCode}):\n${shown(result)}`, {
      cause,
    });
  }
}

/** What the program printed, short enough to be read: of a JSON document only what was done and what was not. */
function shown({ stdout, stderr }: RunResult): string {
  return `${digestOf(stdout)}\n${stderr}`
    .trimEnd()
    .split("\n")
    .slice(-40)
    .map((line) => `      | ${line.slice(0, 400)}`)
    .join("\n");
}

function digestOf(stdout: string): string {
  if (!stdout.startsWith("{")) return stdout.trimEnd();
  const { plan, changes, report, ...rest } = JSON.parse(stdout) as Partial<PlanDocument> & Partial<Applied>;
  const planned = plan?.changes ?? changes;
  if (planned === undefined) return JSON.stringify(rest);
  const lines = planned
    .filter(({ kind }) => kind !== "unchanged")
    .map(
      ({ kind, key, cause, fields }) =>
        `${kind} ${key}: ${cause} ${fields.map(({ field }) => field).join(", ")}`,
    );
  const outcomes = report?.changes
    .filter(({ outcome }) => outcome !== "unchanged")
    .map(({ outcome, key, summary }) => `=> ${outcome} ${key}: ${summary}`);
  return [...lines, ...(outcomes ?? [])].join("\n");
}

async function requestFrom(networkPrefix: readonly string[], url: string): Promise<string | undefined> {
  // Debian's busybox crashes when wget itself is to watch the time.
  const [file = "", ...args] = [
    ...networkPrefix,
    "busybox",
    "timeout",
    "5",
    "busybox",
    "wget",
    "-q",
    "-O-",
    url,
  ];
  try {
    return (await runCommand(file, args, { timeoutMs: 10_000 })).stdout.trim();
  } catch {
    return undefined;
  }
}

/** `test` with a `system` of its own; `openSystem` gives one that lives as long as the file. */
export const test = base
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads from the pattern which fixtures it needs
  .extend("openSystem", { scope: "file" }, async ({}, { onCleanup }) => {
    const opened: System[] = [];
    onCleanup(async () => {
      for (const system of opened) await system[Symbol.asyncDispose]();
    });
    return async () => {
      const system = await createSystem(injectedOptions());
      opened.push(system);
      return system;
    };
  })
  .extend("system", async ({ task }, { onCleanup }) => {
    const system = await createSystem(injectedOptions());
    onCleanup(async () => {
      if (task.result?.state === "fail") {
        const { engine, p, trail } = system;
        process.stderr.write(`\n${task.name}\n${await dumpArtifacts(engine, p, trail)}`);
      }
      await system[Symbol.asyncDispose]();
    });
    return system;
  });

function injectedOptions(): SystemOptions {
  const { socket, sharedDir, networkPrefix } = inject("engine");
  return { socket, sharedDir, networkPrefix };
}
