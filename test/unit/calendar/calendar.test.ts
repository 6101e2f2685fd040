import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nextElapse, parseCalendar } from "../../../src/calendar/calendar.ts";
import { questions } from "./arbitrary.ts";

function elapsesOf(expression: string, after: string, { count = 3, zone = "UTC" } = {}): string[] {
  const { value, problem } = parseCalendar(expression, zone);
  if (value === undefined) return [problem ?? ""];
  const found: string[] = [];
  for (let last = nextElapse(value, Date.parse(after)); last !== undefined; last = nextElapse(value, last)) {
    found.push(new Date(last).toISOString().replace(":00.000Z", "Z"));
    if (found.length === count) break;
  }
  return found;
}

describe("the next time of a calendar", () => {
  test("must be in the default zone when the expression names none", () => {
    expect(elapsesOf("02:30", "2024-07-01T00:00Z", { count: 1 })).toEqual(["2024-07-01T02:30Z"]);
    expect(elapsesOf("02:30", "2024-07-01T00:00Z", { count: 1, zone: "Europe/Berlin" })).toEqual([
      "2024-07-01T00:30Z",
    ]);
    expect(elapsesOf("02:30 UTC", "2024-07-01T00:00Z", { count: 1, zone: "Europe/Berlin" })).toEqual([
      "2024-07-01T02:30Z",
    ]);
    expect(parseCalendar("daily", "Europe/Berln")).toEqual({ problem: '"Europe/Berln" is no time zone' });
  });

  test("must be after the given one, to the microsecond", () => {
    const { value } = parseCalendar("*:*:0/0.000250");
    if (value === undefined) throw new Error("no calendar");
    expect(nextElapse(value, 1_700_000_000_000)).toBe(1_700_000_000_000.25);
    expect(nextElapse(value, 1_700_000_000_000.249)).toBe(1_700_000_000_000.25);
    expect(nextElapse(value, 1_700_000_000_000.25)).toBe(1_700_000_000_000.5);
    expect(nextElapse(value, 1_700_000_000_000.75)).toBe(1_700_000_000_001);
  });

  test.for([Number.NaN, Number.POSITIVE_INFINITY, 8.64e15, 8.65e15, 7_258_118_400_000])(
    "must not be after %d",
    (after) => {
      const { value } = parseCalendar("daily Europe/Berlin");
      expect(value && nextElapse(value, after)).toBeUndefined();
      expect(value).toBeDefined();
    },
  );

  test.for([-1, -8.64e15, Number.NEGATIVE_INFINITY])("must not be before 1970 for %d", (after) => {
    const { value } = parseCalendar("daily");
    expect(value && nextElapse(value, after)).toBe(0);
  });

  test.for(["*-02-30", "2023-01-01", "Mon 2024-01-02", "*-04,06-31", "Sun *-03-25..31 02:30 Europe/Berlin"])(
    "must not be looked for in vain for ever: %s",
    (expression) => {
      expect(elapsesOf(expression, "2024-02-27T00:00Z")).toEqual([]);
    },
  );

  // What follows is written in systemd.time(7), but systemd 252 gets it wrong.
  test.for([
    {
      what: "the first hour of a month",
      expression: "1/9:21",
      after: "2024-03-31T19:30Z",
      elapses: ["2024-04-01T01:21Z", "2024-04-01T10:21Z"],
    },
    {
      what: "the first day of a year",
      expression: "*-*-1/11",
      after: "2011-12-29T00:00Z",
      elapses: ["2012-01-01T00:00Z", "2012-01-12T00:00Z"],
    },
    {
      what: "the rest of the day on which clocks are put forward in Ireland",
      expression: "1,3:30 Europe/Dublin",
      after: "2024-03-30T12:00Z",
      elapses: ["2024-03-31T02:30Z", "2024-04-01T00:30Z"],
    },
    {
      what: "the year that begins without its first minutes",
      expression: "1986-*-* 12:00 Asia/Kathmandu",
      after: "1985-06-01T00:00Z",
      elapses: ["1986-01-01T06:15Z", "1986-01-02T06:15Z"],
    },
    {
      what: "the first hour of a day without a midnight",
      expression: "8/4:17 Africa/Cairo",
      after: "2024-04-25T21:00Z",
      elapses: ["2024-04-26T05:17Z", "2024-04-26T09:17Z"],
    },
    {
      what: "a day from the end in a list",
      expression: "*-*~1,27",
      after: "2024-02-27T00:00Z",
      elapses: ["2024-02-29T00:00Z", "2024-03-05T00:00Z"],
    },
  ])("must not leave out $what", ({ expression, after, elapses }) => {
    expect(elapsesOf(expression, after, { count: 2 })).toEqual(elapses);
  });

  test("must always be later than the one before", () => {
    fc.assert(
      fc.property(questions, ({ expression, after }) => {
        const { value } = parseCalendar(expression);
        let last = after;
        for (let count = 0; value !== undefined && count < 5; count++) {
          const next = nextElapse(value, last);
          if (next === undefined) break;
          expect(next).toBeGreaterThan(last);
          last = next;
        }
      }),
      { numRuns: 500 },
    );
    expect.hasAssertions();
  });
});

