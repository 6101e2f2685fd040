/**
 * How fast events lead to runs. The first ones do at once; a container that keeps changing is looked at less and less
 * often, and holds up nobody else. Times are milliseconds of a monotonic clock.
 */
export interface Pace {
  /** Of each source of events, when it led to a run lately, oldest first. */
  readonly recent: ReadonlyMap<string, readonly number[]>;
}

export const freshPace: Pace = { recent: new Map() };

/** Time for the events that belong together to arrive. */
const gatherMs = 50;
/** So many runs within the window are nothing unusual: somebody tidies up, a rollout goes on. */
const freeRuns = 4;
const windowMs = 10 * 60_000;
const firstWaitMs = 1_000;
const longestWaitMs = 60_000;
/** Sources beyond this many share the oldest one's place. */
const mostSources = 2_000;

/** When a run for this event is due, from now, and the pace after it. */
export function paceEvent(
  pace: Pace,
  source: string,
  nowMs: number,
): { readonly pace: Pace; readonly delayMs: number } {
  const times = (pace.recent.get(source) ?? []).filter((time) => nowMs - time < windowMs);
  const over = times.length - freeRuns;
  const delayMs = over < 0 ? gatherMs : Math.min(longestWaitMs, firstWaitMs * 2 ** over);
  const last = times.at(-1);
  // Events of the same moment count once, and so does a wait that goes on already.
  if (last !== undefined && last > nowMs - gatherMs)
    return { pace, delayMs: Math.max(gatherMs, last - nowMs) };
  const recent = new Map(pace.recent);
  recent.delete(source);
  recent.set(source, [...times, nowMs + delayMs].slice(-32));
  const oldest = recent.size > mostSources ? recent.keys().next().value : undefined;
  if (oldest !== undefined) recent.delete(oldest);
  return { pace: { recent }, delayMs };
}

/** How long to wait after this many failures in a row that may pass by themselves. */
export function retryDelayMs(failures: number, random: number): number {
  const full = Math.min(5 * 60_000, 2_000 * 2 ** Math.max(0, failures - 1));
  // Half of it is left to chance, so that several daemons do not come back in step.
  return Math.round(full / 2 + (full / 2) * random);
}
