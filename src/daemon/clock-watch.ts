import type { Clock } from "../ports.ts";

/** How often the wall clock is compared with the time that has really passed. */
const everyMs = 10_000;
/** Corrections by less than this are everyday business of time servers. */
const toleranceMs = 2_000;

/** Calls back when the wall clock was set: what is due was counted with the old one. */
export async function watchClock(
  clock: Clock,
  wasSet: (byMs: number) => void,
  signal: AbortSignal,
): Promise<void> {
  let offset = offsetOf(clock);
  while (!signal.aborted) {
    await clock.sleep(everyMs, signal).catch(() => undefined);
    const now = offsetOf(clock);
    if (!signal.aborted && Math.abs(now - offset) > toleranceMs) wasSet(Math.round(now - offset));
    offset = now;
  }
}

function offsetOf(clock: Clock): number {
  return clock.now().getTime() - clock.monotonicMs();
}
