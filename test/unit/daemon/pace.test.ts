import { describe, expect, test } from "vitest";
import { eventDelayMs, freshPace, noteRun, type Pace, retryDelayMs } from "../../../src/daemon/pace.ts";

describe("the pace of events", () => {
  const delaysOf = (count: number, everyMs: number): readonly number[] => {
    let pace: Pace = freshPace;
    return Array.from({ length: count }, (_, n) => {
      const nowMs = n * everyMs;
      const delay = eventDelayMs(pace, "web", nowMs);
      pace = noteRun(pace, ["web"], nowMs);
      return delay;
    });
  };

  test("must be quick at first, and slower each time", () => {
    expect(delaysOf(12, 1)).toEqual([
      50, 50, 50, 50, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000,
    ]);
  });

  test("must be quick again after ten quiet minutes", () => {
    let pace: Pace = freshPace;
    for (let n = 0; n < 20; n++) pace = noteRun(pace, ["web"], n);
    expect(eventDelayMs(pace, "web", 1_000)).toBe(60_000);
    expect(eventDelayMs(pace, "web", 600_020)).toBe(50);
  });

  test("must not slow down others", () => {
    let pace: Pace = freshPace;
    for (let n = 0; n < 20; n++) pace = noteRun(pace, ["web"], n);
    expect(eventDelayMs(pace, "api", 20)).toBe(50);
  });

  test("must not remember more sources than a system can have", () => {
    let pace: Pace = freshPace;
    for (let n = 0; n < 5_000; n++) pace = noteRun(pace, [`made up ${n}`], n);
    expect(pace.runs.size).toBe(2_000);
    expect(pace.runs.has("made up 4999")).toBe(true);
  });
});

test.for([
  [1, 1_000, 2_000],
  [2, 2_000, 4_000],
  [5, 16_000, 32_000],
  [9, 150_000, 300_000],
  [1_000, 150_000, 300_000],
] as const)("the wait after %i failures must lie between %i and %i ms", ([failures, least, most]) => {
  expect([retryDelayMs(failures, 0), retryDelayMs(failures, 1)]).toEqual([least, most]);
});
