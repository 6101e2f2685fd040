import { formatBytes, parseBytes } from "../lib/bytes.ts";
import { parseGoDuration } from "../lib/duration.ts";
import { didYouMean } from "../lib/suggest.ts";
import { parseGoInteger, splitPair } from "./go-values.ts";
import { mark, type RunDraft, refuse } from "./run-draft.ts";
import { signalName } from "./signals.ts";
import type { Word } from "./words.ts";

/** Reads a flag's value; `undefined` after a mistake was reported. */
export type Reader<T> = (value: Word, draft: RunDraft) => T | undefined;

/** Any text. */
export const anyText: Reader<string> = (value) => value.text;

/** Text; an empty one leaves the image's default (`null`), as in Docker. */
export const optionalText: Reader<string | null> = (value) => (value.text === "" ? null : value.text);

export const someText: Reader<string> = (value, draft) =>
  value.text.trim() === "" ? refuse(draft, value, "the value is empty") : value.text;

/** The value as the only item of a list. */
export function oneItem<T>(read: Reader<T>): Reader<readonly T[]> {
  return (value, draft) => {
    const item = read(value, draft);
    return item === undefined ? undefined : [item];
  };
}

/** A boolean as Go's strconv.ParseBool reads it. */
export const readBoolean: Reader<boolean> = (value, draft) => {
  if (/^(?:1|t|T|true|TRUE|True)$/.test(value.text)) return true;
  if (/^(?:0|f|F|false|FALSE|False)$/.test(value.text)) return false;
  return refuse(draft, value, `"${value.text}" is neither true nor false`);
};

/** A whole number within bounds. */
export function integerOf(min: number, max: number): Reader<number> {
  return (value, draft) => {
    const number = parseGoInteger(value.text) ?? Number.NaN;
    if (number >= min && number <= max) return number;
    const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
    return refuse(draft, value, `"${value.text}" is not a whole number ${range}`);
  };
}

/** Zero, or a whole number within bounds; zero is the default (`null`). */
export function integerOrDefault(min: number, max: number): Reader<number | null> {
  const read = integerOf(min, max);
  return (value, draft) => (parseGoInteger(value.text) === 0 ? null : read(value, draft));
}

/** A number that is written without a sign. */
export function unsigned<T>(read: Reader<T>): Reader<T> {
  return (value, draft) =>
    /^[+-]/.test(value.text) ? refuse(draft, value, `"${value.text}" has a sign`) : read(value, draft);
}

/** A whole number within bounds; a negative one is without limit (-1). */
export function integerOrUnlimited(min: number, max: number): Reader<number | null> {
  const read = integerOrDefault(min, max);
  return (value, draft) => ((parseGoInteger(value.text) ?? 0) < 0 ? -1 : read(value, draft));
}

/** A size in bytes of at least `min`; zero is the default (`null`). */
export function sizeOf(min: number): Reader<number | null> {
  return (value, draft) => {
    const bytes = parseBytes(value.text);
    if (bytes === undefined) {
      return refuse(
        draft,
        value,
        `"${value.text}" is not a size`,
        "write a number with k, m or g, such as 512m",
      );
    }
    if (bytes === 0) return null;
    if (bytes >= min) return bytes;
    return refuse(draft, value, `"${value.text}" is less than the least size of ${formatBytes(min)}`);
  };
}

/** A size, or -1 for no limit. */
export const sizeOrUnlimited: Reader<number | null> = (value, draft) =>
  value.text === "-1" ? -1 : sizeOf(1)(value, draft);

/** Milliseconds of a Go duration; zero is the default (`null`). */
export const readDuration: Reader<number | null> = (value, draft) => {
  const ms = parseGoDuration(value.text.replace(/^\+/, ""));
  if (ms === undefined) {
    return refuse(
      draft,
      value,
      `"${value.text}" is not a duration`,
      "write a number with a unit, such as 30s or 1m30s",
    );
  }
  if (ms === 0 || ms >= 1) return ms === 0 ? null : ms;
  return refuse(draft, value, `"${value.text}" is less than 1ms`);
};

const leastCpus = 10_000_000;

