import { stableJson } from "../lib/stable-json.ts";
import type { ActualContainer } from "../model/actual-state.ts";
import type { DesiredState } from "../model/desired-state.ts";
import { contentHash } from "../model/fingerprint.ts";
import type { Ledger, TimerRecord } from "../model/ledger.ts";
import type { TimerSpec } from "../model/timer.ts";
import type { WorkloadSpec } from "../model/workload.ts";
import type { TimerFacts } from "./due.ts";

/** What a run is judged by: a container that was made for it, or the tasks of a service. */
export type RunEvidence = Pick<ActualContainer, "id" | "record" | "state" | "createdAt">;

/** What is known of the last run of a job with a timer, from its containers and from the ledger. */
export interface TimerState {
  /** What the ledger is to say now. */
  readonly record: TimerRecord;
  /** The container of the last run, if it is still there. */
  readonly ran?: RunEvidence;
  readonly isRunning: boolean;
  /** The time for which a container was made that was never started. */
  readonly pending?: string;
}

export interface TimedJob {
  /** Key of the instance. */
  readonly key: string;
  readonly workload: WorkloadSpec;
  readonly timer: TimerSpec;
  /** All that were made for the instance. */
  readonly containers: readonly RunEvidence[];
}

/** Nobody's clock is wrong by so little that it matters, and a daily job is not to run twice after a small correction. */
const dayMs = 24 * 60 * 60_000;
const minuteMs = 60_000;

/**
 * What the containers and the ledger together tell. A container wins over the ledger, and stands in for one that was
 * lost. What lies in the future was written by a clock that has been set back since: it is not believed, and the timer
 * begins anew at this moment, instead of standing still until then.
 *
 * @param now the Engine's time, ISO 8601
 */
export function timerState(job: TimedJob, ledger: Ledger, now: string): TimerState {
  const nowMs = Date.parse(now);
  const horizonMs = nowMs + (job.timer.calendars.length > 0 ? dayMs : minuteMs);
  const known = ledger.timers.find((record) => record.job === job.key);
  const ours = job.containers.filter(({ record }) => record.kind === "job");
  const ran = lastRun(ours, horizonMs);
  const isRunning = ran !== undefined && isAtWork(ran);
  const pending = ours
    .filter(({ state, record }) => state.status === "created" && record.due !== undefined)
    .flatMap(({ record }) => record.due ?? [])
    .toSorted()[0];
  const record = recordOf({ job, known, ours, ran, horizonMs, now });
  return {
    record,
    isRunning,
    ...(ran === undefined ? {} : { ran }),
    ...(pending === undefined ? {} : { pending }),
  };
}

/** Names a job among those of all environments. */
export function timerId({ environment }: DesiredState, key: string): string {
  return `${environment.project}/${environment.name}/${key}`;
}

/** Facts for the question whether the job is due. */
export function timerFacts(
  { record, ran, isRunning, pending }: TimerState,
  id: string,
  watch: { readonly watchedSince?: string; readonly bootedAt?: string } = {},
): TimerFacts {
  const { since, startedAt, served } = record;
  // A container that somebody removed while nobody looked has ended, nobody knows when.
  const isThere = ran !== undefined && ran.id === record.container;
  const endedAt = isThere ? isoOf(endMs(ran)) : (record.endedAt ?? startedAt);
  return {
    id,
    since,
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(isRunning || endedAt === undefined ? {} : { endedAt }),
    ...(served === undefined ? {} : { served }),
    ...(pending === undefined ? {} : { pending }),
    ...watch,
  };
}

/** The last run has ended and the history does not tell of it. */
export function isUnrecorded({ record, ran, isRunning }: TimerState): boolean {
  if (ran === undefined || isRunning || ran.record.timer === undefined) return false;
  return (
    record.container === ran.id && record.startedAt !== undefined && record.endedAt !== isoOf(endMs(ran))
  );
}

/** Milliseconds. */
export function endMs({ state }: Pick<ActualContainer, "state">): number {
  return Date.parse(state.finishedAt);
}

/** The clock may have been set back while it ran. */
export function startMs(container: Pick<ActualContainer, "state">): number {
  const startedMs = Date.parse(container.state.startedAt);
  return isAtWork(container) ? startedMs : Math.min(startedMs, endMs(container));
}

