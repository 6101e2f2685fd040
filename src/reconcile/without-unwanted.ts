import type { ActualState } from "../model/actual-state.ts";
import type { ActualSwarm } from "../model/actual-swarm.ts";
import type { DesiredState } from "../model/desired-state.ts";

/**
 * What is there, without what is ours and not wanted any more: a plan that is made of it repairs and creates, and
 * removes nothing that a refused removal is about.
 */
export function withoutUnwanted(actual: ActualState, desired: DesiredState): ActualState {
  const workloads = new Set(desired.workloads.map(({ key }) => key));
  const networks = new Set(desired.networks.map(({ name }) => name));
  const volumes = new Set(desired.volumes.map(({ name }) => name));
  return {
    ...actual,
    containers: actual.containers.filter(
      ({ ownership, record: { workload } }) =>
        ownership.kind !== "owned" || (workload !== undefined && workloads.has(workload)),
    ),
    networks: actual.networks.filter(
      ({ ownership, name }) => ownership.kind !== "owned" || networks.has(name),
    ),
    ...(actual.swarm === undefined ? {} : { swarm: servicesWanted(actual.swarm, workloads) }),
    volumes: actual.volumes.filter(({ ownership, name }) => ownership.kind !== "owned" || volumes.has(name)),
  };
}

function servicesWanted(swarm: ActualSwarm, workloads: ReadonlySet<string>): ActualSwarm {
  const isWanted = ({ ownership, record: { workload } }: ActualSwarm["services"][number]) =>
    ownership.kind !== "owned" || (workload !== undefined && workloads.has(workload));
  // What only an unwanted service uses stays with it.
  return { ...swarm, services: swarm.services.filter(isWanted), configs: [], secrets: [] };
}
