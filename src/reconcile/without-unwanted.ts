import type { ActualState } from "../model/actual-state.ts";
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
    volumes: actual.volumes.filter(({ ownership, name }) => ownership.kind !== "owned" || volumes.has(name)),
  };
}
