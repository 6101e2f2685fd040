/** Looks at a job with a timer, one after the other, and what must be true of the runs that they have started. */
import fc from "fast-check";
import { expect } from "vitest";
import type { TimerSpec } from "../../src/model/timer.ts";
import type { Fault } from "./simulated-engine.ts";

export const minuteMs = 60_000;

export interface Look {
  readonly gapMinutes: number;
  /** Build of the job from here on. */
  readonly build: number;
  readonly fault: Fault | undefined;
  readonly at: number;
  /** What runs remember is gone. */
  readonly isLedgerLost: boolean;
  readonly isRecording: boolean;
}

export const look = (mayLose: boolean): fc.Arbitrary<Look> =>
  fc.record({
    gapMinutes: fc.integer({ min: 1, max: 200 }),
    build: fc.constantFrom(1, 1, 1, 2),
    fault: fc.option(fc.constantFrom<Fault>("before", "after", "doubled", "killed-before", "killed-after"), {
      nil: undefined,
    }),
    at: fc.nat({ max: 5 }),
    isLedgerLost: mayLose ? fc.nat({ max: 3 }).map((value) => value === 0) : fc.constant(false),
    isRecording: fc.boolean(),
  });

export const times: fc.Arbitrary<Partial<TimerSpec>> = fc.record({
  calendars: fc.constantFrom(["*:0/30"], ["hourly"], ["00/3:10:00"]),
  overlap: fc.constantFrom("skip" as const, "wait" as const),
});

export const runMinutes = fc.constantFrom(0, 0, 5, 45, 190);

export interface Start {
  readonly id: string;
  readonly startMs: number;
  readonly endMs: number;
}

/** Times of the calendars of these tests, in virtual milliseconds after the first, which is at 10:00 UTC. */
export function elapsesOf({ calendars }: Partial<TimerSpec>, untilMs: number): readonly number[] {
  const [stepMinutes, firstMinutes] =
    calendars?.[0] === "*:0/30" ? [30, 30] : calendars?.[0] === "hourly" ? [60, 60] : [180, 130];
  const found: number[] = [];
  for (let ms = firstMinutes * minuteMs; ms <= untilMs; ms += stepMinutes * minuteMs) found.push(ms);
  return found;
}

export function expectEachOnce(
  starts: readonly Start[],
  elapses: readonly number[],
  overlap: TimerSpec["overlap"] | undefined,
): void {
  for (const [index, start] of starts.entries()) {
    const before = starts[index - 1];
    const baseMs = before === undefined ? -1 : overlap === "wait" ? before.startMs : before.endMs;
    if (before !== undefined) expect(start.startMs).toBeGreaterThan(before.endMs);
    const served = elapses.filter((elapse) => elapse > baseMs && elapse <= start.startMs);
    expect(served, `start at minute ${start.startMs / minuteMs}`).not.toEqual([]);
  }
}

/** Whenever a run has gone well, every time until then is served. */
export function expectNoneLost(
  { starts, armedMs, settled }: TimedHistory,
  elapses: readonly number[],
  overlap: TimerSpec["overlap"] | undefined,
): void {
  for (const nowMs of settled) {
    const elapse = elapses.findLast((ms) => ms > armedMs && ms <= nowMs);
    if (elapse === undefined) continue;
    const known = starts.filter(({ startMs }) => startMs <= nowMs);
    const isServed = known.some(({ startMs }) => startMs >= elapse);
    const during = known.find(({ startMs, endMs }) => startMs <= elapse && elapse <= Math.min(endMs, nowMs));
    const isExcused = during !== undefined && (overlap === "skip" || during.endMs >= nowMs);
    expect(isServed || isExcused, `minute ${elapse / minuteMs} at minute ${nowMs / minuteMs}`).toBe(true);
  }
}

/** What came of a history of looks; times are virtual milliseconds. */
export interface TimedHistory {
  readonly starts: readonly Start[];
  readonly armedMs: number;
  /** When all went well, so that nothing was to be done any more. */
  readonly settled: readonly number[];
}
