import type { DiagnosticSink } from "../lib/diagnostic.ts";
import { didYouMean } from "../lib/suggest.ts";
import type { Precedence } from "../model/compile.ts";
import type { WorkloadSpec } from "../model/workload.ts";
import type { IsBroken } from "./link-dependencies.ts";

/** `Before=` of a unit is `After=` of the other one, which only shows here. */
export function withPrecedence(
  workloads: readonly WorkloadSpec[],
  precedence: readonly Precedence[],
  isBroken: IsBroken,
  sink: DiagnosticSink,
): readonly WorkloadSpec[] {
  if (precedence.length === 0) return workloads;
  const keys = new Set(workloads.map(({ key }) => key));
  for (const { workload, follower, position } of precedence) {
    if (keys.has(follower) || isBroken(follower)) continue;
    const message = `"${workload}" is ordered before "${follower}", which is not in this configuration`;
    const hint = didYouMean(follower, keys) ?? "it has no effect; remove it if that is meant";
    sink.warning(position, "unknown-workload", message, hint);
  }
  const byFollower = Map.groupBy(precedence, ({ follower }) => follower);
  return workloads.map((workload) => {
    const known = new Set(workload.dependsOn.map((dependency) => dependency.workload));
    const added = (byFollower.get(workload.key) ?? []).filter(
      (one) => keys.has(one.workload) && !known.has(one.workload),
    );
    if (added.length === 0) return workload;
    const places = added.map(({ workload: key, position }) => [`dependsOn.${key}`, position] as const);
    const others = added.map(
      ({ workload: key }) =>
        ({ workload: key, condition: "started", required: false, restart: false }) as const,
    );
    return {
      ...workload,
      dependsOn: [...workload.dependsOn, ...others].sort((a, b) => (a.workload < b.workload ? -1 : 1)),
      positions: { ...Object.fromEntries(places), ...workload.positions },
    };
  });
}
