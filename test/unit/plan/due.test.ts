/** When a job with a timer is to be run, by what is known of its runs and the Engine's clock. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { TimerSpec } from "../../../src/model/timer.ts";
import { type Due, dueOf, type TimerFacts } from "../../../src/plan/due.ts";
import { timer } from "../../support/builders.ts";

const minute = 60_000;
const hour = 60 * minute;
/** `20 12:00` is noon of the 20th of November 2026; other times are written in full. */
const at = (text: string): string => {
  if (text.includes("T")) return text;
  const [day = "", time = ""] = text.split(" ");
  return new Date(`2026-11-${day}T${time.length === 5 ? `${time}:00` : time}Z`).toISOString();
};

type Row = readonly [
  title: string,
  times: Partial<TimerSpec>,
  facts: Partial<Record<Exclude<keyof TimerFacts, "id">, string>>,
  now: string,
  due: string | undefined,
  next: string | undefined,
];

function answer([, times, facts, now]: Row): Due {
  const known = Object.fromEntries(Object.entries(facts).map(([name, text]) => [name, at(text)]));
  return dueOf(timer(times), { id: "shop/develop/backup", since: at("20 12:00"), ...known }, at(now));
}

function expected([, , , , due, next]: Row): Due {
  return {
    ...(due === undefined ? {} : { due: at(due) }),
    ...(next === undefined ? {} : { next: at(next) }),
  };
}

const nightly = { calendars: ["*-*-* 03:00:00"] };
const wait = { ...nightly, overlap: "wait" as const };
const persistent = { ...nightly, persistent: true };
const quarterly = { calendars: ["*:0/15"] };
const none = undefined;

const calendars: readonly Row[] = [
  ["has never run", nightly, {}, "20 13:00", none, "21 03:00"],
  ["has never run and its first time has come", nightly, {}, "21 03:00", "21 03:00", "22 03:00"],
  ["is a moment before its time", nightly, {}, "21 02:59:59.999", none, "21 03:00"],
  ["was armed at the very time", nightly, { since: "21 03:00" }, "21 03:00", none, "22 03:00"],
  ["was armed just before", nightly, { since: "21 02:59:59" }, "21 03:00:00", "21 03:00", "22 03:00"],
  ["missed its time by hours", nightly, {}, "21 14:00", "21 03:00", "22 03:00"],
  ["147: missed several times", nightly, {}, "25 14:00", "21 03:00", "26 03:00"],
  ["has run today", nightly, { startedAt: "21 03:00:05", endedAt: "21 03:10" }, "21 04:00", none, "22 03:00"],
  [
    "ran yesterday",
    nightly,
    { startedAt: "21 03:00:05", endedAt: "21 03:10" },
    "22 03:00",
    "22 03:00",
    "23 03:00",
  ],
  ["ran late", nightly, { startedAt: "21 22:00", endedAt: "21 22:10" }, "22 02:00", none, "22 03:00"],
  [
    "was started by hand before its time",
    nightly,
    { startedAt: "21 01:00", endedAt: "21 01:10" },
    "21 03:00",
    "21 03:00",
    "22 03:00",
  ],
  [
    "has two calendars",
    { calendars: ["*-*-* 03:00:00", "*-*-* 15:00:00"] },
    {},
    "20 15:00",
    "20 15:00",
    "21 03:00",
  ],
  ["has no time left", { calendars: ["2026-11-20 11:00:00"] }, {}, "20 13:00", none, none],
  ["has one time left", { calendars: ["2026-11-21 11:00:00"] }, {}, "21 12:00", "21 11:00", none],
  [
    "has had its only time",
    { calendars: ["2026-11-21 11:00:00"] },
    { startedAt: "21 11:00", endedAt: "21 11:01" },
    "21 12:00",
    none,
    none,
  ],
  [
    "got other times after its last run",
    nightly,
    { since: "21 10:00", startedAt: "20 22:00", endedAt: "20 22:01" },
    "21 11:00",
    none,
    "22 03:00",
  ],
  [
    "is in a zone of its own",
    { calendars: ["*-*-* 03:00:00 Europe/Berlin"] },
    {},
    "21 02:00",
    "21 02:00",
    "22 02:00",
  ],
  ["has nothing that elapses", {}, {}, "25 03:00", none, none],
];

