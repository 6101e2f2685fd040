import { formatDuration } from "../lib/duration.ts";
import type { ActualService, ServiceLook } from "../model/actual-swarm.ts";
import { ReconcilerError } from "../model/errors.ts";
import type { Progress } from "../model/run-event.ts";
import type { ServiceGate } from "../model/step.ts";
import type { Backend, Clock } from "../ports.ts";
import { sameSpec } from "../swarm/canonical-spec.ts";
import {
  failuresOf,
  isJob,
  isRolledBack,
  judgeTasks,
  newestTrouble,
  type TaskVerdict,
  textOf,
} from "../swarm/convergence.ts";
import { watchedMs } from "../swarm/update-watch.ts";

/** What the gate of a service has seen so far. Times are monotonic milliseconds. */
export interface ServiceGateHistory {
  readonly begunAt: number;
  /** Since when its tasks have been good without a break, and which they are. */
  readonly good?: { readonly since: number; readonly tasks: string };
  /** Tasks of this spec that had failed before. */
  readonly oldFailures?: ReadonlySet<string>;
}

export type ServiceGateVerdict =
  | { readonly kind: "passed"; readonly goodSince: number }
  | {
      readonly kind: "failed";
      readonly code: "gate-failed" | "job-failed" | "precondition-failed";
      readonly reason: string;
    }
  | { readonly kind: "pending"; readonly history: ServiceGateHistory; readonly progress: Progress };

/** So many failed tasks of one spec are no accident of a node: Swarm would go on for ever. */
const mostFailures = 3;

/**
 * Judges one look at a service. What the tasks on living nodes show counts: an update without an error is no proof, a
 * rollback that Swarm has completed is a failure, and so is an update that it has paused. The same tasks must stay good.
 */
export function judgeServiceGate(
  { service, nodes }: ServiceLook,
  history: ServiceGateHistory,
  gate: ServiceGate,
  nowMs: number,
): ServiceGateVerdict {
  if (service === undefined) return failed("precondition-failed", "was removed");
  const stopped = stoppedReason(service, gate);
  if (stopped !== undefined) return stopped;
  const failures = failuresOf(service);
  const oldFailures = history.oldFailures ?? new Set(failures.map(({ id }) => id));
  const seen = { begunAt: history.begunAt, oldFailures };
  const verdict = judgeTasks(service, nodes);
  const code = isJob(gate.spec) ? "job-failed" : "gate-failed";
  if (verdict.kind === "failed") return failed(code, withError(verdict.reason, verdict.error));
  const state = service.update?.state;
  const isMoving = state === "updating" || state === "rollback_started";
  const good = state === "rollback_started" ? undefined : goodSince(verdict, history, nowMs);
  const stableMs = good === undefined ? 0 : nowMs - good.since;
  const neededMs = isMoving ? Math.max(gate.stabilityMs, watchedMs(gate.spec)) : gate.stabilityMs;
  if (good !== undefined && (isJob(gate.spec) || stableMs >= neededMs))
    return { kind: "passed", goodSince: good.since };
  const why = verdict.kind === "good" ? "Swarm still watches the update" : verdict.reason;
  const error = verdict.kind === "good" ? undefined : verdict.error;
  const mine = failures.filter(({ id }) => !oldFailures.has(id));
  if (!isMoving && !isJob(gate.spec) && mine.length >= mostFailures)
    return failed(code, withError(`failed in ${mine.length} tasks one after the other`, error));
  // What has become good just before the deadline is held beyond it.
  if (nowMs - history.begunAt >= gate.timeoutMs + (good === undefined ? 0 : neededMs))
    return failed(
      code,
      withError(`never became good within ${formatDuration(gate.timeoutMs)} (${why})`, error),
    );
  const stable = `running, stable for ${formatDuration(stableMs)} of ${formatDuration(gate.stabilityMs)}`;
  const text = good === undefined || isMoving ? withError(why, error) : stable;
  return {
    kind: "pending",
    history: { ...seen, ...(good === undefined ? {} : { good }) },
    progress: { text },
  };
}

/** Since when these very tasks have been good without a break. */
function goodSince(
  verdict: TaskVerdict,
  { good }: ServiceGateHistory,
  nowMs: number,
): ServiceGateHistory["good"] {
  if (verdict.kind !== "good") return undefined;
  const tasks = verdict.tasks.join(" ");
  return good?.tasks === tasks ? good : { since: nowMs, tasks };
}

/** Swarm has given the update up, or somebody else has another one. */
function stoppedReason(service: ActualService, gate: ServiceGate): ServiceGateVerdict | undefined {
  const state = service.update?.state;
  if (sameSpec(service.spec, gate.spec)) {
    if (state !== "paused" && state !== "rollback_paused") return undefined;
    return failed(
      "gate-failed",
      withError("did not become good, and Swarm paused its update", errorOf(service, gate)),
    );
  }
  if (state === "rollback_started") return undefined;
  if (isRolledBack(service))
    return failed("gate-failed", withError("was rolled back by Swarm", errorOf(service, gate)));
  if (state === "rollback_paused")
    return failed(
      "gate-failed",
      withError("failed, and Swarm gave up rolling it back", errorOf(service, gate)),
    );
  return failed("precondition-failed", "somebody else changed the service meanwhile; it was left as it is");
}

/** The words of the newest task of the spec that was tried. */
function errorOf(service: ActualService, { spec }: ServiceGate): string | undefined {
  const newest = newestTrouble(service, spec);
  return newest === undefined ? service.update?.message : textOf(newest);
}

function failed(
  code: Extract<ServiceGateVerdict, { kind: "failed" }>["code"],
  reason: string,
): ServiceGateVerdict {
  return { kind: "failed", code, reason };
}

function withError(reason: string, error: string | undefined): string {
  return error === undefined || error === "" ? reason : `${reason}: ${error}`;
}

export interface ServiceGateDeps {
  readonly backend: Pick<Backend, "lookAtService">;
  readonly clock: Clock;
  readonly progress: (progress: Progress) => void;
}

/**
 * Waits until the tasks of a service are as they should be and stay so; of a job, until it is done.
 *
 * @returns since when they have been good (monotonic milliseconds)
 * @throws ReconcilerError `gate-failed`, `job-failed`, or `precondition-failed` when somebody else intervened
 */
export async function passServiceGate(
  serviceId: string,
  gate: ServiceGate,
  { backend, clock, progress }: ServiceGateDeps,
  signal: AbortSignal,
): Promise<number> {
  let history: ServiceGateHistory = { begunAt: clock.monotonicMs() };
  for (;;) {
    signal.throwIfAborted();
    const look = await backend.lookAtService(serviceId, signal);
    const verdict = judgeServiceGate(look, history, gate, clock.monotonicMs());
    if (verdict.kind === "passed") return verdict.goodSince;
    if (verdict.kind === "failed") throw new ReconcilerError(verdict.code, verdict.reason);
    history = verdict.history;
    progress(verdict.progress);
  }
}
