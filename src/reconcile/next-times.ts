import type { ActualState } from "../model/actual-state.ts";
import type { DesiredState } from "../model/desired-state.ts";
import type { Ledger } from "../model/ledger.ts";
import { dueOf } from "../plan/due.ts";
import { timerFacts, timerId, timerState } from "../plan/timer-state.ts";
import type { Watch } from "../plan/world.ts";
import { timedJobs } from "./timed-jobs.ts";

/** When each job with a timer is to be looked at next, by its key; what is due already is in the past. ISO 8601. */
export function nextTimes(
  desired: DesiredState,
  actual: ActualState,
  ledger: Ledger,
  watch: Watch,
): ReadonlyMap<string, string> {
  const now = actual.engine.systemTime;
  return new Map(
    timedJobs(desired, actual).flatMap((job) => {
      const state = timerState(job, ledger, now);
      // The end of a run that is under way is told by an event, or found by a look.
      if (state.isRunning) return [];
      const { due, next } = dueOf(job.timer, timerFacts(state, timerId(desired, job.key), watch), now);
      const at = due ?? next;
      return at === undefined ? [] : [[job.key, at] as const];
    }),
  );
}

const shortestLookMs = 2_000;
const longestLookMs = 60_000;
/** The end of a run is known after this share of its time at the latest. */
const lookShare = 0.1;

/**
 * In how many milliseconds to look whether runs that are under way have ended, by job: no manager of a cluster tells of
 * the end of a task.
 */
export function looksAtRuns(
  desired: DesiredState,
  actual: ActualState,
  ledger: Ledger,
): ReadonlyMap<string, number> {
  if (actual.swarm === undefined) return new Map();
  const now = actual.engine.systemTime;
  return new Map(
    timedJobs(desired, actual).flatMap((job) => {
      const { isRunning, ran, record } = timerState(job, ledger, now);
      if (!isRunning) return [];
      const sinceMs = Date.parse(record.startedAt ?? ran?.createdAt ?? now);
      const lookMs = (Date.parse(now) - sinceMs) * lookShare;
      return [[job.key, Math.min(longestLookMs, Math.max(shortestLookMs, lookMs))] as const];
    }),
  );
}