const overlaps: readonly Row[] = [
  ["runs", nightly, { startedAt: "21 03:00:05" }, "21 04:00", none, "22 03:00"],
  ["runs past its next time", nightly, { startedAt: "21 03:00:05" }, "22 04:00", none, "23 03:00"],
  [
    "ran past its next time",
    nightly,
    { startedAt: "21 03:00:05", endedAt: "22 03:30" },
    "22 03:31",
    none,
    "23 03:00",
  ],
  [
    "ran to the moment of its next time",
    nightly,
    { startedAt: "21 03:00:05", endedAt: "22 03:00" },
    "22 03:00",
    none,
    "23 03:00",
  ],
  [
    "ran until just before its next time",
    nightly,
    { startedAt: "21 03:00:05", endedAt: "22 02:59" },
    "22 03:00",
    "22 03:00",
    "23 03:00",
  ],
  ["runs and waits", wait, { startedAt: "21 03:00:05" }, "21 04:00", none, "22 03:00"],
  ["runs past its next time and waits", wait, { startedAt: "21 03:00:05" }, "22 04:00", none, "22 03:00"],
  [
    "waited for its end",
    wait,
    { startedAt: "21 03:00:05", endedAt: "22 03:30" },
    "22 03:30",
    "22 03:00",
    "23 03:00",
  ],
  [
    "waited through three times",
    wait,
    { startedAt: "21 03:00:05", endedAt: "24 03:30" },
    "24 03:30",
    "22 03:00",
    "25 03:00",
  ],
  [
    "ended before its next time, and waits",
    wait,
    { startedAt: "21 03:00:05", endedAt: "21 03:30" },
    "21 03:31",
    none,
    "22 03:00",
  ],
  [
    "was the one run that waited",
    wait,
    { startedAt: "22 03:30", endedAt: "22 03:40" },
    "22 03:41",
    none,
    "23 03:00",
  ],
];

const watched: readonly Row[] = [
  ["fell due before anybody watched", nightly, { watchedSince: "21 08:00" }, "21 08:01", none, "22 03:00"],
  [
    "fell due before anybody watched and is persistent",
    persistent,
    { watchedSince: "21 08:00" },
    "21 08:01",
    "21 03:00",
    "22 03:00",
  ],
  [
    "fell due while somebody watches",
    nightly,
    { watchedSince: "20 13:00" },
    "21 03:00:01",
    "21 03:00",
    "22 03:00",
  ],
  [
    "fell due just before the watch, hardly late",
    nightly,
    { watchedSince: "21 03:00:30" },
    "21 03:00:31",
    "21 03:00",
    "22 03:00",
  ],
  [
    "fell due before the watch, and is to be exact",
    { ...nightly, accuracyMs: 1_000 },
    { watchedSince: "21 03:00:30" },
    "21 03:00:31",
    none,
    "22 03:00",
  ],
  [
    "ran hardly late before the watch",
    nightly,
    { watchedSince: "21 03:00:30", startedAt: "21 03:00:02", endedAt: "21 03:00:09" },
    "21 03:00:31",
    none,
    "22 03:00",
  ],
  ["fell due and nobody ever watches", nightly, {}, "21 08:00", "21 03:00", "22 03:00"],
  [
    "missed a week and is persistent",
    persistent,
    { watchedSince: "27 08:00", startedAt: "20 13:00", endedAt: "20 13:01" },
    "27 08:00",
    "21 03:00",
    "28 03:00",
  ],
  [
    "missed a week and is not persistent",
    nightly,
    { watchedSince: "27 08:00", startedAt: "20 13:00", endedAt: "20 13:01" },
    "27 08:00",
    none,
    "28 03:00",
  ],
  [
    "was prepared by a run that was killed",
    nightly,
    { watchedSince: "21 03:05", pending: "21 03:00" },
    "21 03:06",
    "21 03:00",
    "22 03:00",
  ],
  [
    "was prepared and has run",
    nightly,
    { pending: "21 03:00", startedAt: "21 03:00:05", endedAt: "21 03:01" },
    "21 03:06",
    none,
    "22 03:00",
  ],
  [
    "was prepared for what has been served",
    nightly,
    { pending: "21 03:00", served: "21 03:00" },
    "21 03:06",
    none,
    "22 03:00",
  ],
  [
    "was prepared before its times changed",
    nightly,
    { pending: "21 03:00", since: "21 05:00" },
    "21 05:06",
    none,
    "22 03:00",
  ],
  [
    "was prepared and runs",
    nightly,
    { pending: "22 03:00", startedAt: "21 03:00:05" },
    "22 03:06",
    none,
    "23 03:00",
  ],
];

