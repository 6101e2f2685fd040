import { type Field, fields, microsPerSecond, type Range } from "./ranges.ts";

/** A part of an expression as read, or one sentence on why it cannot be. */
export type Read<T> = { readonly value: T } | { readonly problem: string };

interface Spelling {
  readonly pattern: RegExp;
  /** The value of digits; seconds may have a fraction. */
  readonly numberOf: (text: string) => number;
  /** Distance of the values of a range without `/`. */
  readonly step: number;
}

const integers: Spelling = {
  pattern: /^(\d+)(?:\.\.(\d+))?(?:\/(\d+))?$/,
  numberOf: Number,
  step: 1,
};

const seconds: Spelling = {
  pattern: /^(\d+(?:\.\d+)?)(?:\.\.(\d+(?:\.\d+)?))?(?:\/(\d+(?:\.\d+)?))?$/,
  numberOf: microsOf,
  step: microsPerSecond,
};

/** systemd's own limit on the parts of a list. */
const maxParts = 241;

/** systemd's own limit on numbers, microseconds included. */
const maxNumber = 2 ** 31 - 1;

/**
 * One field of an expression: `*`, or a list of `value`, `from..to` and `value/step` (systemd.time(7)). `*` is an empty
 * list, but for seconds it is every whole second.
 */
export function readField(text: string, field: Field): Read<readonly Range[]> {
  const isSeconds = field === fields.micros;
  if (text === "*") return { value: isSeconds ? [{ start: 0, step: microsPerSecond }] : [] };
  const parts = text.split(",");
  if (parts.length > maxParts) return { problem: `more than ${maxParts} values in a list of ${field.name}s` };
  const ranges: Range[] = [];
  for (const part of parts) {
    const read = readRange(part, field, isSeconds ? seconds : integers);
    if ("problem" in read) return read;
    ranges.push(read.value);
  }
  return { value: ranges };
}

function readRange(text: string, field: Field, { pattern, numberOf, step: usual }: Spelling): Read<Range> {
  const match = pattern.exec(text);
  if (match === null) return { problem: `"${text}" is no ${field.name}` };
  const [, first = "", last, every] = match;
  const start = fullYear(numberOf(first), field);
  const stop = last === undefined ? undefined : fullYear(numberOf(last), field);
  const step = every !== undefined ? numberOf(every) : stop === undefined ? 0 : usual;
  const outside = outsideOf(first, start, field);
  if (outside !== undefined) return { problem: outside };
  if (Math.max(stop ?? 0, step) > maxNumber) return { problem: `"${text}" is too large a number` };
  if (every !== undefined && step === 0) return { problem: `"${text}" has a step of 0` };
  if (stop === undefined) return openRange(text, { start, step }, field);
  const isTooShort = every === undefined && field === fields.micros && start + step > stop;
  if (isTooShort) return { problem: `"${text}" is shorter than a second, and has no step` };
  return closedRange(text, { start, stop, step }, field);
}

/** Goes on to the end of the field, and must get further than its start. */
function openRange(text: string, range: Range, field: Field): Read<Range> {
  const room = field === fields.dayFromEnd ? range.start - field.first : field.last - range.start;
  return range.step > room ? { problem: `"${text}" never gets to a second ${field.name}` } : { value: range };
}

/** It ends with the last value that its step gets to; only that one must be inside the field. */
function closedRange(text: string, { start, stop, step }: Required<Range>, field: Field): Read<Range> {
  if (stop < start) return { problem: `"${text}" ends before it begins` };
  const last = stop - ((stop - start) % step);
  if (last === start) return { value: { start, step: 0 } };
  const outside = outsideOf(text, last, field);
  return outside === undefined ? { value: { start, stop: last, step } } : { problem: outside };
}

function outsideOf(text: string, value: number, { name, first, last }: Field): string | undefined {
  if (value >= first && value <= last) return undefined;
  const shown = name === fields.micros.name ? [0, 59] : [first, last];
  return `${name} ${text} is not between ${shown.join(" and ")}`;
}

/** Years of two digits are those from 1970 to 2069. */
function fullYear(value: number, field: Field): number {
  if (field !== fields.year || value >= 100) return value;
  return value < 70 ? value + 2000 : value + 1900;
}

/** Digits after the sixth round the microsecond. */
function microsOf(text: string): number {
  const [whole = "", fraction = ""] = text.split(".");
  const micros = Number(fraction.slice(0, 6).padEnd(6, "0")) + (fraction.charAt(6) >= "5" ? 1 : 0);
  return Number(whole) * microsPerSecond + micros;
}
