import type {
  ActualState,
  ContainerState,
  ObserveScope,
  PublishedPort,
} from "../../src/model/actual-state.ts";
import type { ServiceLook } from "../../src/model/actual-swarm.ts";
import { ReconcilerError } from "../../src/model/errors.ts";
import type { NetworkSpec } from "../../src/model/network.ts";
import { parseRoleName } from "../../src/model/ownership.ts";
import type { StepOf, StepPayloads } from "../../src/model/step.ts";
import type { ContainerSpec, NetworkAttachment } from "../../src/model/workload.ts";
import type { Backend, BackendStepKind, StepContext, StepOutput } from "../../src/ports.ts";
import { engineFacts, image as imageOf } from "./builders.ts";
import { SimulatedContainer, type SimulatedImage } from "./simulated-container.ts";
import { type SimulatedNetwork, toActualNetwork, toActualVolume } from "./simulated-objects.ts";
import { effects, sameAddress } from "./simulated-steps.ts";
import { SimulatedStore } from "./simulated-store.ts";
import { VirtualClock } from "./virtual-clock.ts";

/**
 * A fault of one call: nothing happens, it happens but the answer is lost, it happens twice and the second answer is
 * the one that comes, or the reconciler is killed there.
 */
export type Fault = "before" | "after" | "doubled" | "killed-before" | "killed-after";

export interface RecordedCall {
  readonly kind: BackendStepKind;
  readonly step: string;
  /** Names of the containers it is about. */
  readonly container: string | undefined;
}

/** Every call of a killed reconciler fails at once. */
export class KilledError extends Error {}

/**
 * An Engine in memory behind the same port as the real one, true to what was measured (`reconcile-semantics.md`), with
 * a clock of its own. Names are unique, ports and addresses are exclusive at start, networks must exist at start, stops
 * take time, images may be bad.
 */
export class SimulatedEngine implements Backend {
  readonly clock = new VirtualClock();
  readonly containers = new Map<string, SimulatedContainer>();
  readonly networks = new Map<string, SimulatedNetwork>();
  readonly volumes = new Map<string, Readonly<Record<string, string>>>();
  readonly images = new Map<string, SimulatedImage>();
  /** Images that can be pulled. */
  readonly registry = new Map<string, SimulatedImage>();
  /** Host ports of processes that are no containers: `tcp/80`. */
  readonly hostPorts = new Set<string>();
  readonly calls: RecordedCall[] = [];
  pullMs = 500;
  /** Decides about the n-th mutating call (from 0). */
  faults: (index: number, call: RecordedCall) => Fault | undefined = () => undefined;
  /** What a look shows: lists may be out of date. */
  show: (fresh: ActualState) => ActualState = (fresh) => fresh;
  /** Called after every effect. */
  watch: (call: RecordedCall) => void = () => {};
  /** What runs remember. */
  readonly store: SimulatedStore = new SimulatedStore(this.clock, () => this.isKilled);
  private isKilled = false;
  private ids = 0;

  addImage(
    reference: string,
    details: Partial<SimulatedImage> = {},
    where: "local" | "remote" = "local",
  ): SimulatedImage {
    const made = {
      ...imageOf(reference),
      behaviour: { kind: "serves" },
      healthyAfterMs: 1_000,
      stopMs: 200,
      ...details,
    } as const;
    (where === "local" ? this.images : this.registry).set(reference, made);
    return made;
  }

  addNetwork(
    name: string,
    labels: Readonly<Record<string, string>> = {},
    spec: Partial<NetworkSpec> = {},
  ): string {
    const id = this.nextId();
    this.networks.set(id, { id, name, labels, spec });
    return id;
  }

  addVolume(name: string, labels: Readonly<Record<string, string>> = {}): void {
    this.volumes.set(name, labels);
  }

  /** A container that somebody made by hand. */
  addForeign(
    name: string,
    sent: ContainerSpec,
    labels: Readonly<Record<string, string>> = {},
  ): SimulatedContainer {
    const made = this.images.get(sent.image) ?? this.addImage(sent.image);
    const container = new SimulatedContainer(
      { id: this.nextId(), name, sent, labels, image: made },
      this.clock,
    );
    this.containers.set(container.id, container);
    container.start();
    return container;
  }

  nextId(): string {
    this.ids++;
    return this.ids.toString(16).padStart(8, "0").repeat(8);
  }

  find(id: string): SimulatedContainer | undefined {
    return this.containers.get(id);
  }

  need(id: string): SimulatedContainer {
    const found = this.containers.get(id);
    if (found === undefined) throw new ReconcilerError("engine-not-found", `no such container: ${id}`);
    return found;
  }

  byName(name: string): SimulatedContainer | undefined {
    return [...this.containers.values()].find((container) => container.name === name);
  }

  attach(container: SimulatedContainer, attachment: NetworkAttachment): void {
    const found = [...this.networks.values()].find(({ name }) => name === attachment.network);
    if (found === undefined)
      throw new ReconcilerError("engine-not-found", `network ${attachment.network} not found`);
    if (container.isUp && this.holderOfAddress(container, attachment) !== undefined)
      throw new ReconcilerError("engine-refused", "Address already in use");
    container.endpoints.set(attachment.network, { id: found.id, attachment });
  }

