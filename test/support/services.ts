import type { ActualState } from "../../src/model/actual-state.ts";
import type { ActualNode, ActualService, ActualSwarm, ActualTask } from "../../src/model/actual-swarm.ts";
import { labelKeys } from "../../src/model/ownership.ts";
import type { ServiceSpec } from "../../src/model/service-spec.ts";
import type { WorkloadSpec } from "../../src/model/workload.ts";
import { createServiceWorld } from "../../src/plan/services/service-world.ts";
import { createWorld } from "../../src/plan/world.ts";
import { isJob } from "../../src/swarm/convergence.ts";
import { actualState, type DesiredOptions } from "./builders.ts";
import { clusterState } from "./clusters.ts";

/** Snapshots of a cluster for the planner: what a test does not say is ordinary. */

export const now = "2026-10-19T12:00:00.000Z";
const before = "2026-10-19T09:00:00.000Z";

export function node(hostName: string, facts: Partial<ActualNode> = {}): ActualNode {
  return {
    ...{ id: `id-${hostName}`, hostName, role: "manager", availability: "active", state: "ready" },
    ...{ labels: {}, engineLabels: {}, platform: "linux/x86_64", address: "10.99.0.1" },
    ...facts,
  };
}

/** Of its service's present spec, on the first node, for hours. */
export function task(spec: ServiceSpec, facts: Partial<ActualTask> = {}): ActualTask {
  const state = isJob(spec) ? "complete" : "running";
  return {
    ...{ id: `task-${facts.slot ?? 1}`, serviceId: `id-${spec.Name}`, slot: 1, nodeId: "id-node-1" },
    ...{ state, desiredState: isJob(spec) ? "complete" : "running", at: before, createdAt: before },
    ...{ message: "started", error: "", spec: spec.TaskTemplate },
    ...facts,
  };
}

/** The spec that a run would have sent for this workload. */
export function specOf(workload: WorkloadSpec, options: DesiredOptions = {}): ServiceSpec {
  const desired = clusterState([workload], options);
  const world = createWorld(desired, swarmState([]), new Set());
  return createServiceWorld(world, emptySwarm, "00000000", new Set()).specOf(workload);
}

/** The service that a run would have made of this workload, with all its tasks well. */
export function runningService(workload: WorkloadSpec, facts: Partial<ActualService> = {}): ActualService {
  const spec = facts.spec ?? specOf(workload);
  const count = spec.Mode?.Replicated?.Replicas ?? 1;
  const labels = spec.Labels ?? {};
  const fingerprint = labels[labelKeys.spec];
  const image = labels[labelKeys.image];
  return {
    ...{ id: `id-${spec.Name}`, name: spec.Name, version: 11, ownership: { kind: "owned" }, spec },
    record: {
      ...{ workload: workload.key, kind: workload.kind },
      needs: [...new Set(workload.dependsOn.map((need) => need.workload))].sort(),
      ...(fingerprint === undefined ? {} : { fingerprint }),
      ...(image === undefined ? {} : { image }),
    },
    tasks: Array.from({ length: count }, (_, index) => task(spec, { slot: index + 1 })),
    ...(isJob(spec) ? { jobIteration: 0 } : {}),
    ...{ createdAt: before, updatedAt: before },
    ...facts,
  };
}

const emptySwarm: ActualSwarm = {
  nodes: [node("node-1")],
  ...{ services: [], configs: [], secrets: [], digests: new Map(), digestProblems: new Map() },
};

/** A cluster of one node with these services and network `front`. */
export function swarmState(
  services: readonly ActualService[],
  swarm: Partial<ActualSwarm> & { readonly networks?: readonly string[] } = {},
): ActualState {
  const { networks = ["front"], ...facts } = swarm;
  const state = actualState([], { networks });
  return {
    ...state,
    engine: { ...state.engine, swarm: "manager", systemTime: now },
    networks: state.networks.map((network) => ({ ...network, driver: "overlay" })),
    swarm: { ...emptySwarm, ...facts, services: services.toSorted((a, b) => (a.name < b.name ? -1 : 1)) },
  };
}
