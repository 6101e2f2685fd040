import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { hasMissed, Schedules } from "../../../src/daemon/schedules.ts";
import type { ScheduleName, ScheduleSettings } from "../../../src/model/daemon-settings.ts";

const hour = 3_600_000;
const year = 365 * 24 * hour;

function schedule(cron: string, options: Partial<ScheduleSettings> = {}): ScheduleSettings {
  const position = { file: "mysysconfig.yaml", line: 1, column: 1 };
  return { name: "prune", cron, timeZone: "UTC", jitterMs: 0, catchUp: true, position, ...options };
}

/** Nothing of the reconcile schedule gets in the way. */
const never = schedule("0 0 29 2 *", { name: "reconcile" });

interface Opened {
  readonly schedules: Schedules;
  readonly due: { readonly name: ScheduleName; readonly at: string }[];
}

let opened: Schedules[] = [];

function open(settings: readonly ScheduleSettings[], random = 0.5): Opened {
  const due: { name: ScheduleName; at: string }[] = [];
  const schedules = new Schedules({
    clock: { now: () => new Date() },
    random: () => random,
    due: (name) => {
      if (settings.length === 0 || name === "prune") due.push({ name, at: new Date().toISOString() });
    },
  });
  schedules.configure(settings);
  opened.push(schedules);
  return { schedules, due };
}

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 0, 1), toFake: ["setTimeout", "clearTimeout", "Date"] });
});
afterEach(() => {
  for (const schedules of opened) schedules.stop();
  opened = [];
  vi.useRealTimers();
});

