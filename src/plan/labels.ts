import type { DesiredState } from "../model/desired-state.ts";
import { workloadFingerprint } from "../model/fingerprint.ts";
import { labelKeys, ownerLabels } from "../model/ownership.ts";
import { shortRevision } from "../model/revision.ts";
import type { WorkloadSpec } from "../model/workload.ts";
import { engineDefaultsSet } from "./fields.ts";
import type { Instance } from "./pair.ts";
import type { World } from "./world.ts";

/** The fingerprint of a workload's desired spec. */
export function desiredFingerprint(workload: WorkloadSpec, desired: DesiredState): string {
  return workloadFingerprint(workload, desired.secretValues);
}

/** Our labels on a container: who owns it, what it is, and which rollout made it. */
export function containerLabels(
  instance: Instance,
  world: World,
  txn: string,
): Readonly<Record<string, string>> {
  const { workload, replica } = instance;
  const needs = workload.dependsOn.map((dependency) => dependency.workload);
  const set = engineDefaultsSet(workload.container);
  return {
    ...objectLabels(world.desired),
    [labelKeys.workload]: workload.key,
    [labelKeys.replica]: String(replica),
    [labelKeys.kind]: workload.kind,
    [labelKeys.spec]: world.fingerprintOf(workload),
    [labelKeys.txn]: txn,
    ...(needs.length > 0 ? { [labelKeys.needs]: [...new Set(needs)].sort().join(",") } : {}),
    ...(set.length > 0 ? { [labelKeys.set]: set.join(",") } : {}),
  };
}

/** Our labels on anything we create. */
export function objectLabels(desired: DesiredState): Readonly<Record<string, string>> {
  const { project, name } = desired.environment;
  return {
    ...ownerLabels({ project, environment: name }),
    [labelKeys.revision]: shortRevision(desired.revision),
    ...(desired.revision.source === undefined ? {} : { [labelKeys.source]: desired.revision.source }),
  };
}
