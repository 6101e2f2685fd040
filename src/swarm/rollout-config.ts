import type { RolloutPolicy } from "../model/environment.ts";
import type { UpdateConfig } from "../model/service-spec.ts";
import type { WorkloadSpec } from "../model/workload.ts";
import { nanoseconds } from "./api-values.ts";
import { hostModePorts } from "./service-ports.ts";

/** A task that fails within this time counts as a failed update (SwarmKit's default); less would let bad builds pass. */
const leastMonitorMs = 5_000;

/**
 * Why a task of the service cannot or should not run beside the one it replaces, for people; an empty list allows
 * start-first. Unlike on an Engine, published ports are no reason: the ingress network has them, not the task.
 *
 * @param refused only what cannot work, not what is merely unwise (shared data)
 */
export function stopFirstReasons({ container }: WorkloadSpec, refused = false): readonly string[] {
  const ports = hostModePorts(container.ports).map(({ hostPort, protocol }) =>
    protocol === "tcp" ? `host port ${hostPort}` : `host port ${hostPort}/${protocol}`,
  );
  const network = container.network.kind === "host" ? ["the host's network"] : [];
  if (refused) return ports;
  const volumes = container.mounts.flatMap((mount) =>
    mount.kind === "volume" && !mount.readOnly ? [`read-write volume ${mount.volume}`] : [],
  );
  return [...new Set([...ports, ...network, ...volumes])];
}

export function rolloutOrder(workload: WorkloadSpec): "start-first" | "stop-first" {
  if (workload.update.order !== "auto") return workload.update.order;
  return stopFirstReasons(workload).length > 0 ? "stop-first" : "start-first";
}

/**
 * How Swarm replaces tasks, always said in full: Swarm's own defaults stop the old task first and leave a failed update
 * as it is (Docker docs, "Roll back to the previous version of a service").
 */
export function updateConfig(workload: WorkloadSpec, policy: RolloutPolicy): Required<UpdateConfig> {
  const { update, cluster } = workload;
  return {
    Parallelism: update.parallelism,
    Delay: nanoseconds(update.delayMs),
    FailureAction: cluster?.update?.failureAction ?? "rollback",
    Monitor: nanoseconds(monitorMs(workload, policy)),
    MaxFailureRatio: cluster?.update?.maxFailureRatio ?? 0,
    Order: rolloutOrder(workload),
  };
}

/** The way back is the way there, unless declared; it is never rolled back itself. */
export function rollbackConfig(workload: WorkloadSpec, policy: RolloutPolicy): Required<UpdateConfig> {
  const { update, cluster } = workload;
  const own = cluster?.rollback;
  return {
    Parallelism: own?.parallelism ?? update.parallelism,
    Delay: nanoseconds(own?.delayMs ?? update.delayMs),
    FailureAction: own?.failureAction ?? "pause",
    Monitor: nanoseconds(Math.max(own?.monitorMs ?? monitorMs(workload, policy), 0)),
    MaxFailureRatio: own?.maxFailureRatio ?? 0,
    Order: own?.order ?? rolloutOrder(workload),
  };
}

export function monitorMs({ update }: WorkloadSpec, policy: RolloutPolicy): number {
  return Math.max(policy.stabilityMs, update.monitorMs ?? 0, leastMonitorMs);
}
