import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatDuration, parseGoDuration, parseSystemdDuration } from "../../../src/lib/duration.ts";

describe("systemd's time spans", () => {
  test.for([
    ["5", 5000],
    ["0", 0],
    ["100ms", 100],
    ["1min 30s", 90_000],
    ["1min30s", 90_000],
    ["2 h", 7_200_000],
    ["1.5s", 1500],
    ["3 days 2 hours", 266_400_000],
    [" 10 ", 10_000],
    ["500us", 0.5],
    ["500µs", 0.5],
    ["1w", 604_800_000],
    ["1month 1M", 5_259_600_000],
    ["1y", 31_557_600_000],
    ["1 2", 3000],
    ["infinity", Number.POSITIVE_INFINITY],
  ] as const)("%j must be %d ms", ([text, ms]) => {
    expect(parseSystemdDuration(text)).toBeCloseTo(ms, 6);
  });

  test.for([
    "",
    " ",
    "s",
    "-5",
    "5x",
    "5s!",
    "1..5s",
    "five",
    "5 s s",
    "INFINITY",
    "constructor",
    "5constructor",
  ])("%j must be none", (text) => {
    expect(parseSystemdDuration(text)).toBeUndefined();
  });
});

describe("Go's time spans", () => {
  test.for([
    ["0", 0],
    ["1m30s", 90_000],
    ["1.5h", 5_400_000],
    [".5s", 500],
    ["1.s", 1000],
    ["300ms", 300],
    ["1h1m1s1ms", 3_661_001],
    ["1000000ns", 1],
  ] as const)("%j must be %d ms", ([text, ms]) => {
    expect(parseGoDuration(text)).toBeCloseTo(ms, 6);
  });

  test.for(["", "5", "5 s", "1m 30s", "-5s", "1d", "s", ".s", "1min", "5S"])("%j must be none", (text) => {
    expect(parseGoDuration(text)).toBeUndefined();
  });
});

test("reading a time span must never throw or give less than nothing", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9a-z. ]*$/)), (text) => {
      expect(parseSystemdDuration(text) ?? 0).toBeGreaterThanOrEqual(0);
      expect(parseGoDuration(text) ?? 0).toBeGreaterThanOrEqual(0);
    }),
  );
});

test.for([
  [0, "0 ms"],
  [90.4, "90 ms"],
  [999, "999 ms"],
  [1000, "1 s"],
  [3140, "3.1 s"],
  [59_940, "59.9 s"],
  [60_000, "1 min"],
  [125_000, "2 min 5 s"],
  [3_599_000, "59 min 59 s"],
  [86_400_000, "24 h"],
  [5_400_000, "1 h 30 min"],
] as const)("%d ms must be shown as %j", ([ms, text]) => {
  expect(formatDuration(ms)).toBe(text);
});
