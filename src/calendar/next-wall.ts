import type { Calendar } from "./calendar.ts";
import { daysFromEnd, earliest, fields, microsPerSecond } from "./ranges.ts";

/** A time that clocks show: days since 1970-01-01, and microseconds of the day. */
export interface Wall {
  readonly day: number;
  readonly micros: number;
}

const dayMs = 86_400_000;
const minuteMicros = 60 * microsPerSecond;
const hourMicros = 60 * minuteMicros;

/**
 * The first time of a calendar that is not before `from`, on clocks that are never changed. It goes from field to field
 * and not from second to second, so that its cost does not depend on how far away the time is.
 */
export function nextWall(calendar: Calendar, from: Wall): Wall | undefined {
  const first = nextDate(calendar, from.day);
  const today = first === from.day ? nextTime(calendar, from.micros) : undefined;
  if (today !== undefined) return { day: from.day, micros: today };
  const day = first === from.day ? nextDate(calendar, from.day + 1) : first;
  const micros = nextTime(calendar, 0);
  return day === undefined || micros === undefined ? undefined : { day, micros };
}

function nextDate(calendar: Calendar, from: number): number | undefined {
  const date = new Date(from * dayMs);
  const [fromYear, fromMonth, fromDay] = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()];
  for (const year of valuesOf(calendar.years, fromYear, fields.year.last)) {
    const firstMonth = year === fromYear ? fromMonth : 1;
    for (const month of valuesOf(calendar.months, firstMonth, fields.month.last)) {
      const firstDay = year === fromYear && month === fromMonth ? fromDay : 1;
      const found = nextDay(calendar, { year, month, day: firstDay });
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** The first date of the calendar in the rest of a month. */
function nextDay(
  calendar: Calendar,
  { year, month, day: from }: { readonly year: number; readonly month: number; readonly day: number },
): number | undefined {
  const before = Date.UTC(year, month - 1, 0) / dayMs;
  const length = Date.UTC(year, month, 0) / dayMs - before;
  const days = calendar.isFromEnd ? daysFromEnd(calendar.days, length) : calendar.days;
  for (const day of valuesOf(days, from, length)) {
    // 1970-01-01 was a Thursday.
    const weekday = (before + day + 3) % 7;
    if (calendar.weekdays.size === 0 || calendar.weekdays.has(weekday)) return before + day;
  }
  return undefined;
}

/** Microseconds of the day. */
function nextTime(calendar: Calendar, from: number): number | undefined {
  const fromHour = Math.floor(from / hourMicros);
  const fromMinute = Math.floor((from % hourMicros) / minuteMicros);
  for (const hour of valuesOf(calendar.hours, fromHour, fields.hour.last)) {
    for (const minute of valuesOf(calendar.minutes, hour === fromHour ? fromMinute : 0, fields.minute.last)) {
      const isFirst = hour === fromHour && minute === fromMinute;
      const micros = earliest(calendar.micros, isFirst ? from % minuteMicros : 0, fields.micros.last);
      if (micros !== undefined) return hour * hourMicros + minute * minuteMicros + micros;
    }
  }
  return undefined;
}

function* valuesOf(ranges: Calendar["days"], from: number, last: number): Generator<number> {
  for (
    let value = earliest(ranges, from, last);
    value !== undefined;
    value = earliest(ranges, value + 1, last)
  ) {
    yield value;
  }
}
