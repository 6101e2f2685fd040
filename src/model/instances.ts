import type { DesiredState } from "./desired-state.ts";
import { instanceKey, type WorkloadSpec } from "./workload.ts";

/**
 * The workloads by the keys of what is changed and reported as one: on an Engine every replica by itself, in a cluster
 * the service.
 */
export function workloadsByInstance(desired: DesiredState): ReadonlyMap<string, WorkloadSpec> {
  return new Map(
    desired.workloads.flatMap((workload) =>
      instanceKeys(workload, desired).map((key) => [key, workload] as const),
    ),
  );
}

/** The keys under which a workload is changed and reported. */
export function instanceKeys(
  workload: WorkloadSpec,
  { target }: Pick<DesiredState, "target">,
): readonly string[] {
  if (target === "swarm") return [workload.key];
  return workload.containerNames.map((_name, index) => instanceKey(workload, index));
}