function isAtWork({ state }: Pick<ActualContainer, "state">): boolean {
  return state.status === "running" || state.status === "restarting" || state.status === "paused";
}

/** The Engine tells the year 1 of what has not happened. */
function hasRun({ state }: RunEvidence): boolean {
  return Date.parse(state.startedAt) > 0 && state.status !== "created";
}

function lastRun(ours: readonly RunEvidence[], horizonMs: number): RunEvidence | undefined {
  const believed = ours.filter(
    (container) => hasRun(container) && (isAtWork(container) || endMs(container) <= horizonMs),
  );
  return believed.toSorted((a, b) => Number(isAtWork(b)) - Number(isAtWork(a)) || startMs(b) - startMs(a))[0];
}

interface Evidence {
  readonly job: TimedJob;
  readonly known: TimerRecord | undefined;
  readonly ours: readonly RunEvidence[];
  readonly ran: RunEvidence | undefined;
  readonly horizonMs: number;
  readonly now: string;
}

function recordOf({ job, known, ours, ran, horizonMs, now }: Evidence): TimerRecord {
  const times = timesHash(job.timer);
  const base = { job: job.key, times };
  const isBelieved = (time: string | undefined) => time === undefined || Date.parse(time) <= horizonMs;
  const future = ours.find(
    (container) =>
      hasRun(container) && !isAtWork(container) && container !== ran && endMs(container) > horizonMs,
  );
  const isNoted = future === undefined || (known?.container === future.id && known.startedAt === undefined);
  const isFromFuture =
    !isNoted || !isBelieved(known?.since) || !isBelieved(known?.startedAt) || !isBelieved(known?.endedAt);
  const served = known?.served === undefined || !isBelieved(known.served) ? {} : { served: known.served };
  if (isFromFuture && (ran === undefined || !isAtWork(ran))) {
    const id = future?.id ?? known?.container;
    return { ...base, since: now, ...served, ...(id === undefined ? {} : { container: id }) };
  }
  const since = known === undefined ? firstArmed(ours, now) : known.times === times ? known.since : now;
  return { ...base, since, ...served, ...runOf(known, ran) };
}

/** The last run: the container's, or the ledger's where it knows a later one. */
function runOf(
  known: TimerRecord | undefined,
  ran: RunEvidence | undefined,
): Pick<TimerRecord, "container" | "startedAt" | "endedAt" | "exitCode" | "served"> {
  const { container, startedAt, endedAt, exitCode } = known ?? {};
  const remembered = {
    ...(container === undefined ? {} : { container }),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(endedAt === undefined ? {} : { endedAt }),
    ...(exitCode === undefined ? {} : { exitCode }),
  };
  if (ran === undefined) return remembered;
  const isKnown = container === ran.id && startedAt !== undefined;
  const started = isoOf(startMs(ran));
  // The Engine tells the start of the last attempt of a run that it repeats.
  if (isKnown && (endedAt === undefined || Date.parse(started) <= Date.parse(endedAt))) return remembered;
  const isOlder = startedAt !== undefined && container !== ran.id && started < startedAt && !isAtWork(ran);
  if (isOlder) return remembered;
  const { due } = ran.record;
  return { container: ran.id, startedAt: started, ...(due === undefined ? {} : { served: due }) };
}

/** When the ledger was lost, the containers tell since when the job is armed; one made for a time has still to serve it. */
function firstArmed(ours: readonly RunEvidence[], now: string): string {
  const armed = ours
    .filter(({ record }) => record.timer !== undefined)
    .map(({ createdAt, record, state }) => {
      const createdMs = Date.parse(createdAt);
      const isPending = state.status === "created" && record.due !== undefined;
      return isPending ? Math.min(createdMs, Date.parse(record.due ?? createdAt) - 1) : createdMs;
    });
  return armed.length === 0 ? now : isoOf(Math.min(...armed, Date.parse(now)));
}

/** What does not say when the job runs has no part in it. */
function timesHash(timer: TimerSpec): string {
  const { calendars, onBootMs, onActiveMs, onUnitActiveMs, onUnitInactiveMs } = timer;
  const times = { calendars, onBootMs, onActiveMs, onUnitActiveMs, onUnitInactiveMs };
  return contentHash([stableJson(times)]).slice(0, 16);
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}
