import { nextWall, type Wall } from "./next-wall.ts";
import { parseExpression } from "./parse-expression.ts";
import { fields, type Range } from "./ranges.ts";
import { isTimeZone, offsetAt, resolveWall } from "./time-zone.ts";

/** A calendar event expression (systemd.time(7)) as read. An empty list of a field stands for every value. */
export interface Calendar {
  /** Days of the week, Monday is 0; none at all stand for every day. */
  readonly weekdays: ReadonlySet<number>;
  readonly years: readonly Range[];
  readonly months: readonly Range[];
  readonly days: readonly Range[];
  /** Days are counted from the last of the month, which is 1. */
  readonly isFromEnd: boolean;
  readonly hours: readonly Range[];
  readonly minutes: readonly Range[];
  /** Microseconds of the minute. */
  readonly micros: readonly Range[];
  /** Name of a time zone that is known. */
  readonly zone: string;
}

/** One of the two: the calendar, or one sentence on why the text is none. */
export interface ParsedCalendar {
  readonly value?: Calendar;
  readonly problem?: string;
  /** What to write instead. */
  readonly hint?: string;
}

const dayMs = 86_400_000;

/** In no time zone is it still 2199. */
const lastMs = Date.UTC(fields.year.last + 1, 0, 2);

/**
 * Reads what `OnCalendar=` may say, as systemd 252 reads it (systemd.time(7), "Calendar Events"). It never throws.
 *
 * @param defaultZone of expressions that name none
 */
export function parseCalendar(text: string, defaultZone = "UTC"): ParsedCalendar {
  if (!isTimeZone(defaultZone)) return { problem: `"${defaultZone}" is no time zone` };
  return parseExpression(text, defaultZone);
}

/**
 * The first time of a calendar after another one, both in epoch milliseconds; fractions are microseconds. Nothing when
 * there is none until the end of 2199.
 *
 * Where clocks are put forward, the times that are left out are not made up for. Where they are put back, a time that
 * comes twice counts once, the first time; only a search that begins in the second hour finds times of that hour.
 */
export function nextElapse(calendar: Calendar, afterMs: number): number | undefined {
  if (!(afterMs < lastMs)) return undefined;
  const { zone } = calendar;
  const after = Math.max(-1, Math.round(afterMs * 1000));
  let from = wallAt(zone, after + 1);
  for (;;) {
    const wall = nextWall(calendar, from);
    if (wall === undefined) return undefined;
    const micros = wall.micros % 1000;
    const wallMs = wall.day * dayMs + (wall.micros - micros) / 1000;
    const resolved = resolveWall(zone, wallMs, (after - micros) / 1000);
    if ("instant" in resolved) return (resolved.instant * 1000 + micros) / 1000;
    from = wallOf(resolved.gapEnd, 0);
  }
}

/** @param epochMicros microseconds */
function wallAt(zone: string, epochMicros: number): Wall {
  const epochMs = Math.floor(epochMicros / 1000);
  return wallOf(epochMs + offsetAt(zone, epochMs), epochMicros - epochMs * 1000);
}

function wallOf(wallMs: number, micros: number): Wall {
  const day = Math.floor(wallMs / dayMs);
  return { day, micros: (wallMs - day * dayMs) * 1000 + micros };
}
