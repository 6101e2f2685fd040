import { join } from "node:path";
import type {
  ActualState,
  ContainerState,
  EngineFacts,
  ObserveScope,
  Target,
} from "../model/actual-state.ts";
import type { ServiceLook } from "../model/actual-swarm.ts";
import type { StepOf } from "../model/step.ts";
import type { WorkloadSpec } from "../model/workload.ts";
import type {
  BackendStepKind,
  Clock,
  ConnectedBackend,
  EngineEventListener,
  ImageStore,
  OwnContainer,
  StateStore,
  StepContext,
  StepOutput,
  SwarmRole,
} from "../ports.ts";
import { toState } from "./actual-container.ts";
import { openConnection } from "./connect.ts";
import type { EngineAddress } from "./docker-host.ts";
import { apiPath, type EngineClient, unlessMissing } from "./engine-client.ts";
import { EventStream } from "./event-stream.ts";
import { tellFailure } from "./failure-story.ts";
import { followEvents } from "./follow-events.ts";
import { EngineImageStore } from "./image-store.ts";
import type { ContainerInspect } from "./inspect-types.ts";
import { KnownFacts } from "./known-facts.ts";
import { observeEngine } from "./observe.ts";
import { findOwnContainer, findOwnService } from "./own-container.ts";
import { previewCreate } from "./preview.ts";
import { createStateStore } from "./state-store.ts";
import type { StepSettings } from "./step-run.ts";
import { runStep } from "./step-table.ts";
import { KnownNetworks } from "./swarm/network-names.ts";
import { observeSwarm } from "./swarm/observe-swarm.ts";
import { tellService } from "./swarm/service-story.ts";
import { ServiceWatch, type WatchTime } from "./swarm/service-watch.ts";
import { createSwarmStore } from "./swarm/swarm-store.ts";

export interface EngineConnectionOptions extends EngineAddress {
  /** Folder of a docker `config.json` with registry credentials; absent: images are pulled anonymously. */
  readonly configDir?: string;
  /** Longest time a pull may go without progress; default 120 s. */
  readonly pullIdleMs?: number;
  /** Deadline of an ordinary call; default 60 s. Starting, stopping and creating have longer ones. */
  readonly callTimeoutMs?: number;
}

const defaultPullIdleMs = 120_000;

const processTime: WatchTime = {
  nowMs: () => process.uptime() * 1000,
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

/** From 0 to 1. */
function chance(): number {
  return (crypto.getRandomValues(new Uint16Array(1))[0] ?? 0) / 0xffff;
}

/** A connection, with what is known about its Engine. */
export interface ConnectedEngine extends ConnectedBackend {
  readonly engine: EngineFacts;
}

/** Connects to an Engine; see `openConnection` for what can go wrong. */
export async function connectEngine(
  options: EngineConnectionOptions,
  signal: AbortSignal,
): Promise<ConnectedEngine> {
  const { client, engine } = await openConnection(options, options.callTimeoutMs, signal);
  return new EngineBackend(client, engine, {
    pullIdleMs: options.pullIdleMs ?? defaultPullIdleMs,
    ...(options.configDir === undefined
      ? {}
      : { registryConfigPath: join(options.configDir, "config.json") }),
  });
}

/** One Docker Engine, or the cluster it manages, as a backend. Once somebody waits it holds a stream of events: close it. */
class EngineBackend implements ConnectedEngine {
  readonly engine: EngineFacts;
  private readonly client: EngineClient;
  private readonly settings: StepSettings;
  private readonly events: EventStream;
  private readonly networks = new KnownNetworks();
  private readonly services: ServiceWatch;
  private readonly facts: KnownFacts;
  /** The service that this program is a task of; it stays the same. */
  private ownService: Promise<string | undefined> | undefined;

  constructor(client: EngineClient, engine: EngineFacts, settings: StepSettings) {
    this.client = client;
    this.engine = engine;
    this.facts = new KnownFacts(client, engine, processTime);
    this.settings = settings;
    this.events = new EventStream(client);
    this.services = new ServiceWatch(client, this.networks, processTime);
  }

  hostName(): string {
    return this.engine.hostName;
  }

  swarmRole(): SwarmRole {
    const { swarm: role, swarmProblem: problem, apiVersion } = this.facts.latest;
    return { role, apiVersion, ...(problem === undefined ? {} : { problem }) };
  }

  async observe(scope: ObserveScope, signal: AbortSignal): Promise<ActualState> {
    const { client, networks, settings } = this;
    const facts = this.facts.read(scope.target, signal);
    if (scope.target === "engine") return await observeEngine(client, scope, facts, signal);
    const { registryConfigPath } = settings;
    this.ownService ??= this.findOwnService(signal);
    const sight = { client, networks, registryConfigPath, ownService: this.ownService };
    return await this.facts.unlessOutdated(observeSwarm(sight, scope, facts, signal));
  }

  private async findOwnService(signal: AbortSignal): Promise<string | undefined> {
    try {
      return await findOwnService(this.client, signal);
    } catch (error) {
      this.ownService = undefined;
      throw error;
    }
  }

  async execute(
    step: StepOf<BackendStepKind>,
    context: StepContext,
    signal: AbortSignal,
  ): Promise<StepOutput> {
    const { client, engine, settings, networks } = this;
    return await runStep(step.kind, step.payload, {
      ...{ client, engine, settings, networks, signal, chance },
      serviceChanged: () => this.services.serviceChanged(),
      idOf: (target) => context.idOf(target),
      progress: (progress) => context.progress(progress),
    });
  }

  async inspectState(containerId: string, signal: AbortSignal): Promise<ContainerState | undefined> {
    this.events.looked(containerId);
    const request = { what: "inspect container", path: apiPath`/containers/${containerId}/json` };
    const container = await unlessMissing(this.client.get<ContainerInspect>(request, signal));
    return container === undefined ? undefined : toState(container.State, container.RestartCount ?? 0);
  }

  async waitForChange(containerId: string, timeoutMs: number, signal: AbortSignal): Promise<void> {
    await this.events.wait(containerId, timeoutMs, signal);
  }

  async lookAtService(serviceId: string, signal: AbortSignal): Promise<ServiceLook> {
    return await this.services.look(serviceId, signal);
  }

  async describeService(serviceId: string, signal: AbortSignal): Promise<readonly string[]> {
    return await tellService(this.client, serviceId, signal);
  }

  async describeFailure(containerId: string, signal: AbortSignal): Promise<readonly string[]> {
    return await tellFailure(this.client, containerId, signal);
  }

  previewCreate(workload: WorkloadSpec): unknown {
    return previewCreate(workload, this.engine.apiVersion);
  }

  stateStore(clock: Clock, target: Target): StateStore {
    const options = { clock, newId: () => crypto.randomUUID() };
    if (target === "swarm") return createSwarmStore(this.client, options);
    return createStateStore(this.client, options);
  }

  imageStore(): ImageStore {
    return new EngineImageStore(this.client, this.settings);
  }

  async followEvents(listener: EngineEventListener, signal: AbortSignal): Promise<void> {
    await followEvents(this.client, listener, signal);
  }

  async ownContainer(signal: AbortSignal): Promise<OwnContainer | undefined> {
    return await findOwnContainer(this.client, signal);
  }

  async close(): Promise<void> {
    await Promise.all([this.events.close(), this.services.close()]);
  }
}
