import type { ActualImage } from "../model/actual-state.ts";
import type { RolloutPolicy } from "../model/environment.ts";
import type { GateCriteria } from "../model/step.ts";
import type { Healthcheck, WorkloadSpec } from "../model/workload.ts";

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

export function gateCriteria(
  workload: WorkloadSpec,
  image: ActualImage | undefined,
  policy: RolloutPolicy,
): GateCriteria {
  return {
    stabilityMs: workload.update.monitorMs ?? policy.stabilityMs,
    timeoutMs: policy.gateTimeoutMs ?? readyTimeoutMs(effectiveHealthcheck(workload, image)),
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

/** The Engine calls a container unhealthy at the latest after this time, so waiting longer is pointless. */
function readyTimeoutMs(check: Healthcheck | undefined): number {
  if (check?.kind === "none") return slackMs;
  const interval = check?.intervalMs ?? defaultIntervalMs;
  const timeout = check?.timeoutMs ?? defaultTimeoutMs;
  return (check?.startPeriodMs ?? 0) + (check?.retries ?? defaultRetries) * (interval + timeout) + slackMs;
}

export function stopTimeoutSeconds(stopTimeout: number | undefined): number {
  return stopTimeout ?? defaultStopTimeoutSeconds;
}

/**
 * Upper bound of the time without service when the old container stops first: its grace period, the start of the new
 * one and, with a health check, the time it may take to become healthy.
 */
export function downtimeBoundMs(
  oldStopTimeout: number | undefined,
  workload: WorkloadSpec,
  image: ActualImage | undefined,
  policy: RolloutPolicy,
): number {
  const check = effectiveHealthcheck(workload, image);
  const ready =
    check === undefined || check.kind === "none" ? 0 : gateCriteria(workload, image, policy).timeoutMs;
  return stopTimeoutSeconds(oldStopTimeout) * 1000 + startAllowanceMs + ready;
}
