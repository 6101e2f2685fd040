/**
 * How fast events lead to runs. The first ones do at once; a container that keeps changing is looked at less and less
 * often, and holds up nobody else. Times are milliseconds of a monotonic clock.
 */
export interface Pace {
  /** Of each source of events, when it led to a run lately, oldest first. */
  readonly runs: ReadonlyMap<string, readonly number[]>;
}

export const freshPace: Pace = { runs: new Map() };

/** Time for the events that belong together to arrive. */
export const gatherMs = 50;
/** So many runs within the window are nothing unusual: somebody tidies up, a rollout goes on. */
const freeRuns = 4;
const windowMs = 10 * 60_000;
const firstWaitMs = 2_000;
const longestWaitMs = 60_000;
/** Times beyond this many change nothing any more. */
const mostTimes = 12;
/** More sources than a system has workloads; the one that has been quiet longest is forgotten. */
export const mostSources = 2_000;

/** How long from now a run for an event of this source is put off. */
export function eventDelayMs(pace: Pace, source: string, nowMs: number): number {
  const over = timesOf(pace, source, nowMs).length - freeRuns;
  return over < 0 ? gatherMs : Math.min(longestWaitMs, firstWaitMs * 2 ** over);
}

/** So many runs for hooks of an endpoint within a minute are what people and pipelines do. */
const freeHookRuns = 4;
const hookWindowMs = 60_000;
const hookPauseMs = 1_000;

/** How long from now a run for a hook is put off: after many for the same source there is a pause between them. */
export function hookDelayMs(pace: Pace, source: string, nowMs: number): number {
  const lately = timesOf(pace, source, nowMs).filter((time) => nowMs - time < hookWindowMs);
  const last = lately.at(-1) ?? nowMs;
  return lately.length < freeHookRuns ? 0 : Math.max(0, last + hookPauseMs - nowMs);
}

/** The pace after a run that these sources caused. */
export function noteRun(pace: Pace, sources: readonly string[], nowMs: number): Pace {
  const runs = new Map(pace.runs);
  for (const source of sources) {
    const times = [...timesOf(pace, source, nowMs), nowMs].slice(-mostTimes);
    runs.delete(source);
    runs.set(source, times);
  }
  for (const quiet of [...runs.keys()].slice(0, Math.max(0, runs.size - mostSources))) runs.delete(quiet);
  return { runs };
}

function timesOf({ runs }: Pace, source: string, nowMs: number): readonly number[] {
  return (runs.get(source) ?? []).filter((time) => nowMs - time < windowMs);
}

const firstRetryMs = 2_000;
const longestRetryMs = 5 * 60_000;

/**
 * How long to wait after this many failures in a row that may pass by themselves.
 *
 * @param random from 0 to 1: half of the wait is left to chance, so that several daemons do not come back in step
 */
export function retryDelayMs(failures: number, random: number): number {
  const full = Math.min(longestRetryMs, firstRetryMs * 2 ** Math.max(0, failures - 1));
  return Math.round(full / 2 + (full / 2) * random);
}
