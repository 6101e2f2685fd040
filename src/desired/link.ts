import { DiagnosticSink, type Parsed } from "../lib/diagnostic.ts";
import type { Target } from "../model/actual-state.ts";
import type { CompiledManifest, CompiledTimer } from "../model/compile.ts";
import type { FileSet } from "../model/file-set.ts";
import type { NetworkSpec } from "../model/network.ts";
import type { VolumeSpec } from "../model/volume.ts";
import type { WorkloadSpec } from "../model/workload.ts";
import { checkAddresses } from "./link-addresses.ts";
import { checkConflicts } from "./link-conflicts.ts";
import { linkContainers } from "./link-containers.ts";
import { type IsBroken, linkDependencies } from "./link-dependencies.ts";
import { linkNamespaces } from "./link-namespaces.ts";
import { checkPorts } from "./link-ports.ts";
import { withPrecedence } from "./link-precedence.ts";
import { linkTimers } from "./link-timers.ts";
import { mergeNetworks, mergeVolumes } from "./merge-declarations.ts";
import { comparePlaces, compareText, formatPlace, placeOf } from "./places.ts";

/** All manifests of a configuration as one, each list sorted by key or name. */
export interface LinkedManifests {
  readonly workloads: readonly WorkloadSpec[];
  readonly networks: readonly NetworkSpec[];
  readonly volumes: readonly VolumeSpec[];
  readonly fileSets: readonly FileSet[];
}

export interface LinkOptions {
  readonly timers?: readonly CompiledTimer[];
  /** One machine, unless it says otherwise. */
  readonly target?: Target;
}

/** Joins what single manifests declare and checks what only shows when they are seen together. */
export function linkManifests(
  manifests: readonly CompiledManifest[],
  isBroken: IsBroken,
  { timers = [], target = "engine" }: LinkOptions = {},
): Parsed<LinkedManifests> {
  const sink = new DiagnosticSink();
  const declared = manifests.flatMap((manifest) => manifest.workloads).sort(byKeyAndPlace);
  const unique = uniqueWorkloads(declared, sink);
  checkContainerNames(unique, sink);
  checkPorts(unique, target, sink);
  checkAddresses(unique, sink);
  checkConflicts(unique, target, sink);
  const connected = linkContainers(linkNamespaces(unique, isBroken, sink));
  const timed = linkTimers(connected, { timers, isBroken }, sink);
  const precedence = manifests.flatMap((manifest) => manifest.precedence ?? []);
  const workloads = linkDependencies(withPrecedence(timed, precedence, isBroken, sink), isBroken, sink);
  const networks = mergeNetworks(
    manifests.flatMap((manifest) => manifest.networks),
    sink,
  );
  const volumes = mergeVolumes(
    manifests.flatMap((manifest) => manifest.volumes),
    sink,
  );
  const fileSets = new Map(manifests.flatMap((manifest) => manifest.fileSets.map((set) => [set.name, set])));
  return {
    value: { workloads, networks, volumes, fileSets: [...fileSets.values()].sort(byName) },
    diagnostics: sink.diagnostics,
  };
}

function uniqueWorkloads(declared: readonly WorkloadSpec[], sink: DiagnosticSink): readonly WorkloadSpec[] {
  const byKey = new Map<string, WorkloadSpec>();
  for (const workload of declared) {
    const first = byKey.get(workload.key);
    if (first) {
      const message = `workload "${workload.key}" is declared twice, first in ${formatPlace(first.origin)}`;
      sink.error(workload.origin, "duplicate-workload", message, "rename or remove one of the two");
    } else {
      byKey.set(workload.key, workload);
    }
  }
  return [...byKey.values()];
}

function checkContainerNames(workloads: readonly WorkloadSpec[], sink: DiagnosticSink): void {
  const holders = new Map<string, WorkloadSpec>();
  for (const workload of workloads) {
    for (const name of workload.containerNames) {
      const holder = holders.get(name);
      if (holder === workload) {
        const message = `workload "${workload.key}" gives several replicas the container name "${name}"`;
        sink.error(placeOf(workload, "name"), "duplicate-container-name", message);
      } else if (holder) {
        const message = `container name "${name}" is taken by workload "${holder.key}" in ${formatPlace(holder.origin)}`;
        sink.error(placeOf(workload, "name"), "duplicate-container-name", message, "give it another --name");
      } else {
        holders.set(name, workload);
      }
    }
  }
}

function byKeyAndPlace(a: WorkloadSpec, b: WorkloadSpec): number {
  return compareText(a.key, b.key) || comparePlaces(a.origin, b.origin);
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return compareText(a.name, b.name);
}
