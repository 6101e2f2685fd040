import type { ActualState, ContainerState, ObserveScope } from "../../src/model/actual-state.ts";
import type { ActualService, ServiceLook } from "../../src/model/actual-swarm.ts";
import { ReconcilerError } from "../../src/model/errors.ts";
import { contentHash } from "../../src/model/fingerprint.ts";
import type { Owner } from "../../src/model/ownership.ts";
import type { ServiceSpec } from "../../src/model/service-spec.ts";
import type { StepOf, StepPayloads } from "../../src/model/step.ts";
import type { Backend, BackendStepKind, StepContext, StepOutput } from "../../src/ports.ts";
import { engineFacts, environmentName, project } from "./builders.ts";
import { type Fault, KilledError, type RecordedCall } from "./simulated-engine.ts";
import { toActualNetwork } from "./simulated-objects.ts";
import { SimulatedStore } from "./simulated-store.ts";
import { SwarmAgents } from "./simulated-swarm-agents.ts";
import { SwarmManager } from "./simulated-swarm-manager.ts";
import { SwarmOrchestrator } from "./simulated-swarm-orchestrator.ts";
import {
  type SwarmNode,
  type SwarmService,
  SwarmState,
  type SwarmTask,
  type TaskImage,
} from "./simulated-swarm-state.ts";
import { effects } from "./simulated-swarm-steps.ts";
import { toActualNode, toActualService, toActualStored } from "./simulated-swarm-view.ts";
import { VirtualClock } from "./virtual-clock.ts";

/** All who wait for services look once in this time. */
const lookMs = 1_000;

/**
 * A cluster in memory behind the same port as the real one, true to what was measured (`reconcile-semantics.md`, W1 to
 * W16), in virtual time: managers that store and refuse, an orchestrator that updates slot by slot and rolls back, nodes
 * that are lost, images that are bad.
 */
export class SimulatedSwarm implements Backend {
  readonly clock = new VirtualClock();
  readonly state = new SwarmState((ms) => this.clock.at(ms));
  readonly agents = new SwarmAgents(this.state);
  readonly orchestrator = new SwarmOrchestrator(this.state, this.agents);
  readonly manager = new SwarmManager(this.state, this.orchestrator);
  readonly calls: RecordedCall[] = [];
  /** Names of services that were sent an update, each time that one was. */
  readonly updates: string[] = [];
  /** What registries answer. */
  readonly registry = new Map<string, string>();
  isRegistryAway = false;
  /** Why the managers cannot answer. */
  unavailable: string | undefined;
  ownService: string | undefined;
  /** Decides about the n-th mutating call (from 0). */
  faults: (index: number, call: RecordedCall) => Fault | undefined = () => undefined;
  /** Called after every effect. */
  watch: (call: RecordedCall) => void = () => {};
  /** Somebody else at work between a look at a service and its update. */
  betweenLookAndWrite: ((service: SwarmService) => void) | undefined;
  /** What runs remember. */
  readonly store: SimulatedStore = new SimulatedStore(this.clock, () => this.isKilled);
  private isKilled = false;

  constructor(nodes = 1) {
    for (let number = 1; number <= nodes; number += 1) this.addNode(`node-${number}`);
  }

  /** Lets happen what has happened since the last look. */
  readonly sync = (): void => this.state.agenda.runUntil(this.clock.monotonicMs());

  addNode(hostName: string, facts: Partial<SwarmNode> = {}): SwarmNode {
    this.sync();
    const node: SwarmNode = {
      ...{ id: `id-${hostName}`, hostName, role: this.state.nodes.length === 0 ? "manager" : "worker" },
      ...{ availability: "active", state: "ready", labels: {}, engineLabels: {}, platform: "linux/x86_64" },
      address: `10.99.0.${this.state.nodes.length + 1}`,
      isAlive: true,
      ...facts,
    };
    this.state.nodes.push(node);
    this.orchestrator.nodeChanged(node);
    return node;
  }

  node(hostName: string): SwarmNode {
    const found = this.state.nodes.find((node) => node.hostName === hostName);
    if (found === undefined) throw new Error(`there is no node ${hostName}`);
    return found;
  }

  addImage(reference: string, image: Partial<TaskImage> = {}): void {
    const made = {
      behaviour: { kind: "serves" },
      healthyAfterMs: 500,
      hasCheck: false,
      stopMs: 200,
      ...image,
    } as const;
    this.state.images.set(reference, made);
    if (!this.registry.has(reference)) this.registry.set(reference, `sha256:${contentHash([reference])}`);
  }

  /** Lets time pass while nobody looks. */
  pass(ms: number): void {
    this.clock.advance(ms);
    this.sync();
  }

  service(name: string): ActualService {
    this.sync();
    const found = this.state.serviceByName(name);
    if (found === undefined) throw new Error(`there is no service ${name}`);
    return toActualService(found, owner, this.state);
  }

  /** Tasks that serve: they run, on a node that is up. */
  serving(name: string): readonly SwarmTask[] {
    const id = this.state.serviceByName(name)?.id ?? "";
    return this.state
      .tasksOf(id)
      .filter(({ state, nodeId }) => state === "running" && this.state.node(nodeId)?.isAlive === true);
  }