/** Billionths of a core from a number of cores; zero is the default (`null`). */
export const readCpus: Reader<number | null> = (value, draft) => {
  const nano = billionths(value.text);
  if (nano === undefined)
    return refuse(draft, value, `"${value.text}" is not a number of CPUs`, "write for example 1.5");
  if (nano === 0 || nano >= leastCpus) return nano === 0 ? null : nano;
  return refuse(draft, value, `"${value.text}" is less than the least number of CPUs, 0.01`);
};

/** A positive number of Go's `big.Rat` (`1.5`, `.5`, `15e-1`, `3/2`) in billionths, which it must be a multiple of. */
function billionths(text: string): number | undefined {
  const match = /^\+?(?:(\d+)\/(\d+)|(?=\.?\d)(\d*)\.?(\d*)(?:e([+-]?\d{1,2}))?)$/i.exec(text);
  if (match === null) return undefined;
  const [, numerator, denominator = "1", whole = "", fraction = "", exponent = "0"] = match;
  const shift = numerator === undefined ? 9 + Number(exponent) - fraction.length : 9;
  const above = BigInt(numerator ?? `${whole}${fraction}`) * 10n ** BigInt(Math.max(shift, 0));
  const below = BigInt(denominator) * 10n ** BigInt(Math.max(-shift, 0));
  return below === 0n || above % below !== 0n ? undefined : Number(above / below);
}

export const readSignal: Reader<string> = (value, draft) =>
  signalName(value.text) ??
  refuse(draft, value, `"${value.text}" is not a signal`, "write a signal such as SIGTERM or SIGQUIT");

/** An absolute path inside the container, without a slash at its end. */
export const absolutePath: Reader<string> = (value, draft) => {
  if (!value.text.startsWith("/")) {
    return refuse(draft, value, `"${value.text}" is not an absolute path`, "write a path that begins with /");
  }
  return value.text.length > 1 ? value.text.replace(/\/+$/, "") || "/" : value.text;
};

/** One of a few words, or one that a pattern allows (`container:NAME`). */
export function wordOf(words: readonly string[], pattern?: RegExp): Reader<string | null> {
  return (value, draft) => {
    if (value.text === "") return null;
    if (words.includes(value.text) || pattern?.test(value.text)) return value.text;
    const hint = didYouMean(value.text, words) ?? `one of: ${words.join(", ")}`;
    return refuse(draft, value, `"${value.text}" is not possible here`, hint);
  };
}

export function matching(pattern: RegExp, what: string, hint?: string): Reader<string> {
  return (value, draft) =>
    pattern.test(value.text) ? value.text : refuse(draft, value, `"${value.text}" is not ${what}`, hint);
}

interface PairRules {
  /** What a pair is, for people. */
  readonly what: string;
  /** Whether there is such a name. */
  readonly isName?: (name: string) => boolean;
  /** A name alone has an empty value. */
  readonly nameAlone?: true;
}

/** `NAME=VALUE` into a map of the draft's field; the last one of a name wins. */
export function pairInto(
  field: "sysctls" | "annotations" | "storageOptions",
  { what, isName = () => true, nameAlone }: PairRules,
): (value: Word, draft: RunDraft) => void {
  return (value, draft) => {
    const pair = splitPair(value.text);
    const isComplete = pair.value !== undefined || nameAlone === true;
    if (pair.key === "" || !isComplete || !isName(pair.key)) {
      refuse(draft, value, `"${value.text}" is not ${what}`, "write NAME=VALUE");
      return;
    }
    draft.fields[field] = { ...draft.fields[field], [pair.key]: pair.value ?? "" };
    mark(draft, field, value);
  };
}

const ipv4Pattern = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;

export function isIpv4(text: string): boolean {
  return ipv4Pattern.test(text);
}

export function isIpv6(text: string): boolean {
  const embedded = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (embedded) return isIpv4(embedded[2] ?? "") && isIpv6(`${embedded[1]}0:0`);
  const halves = text.split("::");
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === "" ? [] : half.split(":")));
  if (!groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return false;
  return halves.length === 2 ? groups.length < 8 : groups.length === 8;
}

export const readIp: Reader<string> = (value, draft) => {
  const text = value.text.trim();
  return isIpv4(text) || isIpv6(text) ? text : refuse(draft, value, `"${value.text}" is not an IP address`);
};
