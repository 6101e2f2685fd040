import type { DiagnosticSink } from "../lib/diagnostic.ts";
import { deepEqual } from "../lib/stable-json.ts";
import type { WorkloadSpec } from "../model/workload.ts";
import { unitNameOf } from "../unit/unit-name.ts";
import { compareText, placeOf } from "./places.ts";

/**
 * In a cluster the instances of a template that keep apart become the replicas of one service: that is all that Swarm
 * keeps apart, by its largest number of replicas on a node. They have to be the same but for their names.
 */
export function gatherInstances(
  workloads: readonly WorkloadSpec[],
  sink: DiagnosticSink,
): readonly WorkloadSpec[] {
  const groups = Map.groupBy(workloads, templateOf);
  groups.delete(undefined);
  if (groups.size === 0) return workloads;
  const keys = new Set(workloads.map(({ key }) => key));
  const gathered = new Map<string, string>();
  const services: WorkloadSpec[] = [];
  for (const [template = "", instances] of groups) {
    const service = gather(template, instances, keys, sink);
    if (service === undefined) continue;
    services.push(service);
    for (const { key } of instances) gathered.set(key, template);
  }
  const others = workloads.filter(({ key }) => !gathered.has(key));
  return [...others, ...services]
    .map((workload) => withDependencies(workload, gathered))
    .sort((a, b) => compareText(a.key, b.key));
}

/** The template of an instance that keeps apart from the others. */
function templateOf({ key, cluster, origin }: WorkloadSpec): string | undefined {
  if (cluster?.placement?.keepsApart !== true || !origin.file.includes("@")) return undefined;
  const { prefix, instance } = unitNameOf(`${key}.service`);
  return instance === undefined ? undefined : prefix;
}

function gather(
  template: string,
  instances: readonly WorkloadSpec[],
  keys: ReadonlySet<string>,
  sink: DiagnosticSink,
): WorkloadSpec | undefined {
  const [first, ...rest] = instances;
  if (first === undefined) return undefined;
  if (keys.has(template)) {
    const message = `the instances of ${template}@ become one service "${template}" of the Swarm, but ${template}.service is there as well`;
    sink.error(placeOf(first, "cluster.placement"), "duplicate-workload", message, "rename one of the two");
    return undefined;
  }
  const other = rest.find((instance) => !isSame(first, instance));
  if (other !== undefined) {
    const message = `"${first.key}" and "${other.key}" are to keep apart and differ in ${differenceOf(first, other)}, but a Swarm keeps only the replicas of one service apart`;
    const hint =
      "write {{.Task.Slot}} instead of %i, which Swarm fills in for each replica, or remove Conflicts=";
    sink.error(placeOf(other, "cluster.placement"), "unit-conflict", message, hint);
    return undefined;
  }
  const containerNames = instances.map((_instance, index) =>
    index === 0 ? template : `${template}-${index + 1}`,
  );
  return { ...first, key: template, containerNames };
}

function isSame(a: WorkloadSpec, b: WorkloadSpec): boolean {
  return deepEqual(comparable(a), comparable(b));
}

function comparable({ kind, container, update, cluster = {}, dependsOn }: WorkloadSpec): unknown {
  // What a unit conflicts with may be written with its own name.
  const { conflicts: _, ...settings } = cluster;
  return { kind, container, update, settings, dependsOn };
}

function differenceOf(a: WorkloadSpec, b: WorkloadSpec): string {
  const after = new Map(Object.entries(b.container));
  const different = Object.entries(a.container).find(([name, value]) => !deepEqual(value, after.get(name)));
  return different?.[0] ?? "their settings";
}

function withDependencies(workload: WorkloadSpec, gathered: ReadonlyMap<string, string>): WorkloadSpec {
  if (!workload.dependsOn.some(({ workload: key }) => gathered.has(key))) return workload;
  const renamed = workload.dependsOn.map((one) => ({
    ...one,
    workload: gathered.get(one.workload) ?? one.workload,
  }));
  const unique = new Map(renamed.map((one) => [one.workload, one]));
  return { ...workload, dependsOn: [...unique.values()] };
}
