import type { DesiredState } from "../model/desired-state.ts";
import type { ManifestTree } from "../model/manifest-tree.ts";
import type { WorkloadSpec } from "../model/workload.ts";
import { generateUnits, type InstallableUnit } from "../unit/export/generated-unit.ts";
import { writtenUnits } from "../unit/export/written-unit.ts";

/**
 * Units with which a host with systemd would run workloads: the unit itself where there is one, a generated one for a
 * service of a stack.
 *
 * @param rendered the files of the configuration with their templates rendered
 */
export function installableUnits(
  workloads: readonly WorkloadSpec[],
  desired: DesiredState,
  rendered: ManifestTree,
): readonly InstallableUnit[] {
  return workloads.flatMap((workload) => {
    const written = workload.key.includes("/") ? [] : writtenUnits(workload, rendered, desired);
    return written.length > 0 ? written : generateUnits(workload, desired);
  });
}
