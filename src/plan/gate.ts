import type { ActualContainer, ActualImage } from "../model/actual-state.ts";
import type { GateCriteria } from "../model/step.ts";
import type { Healthcheck, WorkloadSpec } from "../model/workload.ts";
import { localImage } from "./local-image.ts";
import type { World } from "./world.ts";

/** Docker's defaults of a health check (Dockerfile reference, HEALTHCHECK). */
const defaultIntervalMs = 30_000;
const defaultTimeoutMs = 30_000;
const defaultRetries = 3;

/** Added to computed deadlines: the Engine is not a real-time system. */
const slackMs = 10_000;

/** The Engine kills a container that does not stop by itself after this time. */
export const defaultStopTimeoutSeconds = 10;

/** What creating and starting may add to a stop-first downtime. */
const startAllowanceMs = 5_000;

/** How long a container that was put back must stay good: it has served before. */
const restoredStabilityMs = 1_000;

/** The gate of a new container. */
export function gateCriteria(workload: WorkloadSpec, world: World): GateCriteria {
  const policy = world.desired.environment.rollout;
  const image = localImage(world.actual, workload.container);
  return {
    stabilityMs: workload.update.monitorMs ?? policy.stabilityMs,
    timeoutMs: policy.gateTimeoutMs ?? readyTimeoutMs(effectiveHealthcheck(workload, image), image),
  };
}

/** The gate of an old container that is put back. */
export function restoredGate(old: ActualContainer, world: World): GateCriteria {
  const { stabilityMs, gateTimeoutMs } = world.desired.environment.rollout;
  const check = old.spec.healthcheck;
  return {
    stabilityMs: Math.min(stabilityMs, restoredStabilityMs),
    timeoutMs: gateTimeoutMs ?? (isActive(check) ? checkTimeoutMs(check) : slackMs),
  };
}

function effectiveHealthcheck(
  workload: WorkloadSpec,
  image: ActualImage | undefined,
): Healthcheck | undefined {
  const own = workload.container.healthcheck;
  if (own?.kind === "none") return own;
  const inherited = image?.healthcheck?.kind === "command" ? image.healthcheck : undefined;
  return own === undefined ? inherited : { ...inherited, ...own };
}

/** An image that is still to be pulled may bring a health check of its own. */
function readyTimeoutMs(check: Healthcheck | undefined, image: ActualImage | undefined): number {
  const mayHaveCheck = isActive(check) || (check === undefined && image === undefined);
  return mayHaveCheck ? checkTimeoutMs(check) : slackMs;
}

/** The Engine calls a container unhealthy at the latest after this time, so waiting longer is pointless. */
function checkTimeoutMs(check: Healthcheck | undefined): number {
  const declared = check?.kind === "command" ? check : undefined;
  const interval = declared?.intervalMs || defaultIntervalMs;
  const timeout = declared?.timeoutMs || defaultTimeoutMs;
  const retries = declared?.retries || defaultRetries;
  return (declared?.startPeriodMs ?? 0) + retries * (interval + timeout) + slackMs;
}

function isActive(check: Healthcheck | undefined): boolean {
  return check?.kind === "command";
}

export function stopTimeoutSeconds(stopTimeout: number | undefined): number {
  return stopTimeout ?? defaultStopTimeoutSeconds;
}

/**
 * Upper bound of the time without service when the old container stops first: its grace period, the start of the new
 * one and, with a health check, the time it may take to become healthy. The health check of an image that is not there
 * yet is taken to be the old container's.
 */
export function downtimeBoundMs(old: ActualContainer, workload: WorkloadSpec, world: World): number {
  const image = localImage(world.actual, workload.container);
  const check =
    effectiveHealthcheck(workload, image) ?? (image === undefined ? old.spec.healthcheck : undefined);
  const ready = isActive(check)
    ? (world.desired.environment.rollout.gateTimeoutMs ?? checkTimeoutMs(check))
    : 0;
  return stopTimeoutSeconds(old.spec.stopTimeoutSeconds) * 1000 + startAllowanceMs + ready;
}
