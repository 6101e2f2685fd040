/** The daemon without a process: its loop on a simulated Engine, in virtual time. */

import type { Configuration } from "../../src/daemon/configuration-watch.ts";
import { Daemon } from "../../src/daemon/daemon.ts";
import type { DaemonApp, Followed } from "../../src/daemon/daemon-app.ts";
import type { DaemonEvent, Listener } from "../../src/daemon/daemon-event.ts";
import { ReconcilerError } from "../../src/model/errors.ts";
import type { ManifestTree } from "../../src/model/manifest-tree.ts";
import type { ConnectedBackend, EngineEvent, EngineEventListener, ImageRegistry } from "../../src/ports.ts";
import { SimulatedEngine } from "./simulated-engine.ts";
import { unit } from "./texts.ts";

/** `undefined` removes. */
type Files = Readonly<Record<string, string | undefined>>;

/** Events of a kind, also where several kinds share a shape. */
type Told<K, E = DaemonEvent> = E extends { readonly kind: infer Kinds }
  ? K extends Kinds
    ? E
    : never
  : never;

export interface SimulatedDaemon {
  readonly engine: SimulatedEngine;
  readonly daemon: Daemon;
  readonly told: readonly DaemonEvent[];
  /** The branch that is followed; each commit comes after the one before. */
  readonly source: SimulatedSource;
  readonly engineWatch: EventStream;
  readonly ended: Promise<unknown>;
  stop(): void;
  of<K extends DaemonEvent["kind"]>(kind: K): readonly Told<K>[];
  /** Lets virtual time pass until it is so. */
  until(what: string, isSo: () => boolean, mostMs?: number): Promise<void>;
  pass(ms: number): Promise<void>;
  isRunning(name: string): boolean;
  /** Ends a container as somebody does by hand, and tells of it unless events are lost. */
  break(name: string): void;
}

export interface SimulatedSource {
  commit(files: Files): void;
  /** What every look answers instead. */
  error: ReconcilerError | undefined;
  /** Why what is there only stands in for what could not be had. */
  standIn: ReconcilerError | undefined;
  /** Id of a commit to go back to; `undefined`: the newest. */
  rewindTo: string | undefined;
  reads: number;
}

export interface EventStream {
  /** While it is, nothing is told. */
  isSilent: boolean;
  /** Connections are refused. */
  isAway: boolean;
  /** Ends what is open. */
  end(): void;
  tell(event: EngineEvent): void;
  readonly opened: number;
  /** Why the Engine cannot come back. */
  lost: string | undefined;
}

export const service = (name: string, image = `lab/${name}:1`) => ({
  [`units/${name}.service`]: unit(`${image}`),
});

export const settings = (more = "") => ({
  "mysysconfig.yaml": `project: shop\npolicy: {stability: 1s, retention: 0s}\n${more}`,
});

export interface SimulatedDaemonOptions {
  readonly files?: Files;
  readonly listener?: Listener;
  /** May throw what a mistake of ours would. */
  readonly configure?: (configuration: Configuration) => void;
  /** Tags that the registry has of any image; without them nobody answers. */
  readonly tags?: readonly string[];
  /** A branch unless it is given. */
  readonly followed?: Followed;
  /** Called at each look at the source that may pull. */
  readonly pulled?: (stream: EventStream) => void;
}

