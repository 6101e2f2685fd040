import type { ActualState } from "../../model/actual-state.ts";
import type { ActualNode, ActualService, ActualStored, ActualTask } from "../../model/actual-swarm.ts";
import type { DesiredState } from "../../model/desired-state.ts";
import { labelKeys } from "../../model/ownership.ts";
import type { ServiceSpec } from "../../model/service-spec.ts";
import type { WorkloadSpec } from "../../model/workload.ts";
import { isJob } from "../../swarm/convergence.ts";
import { storedContents } from "../../swarm/stored-contents.ts";
import { compareText, createWorld } from "../world.ts";
import { createServiceWorld } from "./service-world.ts";
import { withRun } from "./timed-service.ts";

/** One node, on which everything runs that runs at all. */
const node: ActualNode = {
  ...{ id: "assumed node", hostName: "node", role: "manager", availability: "active", state: "ready" },
  ...{ labels: {}, engineLabels: {}, platform: "linux/x86_64", address: "" },
};

/**
 * A cluster in which `desired` runs exactly as declared; configs and secrets that either side expects from outside are
 * there.
 *
 * @param alone the same on one Engine, whose networks and facts count here as well
 */
export function assumedSwarm(desired: DesiredState, next: DesiredState, alone: ActualState): ActualState {
  const empty = { services: [], configs: [], secrets: [], digests: new Map(), digestProblems: new Map() };
  const world = createWorld(desired, alone, new Set());
  const services = createServiceWorld(world, { ...empty, nodes: [node] }, "", new Set());
  const specOf = (workload: WorkloadSpec) =>
    workload.timer === undefined ? services.specOf(workload) : withRun(services.specOf(workload), undefined);
  const contents = desired.workloads.flatMap((workload) => storedContents(workload, desired));
  const own = (kind: "config" | "secret") =>
    contents.filter((stored) => stored.kind === kind).map(({ name }) => storedNamed(name, true));
  const outside = (kind: "config" | "secret") =>
    [desired, next]
      .flatMap(({ workloads }) => workloads.flatMap(({ cluster }) => cluster?.stored ?? []))
      .flatMap((stored) => (stored.kind === kind ? [storedNamed(stored.name, false)] : []));
  return {
    ...alone,
    ...{ containers: [], publishedPorts: [], volumes: [] },
    networks: alone.networks.map((network) => {
      const isDeclared = desired.networks.some(({ name, driver }) => name === network.name && driver);
      return isDeclared ? network : { ...network, driver: "overlay" };
    }),
    swarm: {
      ...empty,
      nodes: [node],
      services: desired.workloads
        .map((workload) => serviceOf(workload, specOf(workload), alone.engine.systemTime))
        .sort((a, b) => compareText(a.name, b.name)),
      configs: unique([...own("config"), ...outside("config")]),
      secrets: unique([...own("secret"), ...outside("secret")]),
    },
  };
}

function storedNamed(name: string, isOwn: boolean): ActualStored {
  return {
    id: `assumed ${name}`,
    name,
    ownership: { kind: isOwn ? "owned" : "unmanaged" },
    holdsFiles: isOwn,
  };
}

function unique(stored: readonly ActualStored[]): readonly ActualStored[] {
  return [...new Map(stored.map((one) => [one.name, one])).values()];
}

function serviceOf({ key, kind, dependsOn }: WorkloadSpec, spec: ServiceSpec, now: string): ActualService {
  const id = `assumed service ${spec.Name}`;
  const fingerprint = spec.Labels?.[labelKeys.spec];
  const image = spec.Labels?.[labelKeys.image];
  const count = isJob(spec)
    ? (spec.Mode?.ReplicatedJob?.TotalCompletions ?? 1)
    : (spec.Mode?.Replicated?.Replicas ?? 1);
  return {
    ...{
      id,
      name: spec.Name,
      version: 1,
      ownership: { kind: "owned" },
      spec,
      createdAt: now,
      updatedAt: now,
    },
    record: {
      ...{ workload: key, kind, needs: [...new Set(dependsOn.map(({ workload }) => workload))].sort() },
      ...(fingerprint === undefined ? {} : { fingerprint }),
      ...(image === undefined ? {} : { image }),
    },
    tasks: Array.from({ length: count }, (_, index) => taskOf(id, spec, index + 1, now)),
  };
}

function taskOf(serviceId: string, spec: ServiceSpec, slot: number, now: string): ActualTask {
  const state = isJob(spec) ? "complete" : "running";
  return {
    ...{ id: `${serviceId} ${slot}`, serviceId, slot, nodeId: node.id, state, desiredState: state },
    ...{ at: now, createdAt: now, message: "", error: "", spec: spec.TaskTemplate },
  };
}
