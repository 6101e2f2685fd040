import { didYouMean } from "../lib/suggest.ts";
import type { Calendar, ParsedCalendar } from "./calendar.ts";
import { type Read, readField } from "./parse-field.ts";
import { fields, type Range } from "./ranges.ts";
import { shorthands } from "./shorthands.ts";
import { isTimeZone, timeZoneNames } from "./time-zone.ts";
import { readWeekdays } from "./weekdays.ts";

type DateFields = Pick<Calendar, "years" | "months" | "days" | "isFromEnd">;
type TimeFields = Pick<Calendar, "hours" | "minutes" | "micros">;

const form = "write it as in Mon..Fri *-*-* 02:30:00 Europe/Berlin, or a word such as daily";

const everyDate: DateFields = { years: [], months: [], days: [], isFromEnd: false };
const midnight: TimeFields = {
  hours: [{ start: 0, step: 0 }],
  minutes: [{ start: 0, step: 0 }],
  micros: [{ start: 0, step: 0 }],
};

export function parseExpression(text: string, defaultZone: string): ParsedCalendar {
  const { body, zone } = splitZone(text);
  const word = body.toLowerCase();
  const expression = Object.hasOwn(shorthands, word) ? (shorthands[word] ?? "") : body;
  if (expression === "") return { problem: "the expression is empty", hint: form };
  const weekdays = readWeekdays(expression);
  if ("problem" in weekdays) return { problem: weekdays.problem, hint: form };
  const { days, rest } = weekdays.value;
  if (rest.startsWith("@")) return epochCalendar(rest, days);
  const read = readDateAndTime(rest);
  if ("problem" in read) return explain(body, read.problem);
  return { value: { weekdays: days, ...read.value, zone: zone ?? defaultZone } };
}

/** The time zone is the last word, if there is a zone of that name. */
function splitZone(text: string): { readonly body: string; readonly zone?: string } {
  if (/ utc$/i.test(text)) return { body: text.slice(0, -" UTC".length), zone: "UTC" };
  const space = text.lastIndexOf(" ");
  const last = text.slice(space + 1);
  return space >= 0 && isTimeZone(last) ? { body: text.slice(0, space), zone: last } : { body: text };
}

/** A word that is left over was meant as a shorthand or as a time zone. */
function explain(body: string, problem: string): ParsedCalendar {
  const space = body.lastIndexOf(" ");
  const last = body.slice(space + 1);
  if (!/^[A-Za-z]/.test(last)) return { problem, hint: form };
  if (space >= 0)
    return { problem: `"${last}" is no time zone`, hint: didYouMean(last, timeZoneNames()) ?? form };
  return { problem, hint: didYouMean(last, Object.keys(shorthands)) ?? form };
}

function readDateAndTime(text: string): Read<DateFields & TimeFields> {
  if (text === "") return { value: { ...everyDate, ...midnight } };
  const [first = "", afterDate = ""] = splitAtSpaces(text);
  if (first.includes(":")) {
    const time = readTime(text);
    return "problem" in time ? time : { value: { ...everyDate, ...time.value } };
  }
  const date = readDate(first);
  if ("problem" in date) return date;
  const time: Read<TimeFields> = afterDate === "" ? { value: midnight } : readTime(afterDate);
  return "problem" in time ? time : { value: { ...date.value, ...time.value } };
}

function splitAtSpaces(text: string): readonly [string, string] {
  const space = text.indexOf(" ");
  return space < 0 ? [text, ""] : [text.slice(0, space), text.slice(space).replace(/^ +/, "")];
}

/** `year-month-day` or `month-day`; `~` in front of the day counts from the end of the month. */
function readDate(text: string): Read<DateFields> {
  const separators = text.match(/[-~]/g) ?? [];
  const parts = text.split(/[-~]/);
  const isFromEnd = separators.at(-1) === "~";
  if (separators.length < 1 || separators.length > 2 || (separators.length === 2 && separators[0] === "~"))
    return { problem: `"${text}" is no date and no time` };
  const [year = "*", month = "*", day = "*"] = parts.length === 2 ? ["*", ...parts] : parts;
  return combine(
    readField(year, fields.year),
    readField(month, fields.month),
    readField(day, isFromEnd ? fields.dayFromEnd : fields.day),
  )(([years, months, days]) => ({ years, months, days, isFromEnd }));
}

/** `hour:minute` or `hour:minute:second`. */
function readTime(text: string): Read<TimeFields> {
  const [hour = "", minute, second = "0", ...others] = text.split(":");
  if (minute === undefined || others.length > 0) return { problem: `"${text}" is no time` };
  return combine(
    readField(hour, fields.hour),
    readField(minute, fields.minute),
    readField(second, fields.micros),
  )(([hours, minutes, micros]) => ({ hours, minutes, micros }));
}

type Ranges = readonly Range[];

/** The first problem of three parts, or what is made of them. */
function combine(...parts: readonly [Read<Ranges>, Read<Ranges>, Read<Ranges>]) {
  return <T>(make: (values: readonly [Ranges, Ranges, Ranges]) => T): Read<T> => {
    const [a, b, c] = parts;
    if ("problem" in a) return a;
    if ("problem" in b) return b;
    if ("problem" in c) return c;
    return { value: make([a.value, b.value, c.value]) };
  };
}

/** `@` and the seconds since 1970: one time, in UTC whatever else is said. */
function epochCalendar(text: string, weekdays: ReadonlySet<number>): ParsedCalendar {
  const digits = /^@[ \t\n\v\f\r]*(\+?\d+|-0+)$/.exec(text)?.[1];
  const seconds = digits === undefined ? Number.NaN : Math.abs(Number(digits));
  const date = new Date(seconds * 1000);
  const year = date.getUTCFullYear();
  if (!(year <= fields.year.last))
    return {
      problem: `"${text}" is no time between 1970 and ${fields.year.last}`,
      hint: "write @ and seconds since 1970",
    };
  const only = (start: number) => [{ start, step: 0 }];
  return {
    value: {
      weekdays,
      years: only(year),
      months: only(date.getUTCMonth() + 1),
      days: only(date.getUTCDate()),
      isFromEnd: false,
      hours: only(date.getUTCHours()),
      minutes: only(date.getUTCMinutes()),
      micros: only(date.getUTCSeconds() * 1_000_000),
      zone: "UTC",
    },
  };
}
