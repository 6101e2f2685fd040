import fc from "fast-check";
import type { Question } from "./oracle.ts";

const zones = [
  ...[
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "America/Sao_Paulo",
  ],
  ...[
    "Pacific/Apia",
    "Africa/Cairo",
    "America/Santiago",
    "Asia/Tehran",
    "Pacific/Chatham",
    "Antarctica/Troll",
  ],
  ...["America/St_Johns", "Asia/Beirut", "Asia/Kolkata", "US/Pacific", "Nowhere/Land"],
];

/** Near changes of clocks, leap days and ends of years. */
const moments = [
  ...["1970-01-01T00:00:00Z", "2011-12-29T00:00:00Z", "2018-11-03T20:10:00Z", "2019-02-16T20:10:00Z"],
  ...["2022-03-21T00:00:00Z", "2023-04-27T20:00:00Z", "2023-12-31T23:59:59Z", "2024-02-28T12:00:00Z"],
  ...["2024-03-30T22:13:05Z", "2024-03-31T00:59:59Z", "2024-04-06T10:00:00Z", "2024-10-05T12:00:00Z"],
  ...["2024-10-26T23:40:00Z", "2024-10-27T00:20:00Z", "2024-10-27T01:20:00Z", "2026-06-15T00:00:00Z"],
  "2099-02-27T00:00:00Z",
].map((text) => Date.parse(text));

const maybe = (part: fc.Arbitrary<string>) => fc.oneof(fc.constant(""), part);

function number(first: number, last: number): fc.Arbitrary<string> {
  return fc
    .tuple(fc.integer({ min: first, max: last }), fc.boolean())
    .map(([value, isPadded]) => (isPadded ? String(value).padStart(2, "0") : String(value)));
}

function decimal(first: number, last: number): fc.Arbitrary<string> {
  const fraction = fc.stringMatching(/^\d{1,8}$/).map((digits) => `.${digits}`);
  const rarely = fc.oneof({ weight: 4, arbitrary: fc.constant("") }, { weight: 1, arbitrary: fraction });
  return fc.tuple(number(first, last), rarely).map((parts) => parts.join(""));
}

/**
 * One value or range of a field; now and then one that is out of bounds. A repetition without an end divides its field
 * evenly: where it does not, systemd 252 leaves out the first values of a new month.
 */
function component(
  value: (first: number, last: number) => fc.Arbitrary<string>,
  [first, last]: readonly [number, number],
  even: readonly string[],
): fc.Arbitrary<string> {
  const step = value(1, Math.max(1, Math.floor((last - first) / 2)));
  const range = fc
    .tuple(value(first, last), value(first, last + 1), fc.integer({ min: 0, max: 5 }), maybe(step))
    .map(([a, b, chance, every]) => {
      const [from, to] = chance > 0 && Number(a) > Number(b) ? [b, a] : [a, b];
      return `${from}..${to}${every === "" ? "" : `/${every}`}`;
    });
  return fc.oneof(
    { weight: 6, arbitrary: value(first, last) },
    { weight: 3, arbitrary: range },
    { weight: 2, arbitrary: fc.constantFrom(...even) },
  );
}

function list(item: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const several = fc.array(item, { minLength: 1, maxLength: 3 }).map((items) => items.join(","));
  return fc.oneof({ weight: 2, arbitrary: fc.constant("*") }, { weight: 3, arbitrary: several });
}

const years = list(component(number, [2010, 2100], ["2024/1", "1970/1"]));
const months = list(component(number, [1, 12], ["1/3", "01/2", "1/1"]));
const days = list(component(number, [1, 31], ["1..31/7", "01/1"]));
// systemd 252 refuses large days from the end in a list.
const daysFromEnd = fc.oneof(
  list(component(number, [1, 18], ["7/1"])),
  component(number, [1, 28], ["7/1", "10/2"]),
);
const hours = list(component(number, [0, 23], ["0/2", "00/6", "0/1"]));
const minutes = list(component(number, [0, 59], ["0/5", "00/15", "0/1"]));
const seconds = list(component(decimal, [0, 59], ["0/10", "0/0.5", "00/1"]));

const weekday = fc.constantFrom("Mon", "tue", "WED", "Thursday", "Fri", "Saturday", "sun");
const weekdays = fc
  .array(
    fc.oneof(
      weekday,
      fc.tuple(weekday, fc.constantFrom("..", "-"), weekday).map((parts) => parts.join("")),
    ),
    { minLength: 1, maxLength: 2 },
  )
  .map((parts) => parts.join(","));

const dayPart = fc.oneof(
  { weight: 3, arbitrary: days.map((text) => `-${text}`) },
  { weight: 1, arbitrary: daysFromEnd.map((text) => `~${text}`) },
);
const date = fc.tuple(maybe(years.map((text) => `${text}-`)), months, dayPart).map((parts) => parts.join(""));
const time = fc
  .tuple(hours, minutes, maybe(seconds.map((text) => `:${text}`)))
  .map(([hour, minute, second]) => `${hour}:${minute}${second}`);

const expression = fc
  .tuple(maybe(weekdays), maybe(date), maybe(time), maybe(fc.constantFrom(...zones)))
  .map((parts) => parts.filter((part) => part !== "").join(" "));

/** Expressions, most of them valid, each with a moment to begin at. */
export const questions: fc.Arbitrary<Question> = fc.record({
  expression,
  after: fc.constantFrom(...moments),
});