  /** A running container on the network with the same static address. */
  holderOfAddress(own: SimulatedContainer, attachment: NetworkAttachment): SimulatedContainer | undefined {
    return [...this.containers.values()].find((other) => {
      const endpoint = other.endpoints.get(attachment.network);
      return (
        other !== own && other.isUp && endpoint !== undefined && sameAddress(endpoint.attachment, attachment)
      );
    });
  }

  /** Fixed ports of the container that somebody binds already. */
  takenPorts(container: SimulatedContainer): readonly string[] {
    const taken = this.publishedPorts().filter((port) => port.container !== container.name);
    return container.sent.ports.flatMap((wanted) => {
      if (!/^[1-9]\d*$/.test(wanted.hostPort)) return [];
      const text = `${wanted.protocol}/${wanted.hostPort}`;
      const clash = taken.some(
        (port) =>
          `${port.protocol}/${port.hostPort}` === text &&
          (port.hostIp === "" || wanted.hostIp === "" || port.hostIp === wanted.hostIp),
      );
      return clash || this.hostPorts.has(text) ? [text] : [];
    });
  }

  /** Who answers to a name on a network: aliases and container names. */
  resolve(network: string, name: string): readonly SimulatedContainer[] {
    return [...this.containers.values()].filter((container) => {
      const endpoint = container.endpoints.get(network);
      if (endpoint === undefined || !container.isUp) return false;
      return container.name === name || endpoint.attachment.aliases.includes(name);
    });
  }

  /** A new process connects to the Engine after the old one was killed. */
  revive(): void {
    this.isKilled = false;
    this.faults = () => undefined;
  }

  async observe(scope: ObserveScope, signal: AbortSignal): Promise<ActualState> {
    signal.throwIfAborted();
    await this.clock.sleep(1);
    const containers = [...this.containers.values()]
      .map((container) => container.toActual(scope.owner))
      .filter(
        ({ ownership, name }) =>
          ownership.kind === "owned" ||
          scope.containerNames.has(name) ||
          scope.containerNames.has(parseRoleName(name).base),
      )
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    const used = new Set(containers.map((container) => container.imageId));
    const local = [...this.images].filter(([name, { id }]) => scope.images.has(name) || used.has(id));
    return this.show({
      engine: { ...engineFacts, systemTime: this.clock.at(this.clock.monotonicMs()) },
      containers,
      publishedPorts: this.publishedPorts(),
      imagesOfOthers: new Set(
        [...this.containers.values()]
          .filter(({ id }) => !containers.some((seen) => seen.id === id))
          .map(({ image }) => image.id),
      ),
      otherManagers: [],
      networks: [...this.networks.values()].map((network) => toActualNetwork(network, scope)),
      volumes: [...this.volumes].map(([name, labels]) => toActualVolume(name, labels, scope)),
      images: new Map(
        local.flatMap(([name, found]) => [
          ...(scope.images.has(name) ? [[name, found] as const] : []),
          [found.id, found] as const,
        ]),
      ),
    });
  }

  async execute(
    step: StepOf<BackendStepKind>,
    context: StepContext,
    signal: AbortSignal,
  ): Promise<StepOutput> {
    this.assertAlive();
    signal.throwIfAborted();
    await this.clock.sleep(1);
    this.assertAlive();
    const target = "container" in step.payload ? this.find(context.idOf(step.payload.container)) : undefined;
    const call = { kind: step.kind, step: step.id, container: target?.name };
    const fault = this.faults(this.calls.length, call);
    this.calls.push(call);
    if (fault === "killed-before") this.kill();
    if (fault === "before") throw new ReconcilerError("engine-failed", `fault before ${step.id}`);
    const effect = effects[step.kind] as (
      payload: StepPayloads[BackendStepKind],
      engine: SimulatedEngine,
      context: StepContext,
    ) => Promise<StepOutput | undefined>;
    let output = await effect(step.payload, this, context);
    if (fault === "doubled") output = await effect(step.payload, this, context);
    this.watch(call);
    if (fault === "killed-after") this.kill();
    if (fault === "after") throw new ReconcilerError("engine-failed", `answer lost after ${step.id}`);
    return output ?? {};
  }

  async inspectState(containerId: string, signal: AbortSignal): Promise<ContainerState | undefined> {
    this.assertAlive();
    signal.throwIfAborted();
    return this.containers.get(containerId)?.state();
  }

  async waitForChange(_containerId: string, timeoutMs: number, signal: AbortSignal): Promise<void> {
    this.assertAlive();
    await this.clock.sleep(timeoutMs, signal);
  }

  async lookAtService(): Promise<ServiceLook> {
    throw new Error("an Engine by itself has no services");
  }

  async describeService(): Promise<readonly string[]> {
    return [];
  }

  async describeFailure(containerId: string): Promise<readonly string[]> {
    const found = this.containers.get(containerId);
    return found === undefined ? [] : [`last log line of ${parseRoleName(found.name).base}`];
  }

  previewCreate(): unknown {
    return {};
  }

  async close(): Promise<void> {}

  private publishedPorts(): PublishedPort[] {
    return [...this.containers.values()].flatMap((container) =>
      container.isUp
        ? container.sent.ports.flatMap(({ hostIp, hostPort, protocol }) =>
            /^[1-9]\d*$/.test(hostPort)
              ? [{ container: container.name, hostIp, hostPort: Number(hostPort), protocol }]
              : [],
          )
        : [],
    );
  }

  private kill(): never {
    this.isKilled = true;
    throw new KilledError("killed");
  }

  private assertAlive(): void {
    if (this.isKilled) throw new KilledError("killed");
  }
}