const clocks: readonly Row[] = [
  [
    "ran, and the clock was set back an hour",
    nightly,
    { startedAt: "21 03:00:05", endedAt: "21 03:10" },
    "21 02:10",
    none,
    "22 03:00",
  ],
  [
    "ran, the clock was set back, and it is three again",
    nightly,
    { startedAt: "21 03:00:05", endedAt: "21 03:10" },
    "21 03:00",
    none,
    "22 03:00",
  ],
  [
    "ended before it started, because the clock was set back",
    nightly,
    { startedAt: "21 03:00:05", endedAt: "21 02:10" },
    "21 03:00",
    none,
    "22 03:00",
  ],
  [
    "waits, ended before it started",
    wait,
    { startedAt: "21 03:00:05", endedAt: "21 02:10" },
    "21 03:00",
    none,
    "22 03:00",
  ],
  [
    "served a time that comes once more",
    nightly,
    { since: "21 02:00", served: "21 03:00" },
    "21 03:00",
    none,
    "22 03:00",
  ],
  [
    "finds itself years later",
    nightly,
    {},
    "2036-01-01T00:00:00.000Z",
    "21 03:00",
    "2036-01-01T03:00:00.000Z",
  ],
  [
    "ran years later",
    nightly,
    { startedAt: "2036-01-01T00:00:01.000Z", endedAt: "2036-01-01T00:00:02.000Z" },
    "2036-01-01T00:01:00.000Z",
    none,
    "2036-01-01T03:00:00.000Z",
  ],
  [
    "was armed by a clock that was ahead an hour",
    nightly,
    { since: "20 13:00" },
    "20 12:00",
    none,
    "21 03:00",
  ],
  [
    "is persistent and ran, and the clock was set back",
    persistent,
    { startedAt: "21 03:00:05", endedAt: "21 03:10", watchedSince: "20 12:00" },
    "21 03:00",
    none,
    "22 03:00",
  ],
];

const every = { onUnitActiveMs: [15 * minute] };
const pause = { onUnitInactiveMs: [15 * minute] };
const first = { onActiveMs: [5 * minute] };
const boot = { onBootMs: [10 * minute] };

