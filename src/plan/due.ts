import { nextElapse, parseCalendar } from "../calendar/calendar.ts";
import { contentHash } from "../model/fingerprint.ts";
import type { TimerSpec } from "../model/timer.ts";

/** What is known about a timer and the runs of its job; times are ISO 8601, of the Engine's clock. */
export interface TimerFacts {
  /** Names the job among all of all environments; random delays follow from it. */
  readonly id: string;
  /** Since when the job is deployed with these times. */
  readonly since: string;
  /** Start of the last run. */
  readonly startedAt?: string;
  /** End of the last run; absent while it runs. */
  readonly endedAt?: string;
  /** The last time that a run was started for. */
  readonly served?: string;
  /** A run for this time was decided and prepared, and not started. */
  readonly pending?: string;
  readonly bootedAt?: string;
  /** Since when somebody watches the clock; absent in a single run, for which everything since the last run counts. */
  readonly watchedSince?: string;
}

export interface Due {
  /** The time that is to be served now, the first of those that were missed. */
  readonly due?: string;
  /** When the job falls due next, random delay included; in the past: as soon as it has ended. */
  readonly next?: string;
}

/**
 * Whether a job is to be run at this moment, and when next (systemd.timer(5)). One run serves every time that passed
 * before it; the same facts give the same answer, whoever asks.
 */
export function dueOf(timer: TimerSpec, facts: TimerFacts, now: string): Due {
  const nowMs = Date.parse(now);
  const times = timesOf(facts);
  const isRunning = times.startedMs !== undefined && times.endedMs === undefined;
  const pending = isRunning ? undefined : pendingOf(facts, times);
  const elapse = pending ?? earliest(elapsesOf(timer, times, nowMs), timer, facts.id);
  if (elapse === undefined) return {};
  const runsAtMs = elapse === pending ? nowMs : elapse + delayOf(timer, facts.id, elapse);
  if (isRunning || runsAtMs > nowMs) return { next: isoOf(runsAtMs) };
  const after = { ...times, startedMs: nowMs, endedMs: nowMs };
  const following = earliest(elapsesOf(timer, after, nowMs), timer, facts.id);
  const next =
    following === undefined ? {} : { next: isoOf(following + delayOf(timer, facts.id, following)) };
  return { due: isoOf(elapse), ...next };
}

interface Times {
  readonly sinceMs: number;
  readonly startedMs: number | undefined;
  readonly endedMs: number | undefined;
  readonly servedMs: number | undefined;
  readonly bootedMs: number | undefined;
  readonly watchedMs: number | undefined;
}

function timesOf({ since, startedAt, endedAt, served, bootedAt, watchedSince }: TimerFacts): Times {
  return {
    sinceMs: Date.parse(since),
    startedMs: msOf(startedAt),
    endedMs: startedAt === undefined ? undefined : msOf(endedAt),
    servedMs: msOf(served),
    bootedMs: msOf(bootedAt),
    watchedMs: msOf(watchedSince),
  };
}

/** What was decided before the times of the timer changed, or before the last run, is no longer of interest. */
function pendingOf({ pending }: TimerFacts, { sinceMs, startedMs, servedMs }: Times): number | undefined {
  const pendingMs = msOf(pending);
  if (pendingMs === undefined || pendingMs < sinceMs) return undefined;
  return pendingMs > Math.max(startedMs ?? -Infinity, servedMs ?? -Infinity) ? pendingMs : undefined;
}