describe("schedules", () => {
  test("must elapse at each of their times, in their zone", () => {
    const { due } = open([never, schedule("30 4 * * *", { timeZone: "Asia/Kolkata" })]);
    vi.advanceTimersByTime(72 * hour);
    expect(due.map(({ at }) => at)).toEqual([
      "2026-01-01T23:00:00.000Z",
      "2026-01-02T23:00:00.000Z",
      "2026-01-03T23:00:00.000Z",
    ]);
  });

  test("without one of their own systems must be looked at every five minutes", () => {
    const { due, schedules } = open([]);
    vi.advanceTimersByTime(hour);
    expect(due).toHaveLength(12);
    expect(new Set(due.map(({ name }) => name))).toEqual(new Set(["reconcile"]));
    expect(schedules.intervalMs("reconcile")).toBe(300_000);
    expect(schedules.intervalMs("prune")).toBeUndefined();
  });

  test("of six fields must elapse at seconds", () => {
    const { due } = open([never, schedule("*/20 * * * * *")]);
    vi.advanceTimersByTime(60_000);
    expect(due).toHaveLength(3);
  });

  /** Berlin leaves out 02:00 to 03:00 on 2026-03-29 and has it twice on 2026-10-25. */
  const changes = [
    ["a time that is left out passes without a run", "30 2 * * *", Date.UTC(2026, 2, 28), 1],
    ["a time that comes twice is served once", "30 2 * * *", Date.UTC(2026, 9, 24, 12), 1],
    ["the hours around the first change are served", "30 * * * *", Date.UTC(2026, 2, 28, 22), 12],
  ] as const;
  test.for(changes)("%s", ([_what, cron, from, times]) => {
    vi.setSystemTime(from);
    const { due } = open([never, schedule(cron, { timeZone: "Europe/Berlin" })]);
    vi.advanceTimersByTime(times === 12 ? 12 * hour : 36 * hour);
    expect(due).toHaveLength(times);
  });

  test("with a jitter must be put off by no more than it", () => {
    for (const [random, at] of [
      [0, "2026-01-01T01:00:00.001Z"],
      [0.999, "2026-01-01T01:09:59.400Z"],
    ] as const) {
      vi.setSystemTime(Date.UTC(2026, 0, 1));
      const { due, schedules } = open([never, schedule("0 1 * * *", { jitterMs: 600_000 })], random);
      vi.advanceTimersByTime(2 * hour);
      expect(due.map((one) => one.at)).toEqual([at]);
      schedules.stop();
    }
  });

  test("that come more often than their jitter must not pile up", () => {
    const { due } = open([never, schedule("* * * * *", { jitterMs: 600_000 })], 0.9);
    vi.advanceTimersByTime(hour);
    expect(due.length).toBeLessThanOrEqual(7);
    expect(due.length).toBeGreaterThan(3);
  });

  const leaps = [hour, -hour, 10 * year, -10 * year];
  test.for(leaps)("must run at most once after the clock was set by %i ms, and then as declared", (leap) => {
    const { due } = open([never, schedule("*/5 * * * *")]);
    vi.advanceTimersByTime(12 * 60_000);
    expect(due).toHaveLength(2);
    vi.setSystemTime(Date.now() + leap);
    const set = Date.now();
    vi.advanceTimersByTime(61_000);
    expect(due.length - 2).toBeLessThanOrEqual(1);
    const after = due.length;
    vi.advanceTimersByTime(hour);
    expect(due.length - after).toBeGreaterThanOrEqual(11);
    expect(due.length - after).toBeLessThanOrEqual(12);
    expect(due.slice(after).every(({ at }) => Date.parse(at) >= set)).toBe(true);
  });

  test("must be late rather than absent when the program is busy", () => {
    const { due } = open([never, schedule("0 * * * *")]);
    vi.setSystemTime(Date.UTC(2026, 0, 1, 1, 20));
    vi.advanceTimersByTime(60_000);
    expect(due).toHaveLength(1);
  });

  test("that stay as they are must not be disturbed by a change of others", () => {
    const { due, schedules } = open([never, schedule("0 * * * *", { jitterMs: 600_000 })], 0.5);
    vi.advanceTimersByTime(hour + 1_000);
    schedules.configure([
      schedule("0 0 1 1 *", { name: "reconcile" }),
      schedule("0 * * * *", { jitterMs: 600_000 }),
    ]);
    vi.advanceTimersByTime(600_000);
    expect(due).toHaveLength(1);
  });

  test("that are gone or changed must not elapse any more", () => {
    const { due, schedules } = open([never, schedule("*/5 * * * *")]);
    schedules.configure([never, schedule("0 12 * * *")]);
    vi.advanceTimersByTime(6 * hour);
    expect(due).toEqual([]);
    vi.advanceTimersByTime(7 * hour);
    expect(due).toHaveLength(1);
    schedules.configure([never]);
    vi.advanceTimersByTime(48 * hour);
    expect(due).toHaveLength(1);
    schedules.stop();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("a missed run", () => {
  const now = Date.UTC(2026, 5, 15, 12, 34, 56);
  const at = (text: string) => Date.parse(text);
  const rows: readonly (readonly [string, ScheduleSettings, number, boolean])[] = [
    ["one time since", schedule("0 4 * * *"), at("2026-06-15T03:59:00Z"), true],
    ["none since", schedule("0 4 * * *"), at("2026-06-15T04:00:30Z"), false],
    ["the minute of now counts", schedule("34 12 * * *"), at("2026-06-15T12:33:59Z"), true],
    [
      "in its zone",
      schedule("0 4 * * *", { timeZone: "America/New_York" }),
      at("2026-06-15T07:59:00Z"),
      true,
    ],
    [
      "not before, in its zone",
      schedule("0 4 * * *", { timeZone: "America/New_York" }),
      at("2026-06-15T08:01:00Z"),
      false,
    ],
    [
      "a zone of three quarters",
      schedule("45 17 * * *", { timeZone: "Asia/Kathmandu" }),
      at("2026-06-15T11:59:00Z"),
      true,
    ],
    ["weeks ago", schedule("0 0 1 * *"), at("2026-05-20T00:00:00Z"), true],
    ["longer ago than is looked back", schedule("0 0 1 1 *"), at("2020-01-01T00:00:00Z"), false],
    ["not to be made up for", schedule("0 4 * * *", { catchUp: false }), at("2026-06-01T00:00:00Z"), false],
    ["a last run in the future", schedule("* * * * *"), at("2036-01-01T00:00:00Z"), false],
    ["with seconds", schedule("30 0 4 * * *"), at("2026-06-15T03:00:00Z"), true],
  ];
  test.for(rows)("%s", ([_what, settings, lastMs, expected]) => {
    expect(hasMissed(settings, lastMs, now)).toBe(expected);
  });
});
