import { ReconcilerError } from "../../src/model/errors.ts";
import type { NetworkSpec } from "../../src/model/network.ts";
import type { ServicePort, ServiceSpec } from "../../src/model/service-spec.ts";
import type { SwarmOrchestrator } from "./simulated-swarm-orchestrator.ts";
import {
  hasEnded,
  isWanted,
  type SwarmService,
  type SwarmState,
  type SwarmStored,
} from "./simulated-swarm-state.ts";

/** Somebody else has written the service since it was looked at: HTTP 500, told by its words alone. */
export class OutOfSequence extends Error {}

/** What a manager answers to calls, with the refusals that were measured on a real one. */
export class SwarmManager {
  private readonly state: SwarmState;
  private readonly orchestrator: SwarmOrchestrator;

  constructor(state: SwarmState, orchestrator: SwarmOrchestrator) {
    this.state = state;
    this.orchestrator = orchestrator;
  }

  createService(wanted: ServiceSpec): SwarmService {
    if (this.state.serviceByName(wanted.Name) !== undefined)
      throw conflict(`name conflicts with an existing object: service ${wanted.Name} already exists`);
    const spec = this.asStored(wanted);
    this.assertPorts(spec, undefined);
    const isJob = spec.Mode?.ReplicatedJob !== undefined || spec.Mode?.GlobalJob !== undefined;
    const version = this.state.nextIndex();
    const { nowMs } = this.state.agenda;
    const service: SwarmService = {
      id: this.state.nextId("service"),
      ...{ version, specVersion: version, spec, previousSpec: undefined, previousSpecVersion: 0 },
      ...{ update: undefined, jobIteration: isJob ? 0 : undefined, createdMs: nowMs, updatedMs: nowMs },
    };
    this.state.services.set(service.id, service);
    this.orchestrator.written(service);
    return service;
  }

  /** Always remembers the spec before and forgets the state of the update, also when nothing changes. */
  updateService(id: string, version: number, wanted: ServiceSpec): void {
    const service = this.needService(id);
    const spec = this.asStored(wanted);
    if (spec.Name !== service.spec.Name) throw unsupported("renaming services is not supported");
    if (modeName(spec) !== modeName(service.spec)) throw unsupported("service mode change is not allowed");
    this.assertPorts(spec, service);
    if (version !== service.version) throw new OutOfSequence("update out of sequence");
    service.previousSpec = service.spec;
    service.previousSpecVersion = service.specVersion;
    service.spec = spec;
    service.version = this.state.nextIndex();
    service.specVersion = service.version;
    service.update = undefined;
    service.updatedMs = this.state.agenda.nowMs;
    if (service.jobIteration !== undefined) service.jobIteration += 1;
    this.orchestrator.written(service);
  }

  removeService(id: string): void {
    const service = this.state.services.get(id);
    if (service === undefined) return;
    this.state.services.delete(id);
    this.orchestrator.removed(service);
  }

  createNetwork(name: string, labels: Readonly<Record<string, string>>, spec: Partial<NetworkSpec>): string {
    if (this.networkByName(name) !== undefined) throw conflict(`network with name ${name} already exists`);
    const id = this.state.nextId("network");
    this.state.networks.set(id, { id, name, labels, spec });
    return id;
  }

  removeNetwork(id: string): void {
    const found = this.state.networks.get(id);
    if (found === undefined) return;
    const uses = ({ Networks = [] }: ServiceSpec["TaskTemplate"]) =>
      Networks.some(({ Target }) => Target === id);
    const service = [...this.state.services.values()].find(({ spec }) => uses(spec.TaskTemplate));
    if (service !== undefined) throw refused(`network ${id} is in use by service ${service.id}`);
    const task = this.state.allTasks().find((one) => uses(one.spec) && !hasEnded(one) && one.state !== "new");
    if (task !== undefined && (isWanted(task) || task.state === "running"))
      throw refused(`network ${id} is in use by task ${task.id}`);
    this.state.networks.delete(id);
  }

  createStored(stored: Omit<SwarmStored, "id">): SwarmStored {
    if (this.storedByName(stored.kind, stored.name) !== undefined)
      throw conflict(`${stored.kind} ${stored.name} already exists`);
    if (stored.content === "") throw refused(`${stored.kind} data must be larger than 0`);
    const made = { ...stored, id: this.state.nextId(stored.kind) };
    this.state.stored.set(made.id, made);
    return made;
  }