export function simulateDaemon(options: SimulatedDaemonOptions = {}): SimulatedDaemon {
  const engine = new SimulatedEngine();
  const { clock } = engine;
  for (const name of ["web", "api", "db"]) for (const tag of [1, 2]) engine.addImage(`lab/${name}:${tag}`);
  const [source, configSource] = simulateSource({ ...settings(), ...(options.files ?? service("web")) });
  const [engineWatch, followEvents] = simulateStream();
  const told: DaemonEvent[] = [];
  const followed: Followed = options.followed ?? {
    kind: "branch",
    repository: "https://git.test/ops/config.git",
    branch: "develop",
  };
  let txns = 0;
  const backend: ConnectedBackend = {
    observe: (...given) => engine.observe(...given),
    execute: (...given) => engine.execute(...given),
    inspectState: (...given) => engine.inspectState(...given),
    waitForChange: (...given) => engine.waitForChange(...given),
    describeFailure: (id) => engine.describeFailure(id),
    previewCreate: () => engine.previewCreate(),
    close: () => engine.close(),
    hostName: () => "host-1",
    stateStore: () => engine.store,
    imageStore: () => {
      throw new Error("no images are looked at");
    },
    followEvents,
    ownContainer: async () => undefined,
    swarmRole: () => ({ role: "inactive" }),
    lookAtService: () => engine.lookAtService(),
    describeService: async () => [],
  };
  const app: DaemonApp = {
    source: configSource,
    inputs: {
      variables: new Map(),
      mountedValues: new Map(),
      secrets: new Map([["HOOK", "a-long-enough-secret"]]),
    },
    clock,
    newTxn: () => (txns++).toString(16).padStart(8, "0"),
    actor: "tester",
    async connect() {
      if (engineWatch.isAway) throw new ReconcilerError("engine-unreachable", "nobody answers");
      return backend;
    },
    bootedAt: () => undefined,
    registry: async () => {
      const { tags } = options;
      if (tags === undefined) throw new ReconcilerError("registry-unreachable", "nobody answers");
      return { listTags: async () => tags } as Partial<ImageRegistry> as ImageRegistry;
    },
    repository: async () => {
      throw new ReconcilerError("git-unreachable", "nobody answers");
    },
    engineLost: async () => engineWatch.lost,
  };
  const listener: Listener = (event) => {
    told.push(event);
    options.listener?.(event);
  };
  const pullingApp: DaemonApp = {
    ...app,
    source: {
      ...configSource,
      async resolveRevision(signal) {
        const revision = await configSource.resolveRevision(signal);
        options.pulled?.(engineWatch);
        return revision;
      },
    },
  };
  const daemon = new Daemon({
    clock,
    random: () => 0.5,
    version: "1.2.3",
    listener,
    openApp: async (_followed, { isLocal = false } = {}) => (isLocal ? app : pullingApp),
    findFollowed: async () => followed,
    configure: (configuration) => {
      options.configure?.(configuration);
      listener({ kind: "configured", configuration, problems: [] });
    },
    finished: () => {},
  });
  const stopping = new AbortController();
  const ended = daemon.run(stopping.signal).catch((error: unknown) => error);
  return {
    ...{ engine, daemon, told, source, engineWatch, ended },
    stop: () => stopping.abort(new Error("stopped by SIGTERM")),
    of: (kind) => told.filter((event) => event.kind === kind) as never,
    async until(what, isSo, mostMs = 3_600_000) {
      const end = clock.monotonicMs() + mostMs;
      while (!isSo()) {
        if (clock.monotonicMs() > end)
          throw new Error(
            `${what}: not after ${mostMs} ms: ${JSON.stringify(told.slice(-9).map((event) => ("error" in event ? [event.kind, event.error.message] : "outcome" in event ? [event.kind, event.outcome.report.verdict, event.outcome.problem?.error.message] : event.kind)))}`,
          );
        await clock.sleep(100);
      }
    },
    pass: (ms) => clock.sleep(ms),
    isRunning: (name) => engine.byName(name)?.isServing === true,
    break(name) {
      const container = engine.byName(name);
      if (container === undefined) return;
      container.end(137);
      container.restart = { name: "no" };
      engineWatch.tell({
        subject: "container",
        action: "die",
        id: container.id,
        attributes: container.labels,
      });
    },
  };
}

function simulateSource(first: Files): [SimulatedSource, DaemonApp["source"]] {
  const commits: Files[] = [first];
  const idOf = (index: number) => (index + 1).toString(16).padStart(40, "0");
  const source: SimulatedSource = {
    commit: (files) => void commits.push({ ...commits.at(-1), ...files }),
    error: undefined,
    standIn: undefined,
    rewindTo: undefined,
    reads: 0,
  };
  const filesOf = (id: string): Files => commits[Number.parseInt(id, 16) - 1] ?? {};
  return [
    source,
    {
      async resolveRevision() {
        if (source.error !== undefined) throw source.error;
        const id = source.rewindTo ?? idOf(commits.length - 1);
        return { id, branch: "develop", source: "https://git.test/ops/config.git" };
      },
      standInReason: () => source.standIn,
      async readTree({ id }) {
        source.reads += 1;
        return treeOf(filesOf(id));
      },
      descendsFrom: async (earlier, { id }) => Number.parseInt(earlier, 16) <= Number.parseInt(id, 16),
    },
  ];
}

function treeOf(files: Files): ManifestTree {
  const encoder = new TextEncoder();
  return new Map(
    Object.entries(files).flatMap(([path, text]) =>
      text === undefined ? [] : [[path, { path, content: encoder.encode(text), executable: false }] as const],
    ),
  );
}

function simulateStream(): [
  EventStream,
  (listener: EngineEventListener, signal: AbortSignal) => Promise<void>,
] {
  let current: { readonly listener: EngineEventListener; readonly end: () => void } | undefined;
  let opened = 0;
  const stream = {
    isSilent: false,
    isAway: false,
    lost: undefined as string | undefined,
    get opened() {
      return opened;
    },
    end: () => current?.end(),
    tell(event: EngineEvent) {
      if (!stream.isSilent) current?.listener.happened(event);
    },
  };
  return [
    stream,
    async (listener, signal) => {
      opened += 1;
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
      current = { listener, end: resolve };
      if (!stream.isSilent) listener.opened();
      await promise.finally(() => {
        current = undefined;
      });
    },
  ];
}
