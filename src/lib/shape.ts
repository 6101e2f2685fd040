/**
 * Readers for data that an earlier run, another version or a broken disk left behind: each takes anything and answers
 * what it is, or that it does not fit. They never throw and copy only what they know.
 */

const unfit = Symbol("does not fit");
export type Read<T> = (value: unknown) => T | typeof unfit;

/** A member that may be absent. */
interface Optional<T> {
  readonly optional: Read<T>;
}

/** One reader for each member of the type: a member that is added to it must be added here. */
type Members<T> = {
  readonly [K in keyof T]-?: Partial<Pick<T, K>> extends Pick<T, K>
    ? Optional<Exclude<T[K], undefined>>
    : Read<T[K]>;
};

export function fits<T>(value: T | typeof unfit): value is T {
  return value !== unfit;
}

export const text: Read<string> = (value) => (typeof value === "string" ? value : unfit);

/** A finite number that is not negative: a duration, a count. */
export const amount: Read<number> = (value) =>
  typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : unfit;

const timePattern = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/;

/** ISO 8601 with a zone, as text. */
export const time: Read<string> = (value) =>
  typeof value === "string" && timePattern.test(value) && !Number.isNaN(Date.parse(value)) ? value : unfit;

/** The keys of the table, which names every member of the union: `{ apply: true, … } satisfies Record<Command, true>`. */
export function word<T extends string>(table: Readonly<Record<T, true>>): Read<T> {
  return (value) => (typeof value === "string" && Object.hasOwn(table, value) ? (value as T) : unfit);
}

export function oneOf<T>(values: readonly T[]): Read<T> {
  return (value) => values.find((one) => one === value) ?? unfit;
}

export function optional<T>(read: Read<T>): Optional<T> {
  return { optional: read };
}

/** A list all of whose members fit. */
export function listOf<T>(read: Read<T>): Read<readonly T[]> {
  return (value) => {
    const { members, dropped } = membersThatFit(value, read);
    return value !== undefined && dropped === 0 ? members : unfit;
  };
}

/** The members that fit, and how many do not; an absent list is empty, what is no list counts as one. */
export function membersThatFit<T>(value: unknown, read: Read<T>): { members: readonly T[]; dropped: number } {
  if (value === undefined) return { members: [], dropped: 0 };
  if (!Array.isArray(value)) return { members: [], dropped: 1 };
  const members = value.map(read).filter(fits);
  return { members, dropped: value.length - members.length };
}

/** An object with these members; others it may have are left out. */
export function object<T extends object>(members: Members<T>): Read<T> {
  const readers = Object.entries(members) as [string, Read<unknown> | Optional<unknown>][];
  return (value) => {
    if (!isObject(value)) return unfit;
    const entries: [string, unknown][] = [];
    for (const [name, reader] of readers) {
      const member = Object.hasOwn(value, name) ? value[name] : undefined;
      if (member === undefined && typeof reader !== "function") continue;
      const read = (typeof reader === "function" ? reader : reader.optional)(member);
      if (!fits(read)) return unfit;
      entries.push([name, read]);
    }
    return Object.fromEntries(entries) as T;
  };
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
