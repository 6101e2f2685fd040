import type { DiagnosticSink } from "../lib/diagnostic.ts";
import { didYouMean } from "../lib/suggest.ts";
import type { WorkloadSpec } from "../model/workload.ts";
import type { IsBroken } from "./link-dependencies.ts";
import { placeOf } from "./places.ts";

/**
 * Resolves shared network namespaces: `container:NAME` of a container that this configuration runs means that workload,
 * so that a replacement of the one brings the other along.
 */
export function linkNamespaces(
  workloads: readonly WorkloadSpec[],
  isBroken: IsBroken,
  sink: DiagnosticSink,
): readonly WorkloadSpec[] {
  const byKey = new Map(workloads.map((workload) => [workload.key, workload]));
  const byContainer = new Map(
    workloads.flatMap((workload) => workload.containerNames.map((name) => [name, workload] as const)),
  );
  return workloads.map((workload) => {
    const { network } = workload.container;
    if (network.kind === "workload" && !byKey.has(network.workload)) {
      if (!isBroken(network.workload)) {
        const message = `network of "${workload.key}": workload "${network.workload}" is not in this configuration`;
        const hint = didYouMean(network.workload, byKey.keys());
        sink.error(placeOf(workload, "network"), "unknown-workload", message, hint);
      }
      return workload;
    }
    const host =
      network.kind === "container"
        ? byContainer.get(network.container)
        : network.kind === "workload"
          ? byKey.get(network.workload)
          : undefined;
    if (!host) return workload;
    if (host === workload) {
      const message = `"${workload.key}" cannot share the network of itself`;
      sink.error(placeOf(workload, "network"), "dependency-cycle", message);
      return workload;
    }
    if (host.containerNames.length > 1) {
      const message = `"${workload.key}" cannot share the network of "${host.key}", which has ${host.containerNames.length} replicas`;
      sink.error(placeOf(workload, "network"), "ambiguous-network", message);
    }
    const container = { ...workload.container, network: { kind: "workload", workload: host.key } as const };
    return { ...workload, container };
  });
}
