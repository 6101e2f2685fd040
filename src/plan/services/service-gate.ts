import type { ServiceSpec } from "../../model/service-spec.ts";
import type { ServiceGate } from "../../model/step.ts";
import type { WorkloadSpec } from "../../model/workload.ts";
import { isJob } from "../../swarm/convergence.ts";
import type { ServiceWorld } from "./service-world.ts";

const nsPerMs = 1_000_000;
/** Docker's defaults of a health check (Dockerfile reference, HEALTHCHECK). */
const defaultIntervalMs = 30_000;
const defaultTimeoutMs = 30_000;
const defaultRetries = 3;

/** Scheduling, and the pull of the image on a node that does not have it. */
const scheduleMs = 90_000;
/** A node that is lost is noticed after some 20 s, and its tasks then start elsewhere. */
const slackMs = 30_000;
const defaultStopMs = 10_000;
/** A job may take as long as it takes; this is where it is told to be stuck. */
const jobMs = 60 * 60_000;

/**
 * When the service counts as converged. Swarm knows no deadline for an update that waits for ever, so that there is one
 * here: the time of one batch, so many times as there are batches.
 */
export function serviceGateOf(
  workload: WorkloadSpec,
  spec: ServiceSpec,
  services: ServiceWorld,
): ServiceGate {
  const { rollout } = services.world.desired.environment;
  const stabilityMs = workload.update.monitorMs ?? rollout.stabilityMs;
  if (isJob(spec)) return { spec, stabilityMs: 0, timeoutMs: rollout.gateTimeoutMs ?? jobMs };
  const update = spec.UpdateConfig ?? {};
  const monitorMs = (update.Monitor ?? 0) / nsPerMs;
  const delayMs = (update.Delay ?? 0) / nsPerMs;
  const readyMs = rollout.gateTimeoutMs ?? readyTimeoutMs(spec) + scheduleMs;
  const batchMs = readyMs + stopMs(spec) + monitorMs + delayMs;
  return { spec, stabilityMs, timeoutMs: batchMs * batchesOf(spec, services) + slackMs };
}

/** Rounds in which the tasks of a service are replaced. */
export function batchesOf(spec: ServiceSpec, { swarm }: Pick<ServiceWorld, "swarm">): number {
  const tasks = spec.Mode?.Global ? swarm.nodes.length : (spec.Mode?.Replicated?.Replicas ?? 1);
  const parallelism = spec.UpdateConfig?.Parallelism ?? 1;
  return Math.max(1, parallelism === 0 ? 1 : Math.ceil(tasks / parallelism));
}

export function stopMs({ TaskTemplate }: ServiceSpec): number {
  const { StopGracePeriod } = TaskTemplate.ContainerSpec;
  return StopGracePeriod === undefined ? defaultStopMs : StopGracePeriod / nsPerMs;
}

/** A task is called unhealthy at the latest after this time. An image may bring a check that nobody knows of. */
export function readyTimeoutMs({ TaskTemplate }: ServiceSpec): number {
  const check = TaskTemplate.ContainerSpec.Healthcheck;
  if (check?.Test?.[0] === "NONE") return 0;
  const interval = (check?.Interval ?? 0) / nsPerMs || defaultIntervalMs;
  const timeout = (check?.Timeout ?? 0) / nsPerMs || defaultTimeoutMs;
  return (check?.StartPeriod ?? 0) / nsPerMs + (check?.Retries || defaultRetries) * (interval + timeout);
}
