import type { Read } from "./parse-field.ts";

const names = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

const word =
  /^(?:mon(?:day)?|tue(?:sday)?|wed(?:nesday)?|thu(?:rsday)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?)/i;

/** The days of the week in front of an expression, Monday is 0; none at all stand for every day. */
export interface Weekdays {
  readonly days: ReadonlySet<number>;
  /** What comes after them. */
  readonly rest: string;
}

/** `Mon,Wed..Fri` in front of an expression (systemd.time(7)). A comma may stand at the end; `-` is as `..`. */
export function readWeekdays(text: string): Read<Weekdays> {
  const days = new Set<number>();
  let rest = text;
  let from: number | undefined;
  for (;;) {
    const found = word.exec(rest)?.[0];
    if (found === undefined) {
      if (days.size === 0) return { value: { days, rest } };
      return { problem: `"${rest}" is no day of the week` };
    }
    rest = rest.slice(found.length);
    if (rest !== "" && !/^(?:[-, ]|\.\.)/.test(rest))
      return { problem: `"${found}${rest}" is no day of the week` };
    const day = names.findIndex((name) => name.startsWith(found.slice(0, 3).toLowerCase()));
    if (from !== undefined && from > day)
      return { problem: "the range of weekdays ends before it begins; a week begins on Monday" };
    for (let each = from ?? day; each <= day; each++) days.add(each);
    const separator = /^(?:\.\.|[-,])?/.exec(rest)?.[0] ?? "";
    if (separator !== "" && separator !== "," && from !== undefined)
      return { problem: "a range of weekdays has two ends" };
    from = separator === "" || separator === "," ? undefined : day;
    rest = rest.slice(separator.length);
    if (separator === "" || rest === "" || rest.startsWith(" ")) {
      if (from !== undefined) return { problem: "the range of weekdays has no end" };
      return { value: { days, rest: rest.replace(/^ +/, "") } };
    }
  }
}