/** The next time of each setting that no run has served yet, past ones included; in milliseconds, without delay. */
function elapsesOf(timer: TimerSpec, times: Times, nowMs: number): readonly number[] {
  const { sinceMs, startedMs, endedMs, bootedMs } = times;
  const baseMs = baselineOf(timer, times, nowMs);
  const isUnserved = (elapse: number) => startedMs === undefined || elapse > baseMs;
  const afterStart =
    startedMs === undefined
      ? []
      : timer.onUnitActiveMs.map((intervalMs) => nextOfGrid(startedMs, intervalMs, baseMs));
  const afterEnd =
    endedMs === undefined ? [] : timer.onUnitInactiveMs.map((spanMs) => Math.max(endedMs, sinceMs) + spanMs);
  // A machine that nobody knows the start of started before the job was deployed on it.
  const once = [
    ...timer.onActiveMs.map((spanMs) => sinceMs + spanMs),
    ...timer.onBootMs.map((spanMs) => (bootedMs ?? sinceMs) + spanMs),
  ];
  return [...calendarElapses(timer, times, baseMs), ...afterStart, ...afterEnd, ...once.filter(isUnserved)];
}

/**
 * Until when every time is done with. `skip`: what passed while the job ran is dropped; `wait`: it is one more run. The
 * clock may have been set back meanwhile, so that the end can lie before the start.
 */
function baselineOf({ overlap }: TimerSpec, { sinceMs, startedMs, endedMs }: Times, nowMs: number): number {
  if (startedMs === undefined) return sinceMs;
  const end = overlap === "wait" ? startedMs : (endedMs ?? nowMs);
  return Math.max(sinceMs, startedMs, end);
}

/** Unless the timer is persistent, only what fell due since somebody watches counts; what is hardly late still does. */
function calendarElapses(timer: TimerSpec, { servedMs, watchedMs }: Times, baseMs: number): number[] {
  const { persistent, accuracyMs } = timer;
  const watchedFrom = persistent || watchedMs === undefined ? baseMs : watchedMs - accuracyMs - 1;
  const afterMs = Math.max(baseMs, watchedFrom, servedMs ?? baseMs);
  // Containers and ledgers tell milliseconds; cut off, a time would come before itself.
  return calendarsOf(timer).flatMap((calendar) => {
    const elapse = nextElapse(calendar, afterMs);
    return elapse === undefined ? [] : [Math.ceil(elapse)];
  });
}

/** `OnUnitActiveSec=` counts from the start, so that a long run does not move the later ones. */
function nextOfGrid(startMs: number, intervalMs: number, afterMs: number): number {
  const stepMs = Math.max(1, intervalMs);
  const steps = Math.max(1, Math.floor((afterMs - startMs) / stepMs) + 1);
  return startMs + steps * stepMs;
}

function earliest(elapses: readonly number[], timer: TimerSpec, id: string): number | undefined {
  const runsAt = (elapse: number) => elapse + delayOf(timer, id, elapse);
  return elapses.toSorted((a, b) => runsAt(a) - runsAt(b) || a - b)[0];
}

/** How many of the digits of a hash make a number that is exact. */
const hashDigits = 12;

/**
 * `RandomizedDelaySec=`: spread evenly over [0, delay], and the same whoever computes it and however often, so that a
 * crash neither repeats nor loses a run.
 */
function delayOf({ randomizedDelayMs, fixedRandomDelay }: TimerSpec, id: string, elapseMs: number): number {
  if (randomizedDelayMs <= 0) return 0;
  const hash = contentHash(fixedRandomDelay ? [id] : [id, "\0", isoOf(elapseMs)]);
  const share = Number.parseInt(hash.slice(0, hashDigits), 16) / 16 ** hashDigits;
  return Math.floor(share * (randomizedDelayMs + 1));
}

type Calendar = NonNullable<ReturnType<typeof parseCalendar>["value"]>;
const parsed = new WeakMap<TimerSpec, readonly Calendar[]>();

/** The compiler has refused what cannot be read. */
function calendarsOf(timer: TimerSpec): readonly Calendar[] {
  const known = parsed.get(timer);
  if (known !== undefined) return known;
  const calendars = timer.calendars.flatMap((text) => parseCalendar(text).value ?? []);
  parsed.set(timer, calendars);
  return calendars;
}

function msOf(iso: string | undefined): number | undefined {
  return iso === undefined ? undefined : Date.parse(iso);
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}
