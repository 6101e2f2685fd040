/** Some values of one field of an expression: `start`, or `start`, `start + step`, … up to `stop`. */
export interface Range {
  readonly start: number;
  /** Absent: up to the field's last value. */
  readonly stop?: number;
  /** 0: the start alone. */
  readonly step: number;
}

/** The values that a field may have, and what it is called in messages. */
export interface Field {
  readonly name: string;
  readonly first: number;
  readonly last: number;
}

/** Seconds are read and kept as microseconds. */
export const microsPerSecond = 1_000_000;

export const fields = {
  year: { name: "year", first: 1970, last: 2199 },
  month: { name: "month", first: 1, last: 12 },
  day: { name: "day", first: 1, last: 31 },
  /** A distance from the end of a month, which must be there in every month. */
  dayFromEnd: { name: "day", first: 1, last: 28 },
  hour: { name: "hour", first: 0, last: 23 },
  minute: { name: "minute", first: 0, last: 59 },
  micros: { name: "second", first: 0, last: 60 * microsPerSecond - 1 },
} satisfies Record<string, Field>;

/**
 * The smallest value of some ranges that is neither before `from` nor after `last`.
 *
 * @param ranges none at all stand for every value
 */
export function earliest(ranges: readonly Range[], from: number, last: number): number | undefined {
  if (ranges.length === 0) return from <= last ? from : undefined;
  let best: number | undefined;
  for (const { start, stop = last, step } of ranges) {
    if (start < from && step === 0) continue;
    const value = start >= from ? start : start + Math.ceil((from - start) / step) * step;
    if (value <= Math.min(stop, last) && (best === undefined || value < best)) best = value;
  }
  return best;
}

/** Days counted from the end of a month as days of a month of this length. */
export function daysFromEnd(ranges: readonly Range[], monthLength: number): readonly Range[] {
  return ranges.map(({ start, stop, step }) =>
    stop === undefined
      ? { start: monthLength + 1 - start, step }
      : { start: monthLength + 1 - stop, stop: monthLength + 1 - start, step },
  );
}
