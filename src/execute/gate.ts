import { formatDuration } from "../lib/duration.ts";
import type { ContainerState } from "../model/actual-state.ts";
import { ReconcilerError } from "../model/errors.ts";
import type { Progress } from "../model/run-event.ts";
import type { GateCriteria } from "../model/step.ts";
import type { Backend, Clock } from "../ports.ts";

/** What the gate has seen so far. Times are monotonic milliseconds. */
export interface GateHistory {
  readonly begunAt: number;
  /** Since when the container has been good without a break. */
  readonly goodSince?: number;
  readonly startedAt?: string;
  readonly restartCount?: number;
}

export type GateVerdict =
  | { readonly kind: "passed"; readonly goodSince: number }
  | { readonly kind: "failed"; readonly reason: string }
  | {
      readonly kind: "pending";
      readonly history: GateHistory;
      readonly nextLookMs: number;
      readonly progress: Progress;
    };

/** The Engine's events wake the gate; this is how long it trusts them. */
const longestPauseMs = 2_000;

/**
 * Judges one look at a container. `State.Running` alone says nothing: it is true while a container crash-loops, so the
 * start time and the restart count must not move, and a health check must say healthy (and stay so).
 */
export function judgeGate(
  state: ContainerState | undefined,
  history: GateHistory,
  criteria: GateCriteria,
  nowMs: number,
): GateVerdict {
  const broken = brokenReason(state, history, criteria);
  if (broken !== undefined || state === undefined) return { kind: "failed", reason: broken ?? "was removed" };
  const seen = { begunAt: history.begunAt, startedAt: state.startedAt, restartCount: state.restartCount };
  const isGood = state.status === "running" && (state.health === undefined || state.health === "healthy");
  if (isGood) {
    const goodSince = history.goodSince ?? nowMs;
    const missing = goodSince + criteria.stabilityMs - nowMs;
    if (missing <= 0) return { kind: "passed", goodSince };
    const text = `${state.health ?? "running"}, stable for ${formatDuration(nowMs - goodSince)} of ${formatDuration(criteria.stabilityMs)}`;
    return {
      kind: "pending",
      history: { ...seen, goodSince },
      nextLookMs: Math.min(missing, longestPauseMs),
      progress: { text },
    };
  }
  const left = history.begunAt + criteria.timeoutMs - nowMs;
  if (left <= 0)
    return {
      kind: "failed",
      reason: `never became healthy within ${formatDuration(criteria.timeoutMs)} (${state.health ?? state.status})`,
    };
  const text = state.health === "starting" ? "waiting for health" : state.status;
  return { kind: "pending", history: seen, nextLookMs: Math.min(left, longestPauseMs), progress: { text } };
}

function brokenReason(
  state: ContainerState | undefined,
  history: GateHistory,
  criteria: GateCriteria,
): string | undefined {
  if (state === undefined) return "was removed";
  if (state.status === "exited" || state.status === "dead" || state.status === "removing") {
    return `exited with code ${state.exitCode}${state.oomKilled ? " (out of memory)" : ""}`;
  }
  if (state.status === "created") return `was not started${state.error === "" ? "" : `: ${state.error}`}`;
  if (state.status === "restarting") return `keeps restarting, last exit code ${state.exitCode}`;
  if (
    state.restartCount > (history.restartCount ?? state.restartCount) ||
    (history.startedAt !== undefined && state.startedAt !== history.startedAt)
  ) {
    // While it runs again the Engine no longer tells the exit code.
    return "restarted while it was watched";
  }
  const isOldNews = criteria.staleHealth === true && history.goodSince === undefined;
  if (state.health === "unhealthy" && !isOldNews) {
    return history.goodSince === undefined ? "never became healthy" : "was healthy, then became unhealthy";
  }
  return undefined;
}

export interface GateDeps {
  readonly backend: Pick<Backend, "inspectState" | "waitForChange">;
  readonly clock: Clock;
  readonly progress: (progress: Progress) => void;
}

/** A container at its gate. */
export interface GateWatch {
  readonly containerId: string;
  readonly criteria: GateCriteria;
  /** It was just created, so that every restart counts. */
  readonly isNew: boolean;
}

/**
 * Waits until the container has passed its gate.
 *
 * @returns since when it has been good (monotonic milliseconds)
 * @throws ReconcilerError `gate-failed`
 */
export async function passGate(
  { containerId, criteria, isNew }: GateWatch,
  deps: GateDeps,
  signal: AbortSignal,
): Promise<number> {
  let history: GateHistory = { begunAt: deps.clock.monotonicMs(), ...(isNew ? { restartCount: 0 } : {}) };
  for (;;) {
    signal.throwIfAborted();
    const state = await deps.backend.inspectState(containerId, signal);
    const verdict = judgeGate(state, history, criteria, deps.clock.monotonicMs());
    if (verdict.kind === "passed") return verdict.goodSince;
    if (verdict.kind === "failed") throw new ReconcilerError("gate-failed", verdict.reason);
    history = verdict.history;
    deps.progress(verdict.progress);
    await deps.backend.waitForChange(containerId, verdict.nextLookMs, signal);
  }
}

/**
 * Waits until a job's container has exited with 0.
 *
 * @throws ReconcilerError `job-failed`
 */
export async function awaitJob(
  { containerId, timeoutMs }: { readonly containerId: string; readonly timeoutMs: number },
  deps: GateDeps,
  signal: AbortSignal,
): Promise<void> {
  const begunAt = deps.clock.monotonicMs();
  for (;;) {
    signal.throwIfAborted();
    const state = await deps.backend.inspectState(containerId, signal);
    if (state === undefined) throw new ReconcilerError("job-failed", "the job's container was removed");
    if (state.status === "exited" && state.exitCode === 0) return;
    if (state.status === "exited" || state.status === "dead") {
      const memory = state.oomKilled ? " (out of memory)" : "";
      throw new ReconcilerError("job-failed", `the job exited with code ${state.exitCode}${memory}`);
    }
    const elapsed = deps.clock.monotonicMs() - begunAt;
    const left = timeoutMs - elapsed;
    if (left <= 0)
      throw new ReconcilerError("job-failed", `the job did not finish within ${formatDuration(timeoutMs)}`);
    deps.progress({ text: `running for ${formatDuration(elapsed)}` });
    await deps.backend.waitForChange(containerId, Math.min(left, longestPauseMs), signal);
  }
}
