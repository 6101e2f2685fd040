import { compareText } from "../lib/records.ts";

/** The API says "unset" in many ways; these leave all of them out. */

/** Absent members may come as `null` in what an Engine answers, whatever the types say. */
export function given<T>(value: T | null | undefined): value is T {
  return value !== undefined && value !== null;
}

/** Whether the API means nothing by it: `null`, `""`, `0`, `false`, `[]`, `{}`. */
function isUnset(value: unknown): boolean {
  if (!given(value) || value === "" || value === 0 || value === false) return true;
  return typeof value === "object" && Object.keys(value as object).length === 0;
}

/** Leaves out unset members, except those for which unset has another meaning than zero. */
export function prune<T extends object>(
  members: { readonly [K in keyof T]: T[K] | undefined },
  kept: readonly (keyof T & string)[] = [],
): T {
  return Object.fromEntries(
    Object.entries(members).filter(([name, value]) =>
      (kept as readonly string[]).includes(name) ? given(value) : !isUnset(value),
    ),
  ) as T;
}

/** A record of texts in the order of its names; an empty text is a value like any other. */
export function sortedTexts(
  texts: Readonly<Record<string, string>> | null | undefined,
): Record<string, string> | undefined {
  const entries = Object.entries(texts ?? {}).sort(([a], [b]) => compareText(a, b));
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/** A list whose order and repetitions have no meaning. */
export function sortedSet(texts: readonly string[] | null | undefined): readonly string[] | undefined {
  const sorted = [...new Set(texts ?? [])].sort(compareText);
  return sorted.length === 0 ? undefined : sorted;
}

export function sortedBy<T>(
  items: readonly T[] | null | undefined,
  key: (item: T) => string,
): readonly T[] | undefined {
  const sorted = [...(items ?? [])].sort((a, b) => compareText(key(a), key(b)));
  return sorted.length === 0 ? undefined : sorted;
}
