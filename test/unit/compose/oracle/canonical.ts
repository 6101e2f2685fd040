/** The form in which a compiled stack and a normalised model are compared. Times are seconds, sizes bytes. */
export interface CanonicalStack {
  readonly services: Readonly<Record<string, unknown>>;
  readonly networks: Readonly<Record<string, unknown>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

/** Without what says nothing: `undefined`, `null`, empty lists and mappings. Keys in order. */
export function compactValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => compactValue(item) ?? null);
  if (value === null || typeof value !== "object") return value ?? undefined;
  const entries = Object.entries(value)
    .map(([key, item]) => [key, compactValue(item)] as const)
    .filter(([, item]) => item !== undefined && !isEmpty(item))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries);
}

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

/** A list whose order says nothing. */
export function asSet<T>(items: readonly T[] | null | undefined): readonly T[] | undefined {
  if (!items) return undefined;
  const byText = new Map(items.map((item) => [JSON.stringify(compactValue(item)), item]));
  return [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item);
}