  /** Only the present spec of a service protects what it names, not the one that it would go back to. */
  removeStored(id: string): void {
    const stored = this.state.stored.get(id);
    if (stored === undefined) return;
    const user = [...this.state.services.values()].find(({ spec }) => {
      const { Configs = [], Secrets = [] } = spec.TaskTemplate.ContainerSpec;
      return (
        Configs.some(({ ConfigID }) => ConfigID === id) || Secrets.some(({ SecretID }) => SecretID === id)
      );
    });
    if (user !== undefined)
      throw refused(`${stored.kind} '${stored.name}' is in use by the following service: ${user.spec.Name}`);
    this.state.stored.delete(id);
  }

  networkByName(name: string): { readonly id: string } | undefined {
    return [...this.state.networks.values()].find((network) => network.name === name || network.id === name);
  }

  storedByName(kind: SwarmStored["kind"], name: string): SwarmStored | undefined {
    return [...this.state.stored.values()].find((stored) => stored.kind === kind && stored.name === name);
  }

  private needService(id: string): SwarmService {
    const found = this.state.services.get(id);
    if (found === undefined) throw new ReconcilerError("engine-not-found", `service ${id} not found`);
    return found;
  }

  /** Networks by id, empty members left out, a few defaults added. */
  private asStored(wanted: ServiceSpec): ServiceSpec {
    const spec = withoutEmpty(structuredClone(wanted)) as ServiceSpec;
    const task = spec.TaskTemplate;
    const Networks = task.Networks?.map((network) => {
      const found = this.networkByName(network.Target);
      if (found === undefined)
        throw new ReconcilerError("engine-not-found", `network ${network.Target} not found`);
      return { ...network, Target: found.id };
    });
    for (const { ConfigID = "", ConfigName } of task.ContainerSpec.Configs ?? [])
      if (!this.state.stored.has(ConfigID)) throw refused(`config not found: ${ConfigName}`);
    for (const { SecretID = "", SecretName } of task.ContainerSpec.Secrets ?? [])
      if (!this.state.stored.has(SecretID)) throw refused(`secret not found: ${SecretName}`);
    const TaskTemplate = {
      ...task,
      ContainerSpec: { Isolation: "default", ...task.ContainerSpec },
      ...(Networks === undefined ? {} : { Networks }),
      ForceUpdate: task.ForceUpdate ?? 0,
      Runtime: "container",
    };
    const EndpointSpec = spec.EndpointSpec && {
      Mode: "vip" as const,
      ...spec.EndpointSpec,
      ...(spec.EndpointSpec.Ports && { Ports: spec.EndpointSpec.Ports.map(withMode) }),
    };
    return {
      ...spec,
      TaskTemplate,
      Mode: spec.Mode ?? { Replicated: { Replicas: 1 } },
      ...(EndpointSpec === undefined ? {} : { EndpointSpec }),
    };
  }

  /** A port of the mesh belongs to one service; ports of the nodes are the scheduler's affair. */
  private assertPorts(spec: ServiceSpec, own: SwarmService | undefined): void {
    for (const other of this.state.services.values()) {
      if (other === own) continue;
      for (const wanted of spec.EndpointSpec?.Ports ?? [])
        for (const taken of other.spec.EndpointSpec?.Ports ?? []) {
          const isSame = wanted.PublishedPort && keyOf(wanted) === keyOf(taken);
          const areHost = wanted.PublishMode === "host" && taken.PublishMode === "host";
          if (!isSame || areHost) continue;
          const kind = taken.PublishMode === "host" ? "a host-published" : "an ingress";
          const message = `port '${wanted.PublishedPort}' is already in use by service '${other.spec.Name}' (${other.id}) as ${kind} port`;
          throw conflict(message);
        }
    }
  }
}

function keyOf({ Protocol = "tcp", PublishedPort }: ServicePort): string {
  return `${Protocol}/${PublishedPort}`;
}

function withMode(port: ServicePort): ServicePort {
  return { Protocol: "tcp", PublishMode: "ingress", ...port };
}

function modeName({ Mode }: ServiceSpec): string {
  return Object.keys(Mode ?? { Replicated: {} }).join();
}

/** Go leaves out what is empty; an empty mode is none. */
function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).flatMap(([name, member]) => {
    const isMode =
      name === "Global" || name === "GlobalJob" || name === "Replicated" || name === "ReplicatedJob";
    if (member === undefined || member === null) return [];
    const pruned = withoutEmpty(member);
    const isEmpty = typeof pruned === "object" && pruned !== null && Object.keys(pruned).length === 0;
    return isEmpty && !isMode ? [] : [[name, pruned] as const];
  });
  return Object.fromEntries(kept);
}

function conflict(message: string): ReconcilerError {
  return new ReconcilerError("engine-conflict", message);
}

function refused(message: string): ReconcilerError {
  return new ReconcilerError("engine-refused", message);
}

function unsupported(message: string): ReconcilerError {
  return new ReconcilerError("engine-unsupported", message);
}
