import { nextElapse, parseCalendar } from "../calendar/calendar.ts";
import { parseSystemdDuration } from "../lib/duration.ts";
import type { TimerSpec } from "../model/timer.ts";
import { expandSpecifiers } from "./specifiers.ts";
import type { Assignment, UnitFile } from "./unit-file.ts";
import type { UnitScope } from "./unit-scope.ts";
import { wholeWord } from "./words.ts";

export type Triggers = Pick<
  TimerSpec,
  "calendars" | "onBootMs" | "onActiveMs" | "onUnitActiveMs" | "onUnitInactiveMs"
>;

const spanKeys = ["OnBootSec", "OnActiveSec", "OnStartupSec", "OnUnitActiveSec", "OnUnitInactiveSec"];

/** Spans that begin again with every run: 0 would run the job without a pause. */
const repeatingKeys = ["OnUnitActiveSec", "OnUnitInactiveSec"];

/** Everything in [Timer] that says when. Assignments add up, and an empty one of any of them drops all before it (systemd.timer(5)). */
export function readTriggers(file: UnitFile, scope: UnitScope): Triggers {
  const all = file.assignments.filter(
    ({ section, key }) => section === "Timer" && (key === "OnCalendar" || spanKeys.includes(key)),
  );
  const items = all.slice(all.findLastIndex(({ value }) => value.text === "") + 1);
  const of = (...keys: readonly string[]) => items.filter(({ key }) => keys.includes(key));
  const spansOf = (...keys: readonly string[]) =>
    sortedNumbers(of(...keys).flatMap((item) => readSpan(item, scope)));
  if (items.length === 0) reportNone(file, scope);
  else if (items.every(({ key }) => repeatingKeys.includes(key))) reportNoBeginning(items, scope);
  return {
    calendars: [...new Set(of("OnCalendar").flatMap((item) => readCalendar(item, scope)))].sort(),
    onBootMs: spansOf("OnBootSec"),
    onActiveMs: spansOf("OnActiveSec", "OnStartupSec"),
    onUnitActiveMs: spansOf("OnUnitActiveSec"),
    onUnitInactiveMs: spansOf("OnUnitInactiveSec"),
  };
}

function readCalendar(item: Assignment, scope: UnitScope): string[] {
  const { text } = expandSpecifiers(wholeWord(item.value), scope);
  const { value, problem, hint } = parseCalendar(text);
  if (value === undefined) {
    scope.sink.error(item.position, "invalid-calendar", `OnCalendar= cannot be "${text}": ${problem}`, hint);
    return [];
  }
  if (nextElapse(value, -1) === undefined) {
    const message = `OnCalendar=${text} is a time that never comes`;
    scope.sink.warning(item.position, "never-elapses", message, "remove it, or write a date that there is");
  }
  return [text];
}

function readSpan(item: Assignment, scope: UnitScope): number[] {
  const { text } = expandSpecifiers(wholeWord(item.value), scope);
  const ms = parseSystemdDuration(text);
  if (ms === undefined || !Number.isFinite(ms)) {
    const message = `${item.key}= cannot be "${text}"`;
    scope.sink.error(item.position, "invalid-duration", message, "write a time span such as 15min or 1d 12h");
    return [];
  }
  if (ms === 0 && repeatingKeys.includes(item.key)) {
    const message = `${item.key}=${text} would run the job again and again without a pause`;
    scope.sink.error(item.position, "out-of-range", message, "write a time span above 0");
    return [];
  }
  return [ms];
}

function reportNone(file: UnitFile, { path, sink }: UnitScope): void {
  const place = file.sections.find(({ name }) => name === "Timer")?.position ?? {
    file: path,
    line: 1,
    column: 1,
  };
  sink.error(
    place,
    "no-trigger",
    "the timer says no time",
    "write OnCalendar=daily, or OnActiveSec= and OnUnitActiveSec=",
  );
}

function reportNoBeginning(items: readonly Assignment[], { sink }: UnitScope): void {
  for (const { key, keyPosition } of items.slice(0, 1)) {
    const message = `${key}= counts from a run, and nothing says when the first one is`;
    sink.warning(keyPosition, "never-elapses", message, "add OnActiveSec=, OnBootSec= or OnCalendar=");
  }
}

function sortedNumbers(numbers: readonly number[]): number[] {
  return [...new Set(numbers)].sort((a, b) => a - b);
}