const monotonic: readonly Row[] = [
  ["waits for its first span", first, {}, "20 12:04", none, "20 12:05"],
  ["has waited for its first span", first, {}, "20 12:05", "20 12:05", none],
  ["has had its first span", first, { startedAt: "20 12:05", endedAt: "20 12:06" }, "25 12:00", none, none],
  [
    "was started before its first span was over",
    first,
    { startedAt: "20 12:01", endedAt: "20 12:02" },
    "20 12:05",
    "20 12:05",
    none,
  ],
  ["runs at once when it is deployed", { onActiveMs: [0] }, {}, "20 12:00", "20 12:00", none],
  ["repeats, and has never been started", every, {}, "25 12:00", none, none],
  ["repeats", every, { startedAt: "20 12:05", endedAt: "20 12:06" }, "20 12:10", none, "20 12:20"],
  [
    "repeats, and its time has come",
    every,
    { startedAt: "20 12:05", endedAt: "20 12:06" },
    "20 12:20",
    "20 12:20",
    "20 12:35",
  ],
  [
    "repeats, and runs longer than its interval",
    every,
    { startedAt: "20 12:05" },
    "20 12:30",
    none,
    "20 12:35",
  ],
  [
    "repeats, and ran longer than its interval",
    every,
    { startedAt: "20 12:05", endedAt: "20 12:25" },
    "20 12:26",
    none,
    "20 12:35",
  ],
  [
    "repeats and waits, and ran longer than its interval",
    { ...every, overlap: "wait" },
    { startedAt: "20 12:05", endedAt: "20 12:25" },
    "20 12:25",
    "20 12:20",
    "20 12:40",
  ],
  [
    "repeats, and nobody watched for days",
    every,
    { startedAt: "20 12:05", endedAt: "20 12:06", watchedSince: "23 08:00" },
    "23 08:00",
    "20 12:20",
    "23 08:15",
  ],
  [
    "repeats without an interval",
    { onUnitActiveMs: [0] },
    { startedAt: "20 12:05", endedAt: "20 12:06" },
    "20 12:06:01",
    "20 12:06:00.001",
    "20 12:06:01.001",
  ],
  ["pauses, and has never run", pause, {}, "25 12:00", none, none],
  [
    "pauses after its end",
    pause,
    { startedAt: "20 12:05", endedAt: "20 12:30" },
    "20 12:44",
    none,
    "20 12:45",
  ],
  [
    "has paused after its end",
    pause,
    { startedAt: "20 12:05", endedAt: "20 12:30" },
    "20 12:45",
    "20 12:45",
    "20 13:00",
  ],
  ["pauses, and still runs", pause, { startedAt: "20 12:05" }, "25 12:45", none, none],
  [
    "was told to pause long after its end",
    pause,
    { since: "21 09:00", startedAt: "20 12:05", endedAt: "20 12:30" },
    "21 09:00",
    none,
    "21 09:15",
  ],
  ["first waits, then repeats", { ...first, ...every }, {}, "20 12:05", "20 12:05", "20 12:20"],
  ["runs after the start of the machine", boot, { bootedAt: "20 12:30" }, "20 12:39", none, "20 12:40"],
  [
    "runs when the machine has been up for long",
    boot,
    { bootedAt: "01 12:30" },
    "20 12:00",
    "01 12:40",
    none,
  ],
  [
    "has run since the start of the machine",
    boot,
    { bootedAt: "20 12:30", startedAt: "20 12:40", endedAt: "20 12:41" },
    "20 12:50",
    none,
    none,
  ],
  [
    "has run before the start of the machine",
    boot,
    { bootedAt: "22 08:00", startedAt: "20 12:40", endedAt: "20 12:41" },
    "22 08:10",
    "22 08:10",
    none,
  ],
  [
    "has run between the start and its span",
    boot,
    { bootedAt: "22 08:00", startedAt: "22 08:05", endedAt: "22 08:06" },
    "22 08:10",
    "22 08:10",
    none,
  ],
  ["does not know when the machine started", boot, {}, "20 12:10", "20 12:10", none],
  [
    "does not know when the machine started, and has run",
    boot,
    { startedAt: "20 12:10", endedAt: "20 12:11" },
    "25 12:10",
    none,
    none,
  ],
  [
    "takes the earlier of a calendar and an interval",
    { ...nightly, ...every },
    { startedAt: "21 02:50", endedAt: "21 02:51" },
    "21 03:00",
    "21 03:00",
    "21 03:15",
  ],
];

describe("a job that", () => {
  test.for([...calendars, ...overlaps, ...watched, ...clocks, ...monotonic])("%s", (row) => {
    expect(answer(row)).toEqual(expected(row));
  });
});