describe("text that is no calendar", () => {
  test("must get a problem, whatever it is", () => {
    const pieces = fc.constantFrom(
      ...[
        "*",
        "-",
        "~",
        "..",
        ",",
        "/",
        ":",
        " ",
        "@",
        ".",
        "1",
        "00",
        "59",
        "9".repeat(40),
        "Mon",
        "daily",
        "UTC",
      ],
      ...["Europe/Berlin", "\0", "\n", "é"],
    );
    const text = fc.oneof(
      fc.string(),
      fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join("")),
    );
    fc.assert(
      fc.property(text, (anything) => {
        const { value, problem } = parseCalendar(anything);
        expect(typeof problem === "string").toBe(value === undefined);
        if (value !== undefined) nextElapse(value, 0);
      }),
      { numRuns: 2000 },
    );
  });

  test.for([
    ["dayly", '"dayly" is no date and no time', 'did you mean "daily"?'],
    ["daily Europe/Berln", '"Europe/Berln" is no time zone', 'did you mean "Europe/Berlin"?'],
    ["daily europe/berlin", '"europe/berlin" is no time zone', 'did you mean "Europe/Berlin"?'],
    ["Mon..Fri 25:00", "hour 25 is not between 0 and 23", undefined],
    ["*:*:60", "second 60 is not between 0 and 59", undefined],
    ["*-13-01", "month 13 is not between 1 and 12", undefined],
    ["1969-01-01", "year 1969 is not between 1970 and 2199", undefined],
    ["Fri..Mon", "the range of weekdays ends before it begins; a week begins on Monday", undefined],
    ["Mon..", "the range of weekdays has no end", undefined],
    ["Mon..Tue..Wed", "a range of weekdays has two ends", undefined],
    ["Funday 12:00", '"Funday" is no date and no time', undefined],
    ["Mon,Funday 12:00", '"Funday 12:00" is no day of the week', undefined],
    ["*:20..10", '"20..10" ends before it begins', undefined],
    ["*:0/60", '"0/60" never gets to a second minute', undefined],
    ["*:0/0", '"0/0" has a step of 0', undefined],
    ["*:*/5", '"*/5" is no minute', undefined],
    ["*:*:0..0.5", '"0..0.5" is shorter than a second, and has no step', undefined],
    ["*:0..5/99999999999", '"0..5/99999999999" is too large a number', undefined],
    ["2024-01-01 12", '"12" is no time', undefined],
    ["@7258118400", '"@7258118400" is no time between 1970 and 2199', "write @ and seconds since 1970"],
    ["", "the expression is empty", undefined],
    [`*:${"1,".repeat(241)}1`, "more than 241 values in a list of minutes", undefined],
  ] as const)("must get a sentence of its own: %s", ([text, problem, hint]) => {
    const form = "write it as in Mon..Fri *-*-* 02:30:00 Europe/Berlin, or a word such as daily";
    expect(parseCalendar(text)).toEqual({ problem, hint: hint ?? form });
  });
});