  /** What a person does with `docker service update`. */
  change(name: string, edit: (spec: ServiceSpec) => ServiceSpec): void {
    this.sync();
    const found = this.state.serviceByName(name);
    if (found === undefined) throw new Error(`there is no service ${name}`);
    this.manager.updateService(found.id, found.version, edit(found.spec));
    this.sync();
  }

  revive(): void {
    this.isKilled = false;
    this.faults = () => undefined;
  }

  async observe(scope: ObserveScope, signal: AbortSignal): Promise<ActualState> {
    signal.throwIfAborted();
    await this.clock.sleep(1);
    this.assertAvailable();
    this.sync();
    const { state } = this;
    const services = [...state.services.values()]
      .map((service) => toActualService(service, scope.owner, state))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    const inScope = [...state.stored.values()]
      .map((stored) => ({ kind: stored.kind, actual: toActualStored(stored, scope.owner) }))
      .filter(
        ({ actual: { ownership, name } }) => ownership.kind === "owned" || scope.storedNames?.has(name),
      );
    const ofKind = (kind: string) => inScope.flatMap((one) => (one.kind === kind ? [one.actual] : []));
    return {
      engine: { ...engineFacts, swarm: "manager", systemTime: this.clock.at(this.clock.monotonicMs()) },
      ...{ containers: [], publishedPorts: [], imagesOfOthers: new Set(), otherManagers: [] },
      networks: [...state.networks.values()].map((network) => toActualNetwork(network, scope)),
      ...{ volumes: [], images: new Map() },
      swarm: {
        ...{ nodes: state.nodes.map(toActualNode), services },
        ...{ configs: ofKind("config"), secrets: ofKind("secret") },
        ...this.digests(scope, services),
        ...(this.ownService === undefined ? {} : { ownService: this.ownService }),
      },
    };
  }

  /** One that a service of ours carries stays as it is; of the others the registry is asked. */
  private digests({ images }: ObserveScope, services: readonly ActualService[]) {
    const digests = new Map<string, string>();
    const digestProblems = new Map<string, string>();
    for (const image of [...images].sort()) {
      const carrier = services.find(
        ({ ownership, record }) => ownership.kind === "owned" && record.image === image,
      );
      const carried = carrier?.spec.TaskTemplate.ContainerSpec.Image.split("@")[1];
      const digest = carrier === undefined && !this.isRegistryAway ? this.registry.get(image) : carried;
      if (digest !== undefined) digests.set(image, digest);
      else if (carrier === undefined)
        digestProblems.set(image, `no digest of "${image}": connection refused`);
    }
    return { digests, digestProblems };
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
    this.assertAvailable();
    this.sync();
    const call = { kind: step.kind, step: step.id, container: undefined };
    const fault = this.faults(this.calls.length, call);
    this.calls.push(call);
    if (fault === "killed-before") this.kill();
    if (fault === "before") throw new ReconcilerError("engine-failed", `fault before ${step.id}`);
    const effect = effects[step.kind] as (
      payload: StepPayloads[BackendStepKind],
      swarm: SimulatedSwarm,
      context: StepContext,
    ) => Promise<StepOutput | undefined>;
    let output = await effect(step.payload, this, context);
    if (fault === "doubled") output = await effect(step.payload, this, context);
    this.sync();
    this.watch(call);
    if (fault === "killed-after") this.kill();
    if (fault === "after") throw new ReconcilerError("engine-failed", `answer lost after ${step.id}`);
    return output ?? {};
  }

  async lookAtService(serviceId: string, signal: AbortSignal): Promise<ServiceLook> {
    this.assertAlive();
    await this.clock.sleep(lookMs, signal);
    this.assertAlive();
    this.assertAvailable();
    this.sync();
    const nodes = this.state.nodes.map(toActualNode);
    const service = this.state.services.get(serviceId);
    return service === undefined
      ? { nodes }
      : { nodes, service: toActualService(service, owner, this.state) };
  }

  async describeService(serviceId: string): Promise<readonly string[]> {
    const failed = this.state.tasksOf(serviceId).findLast(({ error }) => error !== "");
    return failed === undefined ? [] : [`task ${failed.state}: ${failed.error}`];
  }

  async inspectState(): Promise<ContainerState | undefined> {
    throw new Error("a cluster has no containers of its own");
  }

  async waitForChange(): Promise<void> {
    throw new Error("a cluster has no containers of its own");
  }

  async describeFailure(): Promise<readonly string[]> {
    return [];
  }

  previewCreate(): unknown {
    return {};
  }

  async close(): Promise<void> {}

  private kill(): never {
    this.isKilled = true;
    throw new KilledError("killed");
  }

  private assertAlive(): void {
    if (this.isKilled) throw new KilledError("killed");
  }

  private assertAvailable(): void {
    if (this.unavailable !== undefined) throw new ReconcilerError("swarm-unavailable", this.unavailable);
  }
}

const owner: Owner = { project, environment: environmentName };