describe("a random delay", () => {
  const delayed = { ...quarterly, randomizedDelayMs: 10 * minute };
  const facts = { id: "shop/develop/backup", since: at("20 12:00") };
  const nextOf = (times: Partial<TimerSpec>, known: TimerFacts, now: string) => {
    const { due, next } = dueOf(timer(times), known, now);
    return due === undefined && next !== undefined ? Date.parse(next) : undefined;
  };
  const elapses = Array.from({ length: 400 }, (_, index) => Date.parse(at("20 12:15")) + index * 15 * minute);
  const delays = (times: Partial<TimerSpec>, id: string) =>
    elapses.map((elapse) => {
      const since = new Date(elapse - 1).toISOString();
      return (nextOf(times, { id, since }, since) ?? Number.NaN) - elapse;
    });

  test("must keep to its bound, and be spread over all of it", () => {
    const found = delays(delayed, facts.id);
    expect(Math.min(...found)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...found)).toBeLessThanOrEqual(10 * minute);
    const tenths = Map.groupBy(found, (delay) => Math.min(9, Math.floor(delay / minute)));
    for (let tenth = 0; tenth < 10; tenth++) expect(tenths.get(tenth)?.length ?? 0).toBeGreaterThan(15);
  });

  test("must be the same whoever asks and whenever, and another for another job", () => {
    expect(delays(delayed, facts.id)).toEqual(delays(delayed, facts.id));
    expect(delays(delayed, facts.id)).not.toEqual(delays(delayed, "shop/live/backup"));
    const early = nextOf(delayed, facts, at("20 12:00"));
    expect(nextOf(delayed, facts, at("20 12:10"))).toBe(early);
  });

  test("must be the same for every time when it is fixed", () => {
    const fixed = new Set(delays({ ...delayed, fixedRandomDelay: true }, facts.id));
    expect(fixed.size).toBe(1);
    expect(new Set(delays({ ...delayed, fixedRandomDelay: true }, "a/b/c"))).not.toEqual(fixed);
  });

  test("must put the run off, not the time that it serves", () => {
    const due = nextOf(delayed, facts, at("20 12:00")) ?? Number.NaN;
    const before = new Date(due - 1).toISOString();
    const then = new Date(due).toISOString();
    expect(dueOf(timer(delayed), facts, before).due).toBeUndefined();
    expect(dueOf(timer(delayed), facts, then).due).toBe(at("20 12:15"));
  });

  test("must put off spans too", () => {
    const found = nextOf({ ...first, randomizedDelayMs: hour }, facts, at("20 12:00")) ?? 0;
    expect(found).toBeGreaterThan(Date.parse(at("20 12:05")));
    expect(found).toBeLessThanOrEqual(Date.parse(at("20 13:05")));
  });
});

describe("whenever somebody looks", () => {
  const looks = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 60 });
  const times = fc.record({
    calendars: fc.constantFrom(["*:0/15"], ["*-*-* 03:00:00"], ["*:0/15", "*:05"], ["hourly"]),
    randomizedDelayMs: fc.constantFrom(0, 4 * minute, 2 * hour),
    overlap: fc.constantFrom("skip" as const, "wait" as const),
    persistent: fc.boolean(),
  });

  test("every time must be served at most once, and none be lost for good", () => {
    fc.assert(
      fc.property(times, looks, fc.nat({ max: 50 }), (declared, gaps, runMinutes) => {
        const spec = timer(declared);
        let facts: TimerFacts = { id: "a", since: at("20 12:00") };
        let now = Date.parse(at("20 12:00"));
        let last: string | undefined;
        for (const gap of gaps) {
          now += gap * minute;
          const iso = new Date(now).toISOString();
          const { due, next } = dueOf(spec, facts, iso);
          if (due === undefined) {
            expect(Date.parse(next ?? "")).toBeGreaterThan(now);
            continue;
          }
          expect(Date.parse(due)).toBeLessThanOrEqual(now);
          if (last !== undefined) expect(due > last).toBe(true);
          last = due;
          const end = now + runMinutes * minute;
          facts = { ...facts, startedAt: iso, endedAt: new Date(end).toISOString() };
          expect(dueOf(spec, facts, iso).due).toBeUndefined();
          now = end;
        }
        const later = new Date(now + 48 * hour).toISOString();
        expect(dueOf(spec, facts, later).due).toBeDefined();
      }),
      { numRuns: 500 },
    );
  });
});
