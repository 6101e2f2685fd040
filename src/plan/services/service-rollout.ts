import type { Rollout } from "../../model/change.ts";
import type { ServiceSpec } from "../../model/service-spec.ts";
import type { WorkloadSpec } from "../../model/workload.ts";
import { isJob } from "../../swarm/convergence.ts";
import { batchesOf, readyTimeoutMs, stopMs } from "./service-gate.ts";
import type { ServiceWorld } from "./service-world.ts";

/** What scheduling, creating and starting may add to a stop-first downtime. */
const startAllowanceMs = 10_000;

/**
 * How Swarm replaces the tasks and what that costs. While others of several replicas serve, nothing is down.
 *
 * @param recreated why the whole service is removed first
 */
export function serviceRollout(
  workload: WorkloadSpec,
  spec: ServiceSpec,
  services: ServiceWorld,
  recreated?: string,
): Rollout {
  if (isJob(spec)) return { order: "start-first", downtimeMs: 0 };
  const oneMs = stopMs(spec) + readyMs(spec, services) + startAllowanceMs;
  if (recreated !== undefined) return { order: "stop-first", reason: recreated, downtimeMs: oneMs };
  if (spec.UpdateConfig?.Order !== "stop-first") return { order: "start-first", downtimeMs: 0 };
  const reason = workload.update.order === "stop-first" ? "declared" : exclusiveText(spec);
  const isTotal = batchesOf(spec, services) === 1;
  return { order: "stop-first", reason, downtimeMs: isTotal ? oneMs : 0 };
}

function readyMs(spec: ServiceSpec, { world }: ServiceWorld): number {
  const hasCheck = spec.TaskTemplate.ContainerSpec.Healthcheck !== undefined;
  return hasCheck ? (world.desired.environment.rollout.gateTimeoutMs ?? readyTimeoutMs(spec)) : 0;
}

/** What only one task of a node can hold. */
function exclusiveText({ EndpointSpec, TaskTemplate }: ServiceSpec): string {
  const ports = (EndpointSpec?.Ports ?? []).flatMap(({ PublishMode, PublishedPort }) =>
    PublishMode === "host" && PublishedPort ? [`host port ${PublishedPort}`] : [],
  );
  const volumes = (TaskTemplate.ContainerSpec.Mounts ?? []).flatMap(({ Type, Source, ReadOnly }) =>
    Type === "volume" && Source && !ReadOnly ? [`read-write volume ${Source}`] : [],
  );
  const all = [...ports, ...volumes];
  return all.length === 0 ? "chosen by the mapping" : `${all.join(", ")} can be held by one task only`;
}
