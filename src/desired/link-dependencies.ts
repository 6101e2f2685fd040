import { topologicalOrder } from "../lib/dag.ts";
import type { DiagnosticSink, Position } from "../lib/diagnostic.ts";
import { didYouMean } from "../lib/suggest.ts";
import type { Dependency, WorkloadSpec } from "../model/workload.ts";
import { placeOf } from "./places.ts";

/** Several cycles are reported at once, but a tangle is one mistake for people. */
const maxCycles = 10;

/** Says of a key whether it belongs to a manifest that is broken itself, so that its absence proves nothing. */
export type IsBroken = (workload: string) => boolean;

/** Checks references between workloads; dependencies on what is not there and not required are left out. */
export function linkDependencies(
  workloads: readonly WorkloadSpec[],
  isBroken: IsBroken,
  sink: DiagnosticSink,
): readonly WorkloadSpec[] {
  const byKey = new Map(workloads.map((workload) => [workload.key, workload]));
  const linked = workloads.map((workload) => ({
    ...workload,
    dependsOn: workload.dependsOn.flatMap((dependency) => {
      const target = byKey.get(dependency.workload);
      if (target) return checkDependency(workload, dependency, target, sink);
      if (!isBroken(dependency.workload)) reportUnknown(workload, dependency, byKey, sink);
      return [];
    }),
  }));
  reportCycles(linked, sink);
  return linked;
}

/** Where a dependency is declared: compilers may give its place as `dependsOn.<key>` or `dependsOn`. */
function placeOfDependency(workload: WorkloadSpec, key: string): Position {
  return placeOf(workload, `dependsOn.${key}`, "dependsOn");
}

function reportUnknown(
  workload: WorkloadSpec,
  dependency: Dependency,
  known: ReadonlyMap<string, WorkloadSpec>,
  sink: DiagnosticSink,
): void {
  const { workload: key, required } = dependency;
  const place = placeOfDependency(workload, key);
  if (required) {
    const message = `"${workload.key}" depends on "${key}", which is not in this configuration`;
    sink.error(place, "unknown-workload", message, didYouMean(key, known.keys()));
  } else {
    const message = `"${workload.key}" is ordered after "${key}", which is not in this configuration`;
    const hint = didYouMean(key, known.keys()) ?? "it has no effect; remove it if that is meant";
    sink.warning(place, "unknown-workload", message, hint);
  }
}

/**
 * A dependency on a job waits for its end. In unit files that is what `After=` a oneshot unit means; compose files have
 * a condition of their own for it.
 */
function checkDependency(
  workload: WorkloadSpec,
  dependency: Dependency,
  target: WorkloadSpec,
  sink: DiagnosticSink,
): Dependency {
  const place = placeOfDependency(workload, target.key);
  const { condition } = dependency;
  if (target.timer !== undefined) {
    const message = `"${workload.key}" waits for "${target.key}", which runs at the times of ${target.timer.unit} only`;
    sink.error(place, "wrong-condition", message, "remove the dependency, or the timer");
  } else if (target.kind === "job") {
    if (condition === "started" && workload.origin.file.endsWith(".service"))
      return { ...dependency, condition: "completed" };
    if (condition !== "completed") {
      const message = `"${target.key}" is a job, which "${workload.key}" can only wait for to complete`;
      sink.error(place, "wrong-condition", message, "write condition: service_completed_successfully");
    }
  } else if (condition === "completed") {
    const message = `"${workload.key}" waits for "${target.key}" to complete, but that is a service`;
    sink.error(place, "wrong-condition", message, "wait for service_started or service_healthy");
  } else if (condition === "healthy" && target.container.healthcheck?.kind === "none") {
    const message = `"${workload.key}" waits for "${target.key}" to be healthy, but its health check is switched off`;
    sink.error(
      place,
      "wrong-condition",
      message,
      `give "${target.key}" a health check, or wait for service_started`,
    );
  }
  return dependency;
}

function reportCycles(workloads: readonly WorkloadSpec[], sink: DiagnosticSink): void {
  const byKey = new Map(workloads.map((workload) => [workload.key, workload]));
  const needs = new Map(workloads.map((workload) => [workload.key, needsOf(workload)]));
  for (let found = 0; found < maxCycles; found++) {
    const result = topologicalOrder([...needs.keys()], (key) => needs.get(key) ?? []);
    if (!("cycle" in result)) return;
    const path = startingWithSmallest(result.cycle);
    const [first = "", second = ""] = path;
    const workload = byKey.get(first);
    if (!workload) return;
    const message = `dependency cycle: ${path.join(" → ")}`;
    sink.error(
      placeOfDependency(workload, second),
      "dependency-cycle",
      message,
      "remove one of the dependencies",
    );
    // Without one edge of this cycle the next one, if any, comes to light.
    needs.set(
      first,
      (needs.get(first) ?? []).filter((key) => key !== second),
    );
  }
}

function needsOf({ dependsOn, container }: WorkloadSpec): readonly string[] {
  const keys = dependsOn.map((dependency) => dependency.workload);
  return container.network.kind === "workload" ? [...keys, container.network.workload] : keys;
}

/** The same cycle reads the same wherever the search began; the last name repeats the first. */
function startingWithSmallest(cycle: readonly string[]): readonly string[] {
  const ring = cycle.slice(0, -1);
  const smallest = ring.reduce((best, key, index) => (key < (ring[best] ?? key) ? index : best), 0);
  const turned = [...ring.slice(smallest), ...ring.slice(0, smallest)];
  return [...turned, ...turned.slice(0, 1)];
}
