/** JSON with sorted keys and without `undefined` members: equal values give equal text. */
export function stableJson(value: unknown, indent?: number): string {
  return JSON.stringify(sortKeys(value), null, indent);
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (value instanceof Map) return sortKeys(Object.fromEntries(value));
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  const sorted: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))) {
    if (member !== undefined) sorted[key] = sortKeys(member);
  }
  return sorted;
}

/** Whether both give the same JSON; quicker than making it. */
export function deepEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a === "string" || typeof b === "string") return false;
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, index) => deepEqual(item, b[index]));
  return isPlain(a) && isPlain(b) ? sameMembers(a, b) : stableJson(a) === stableJson(b);
}

function sameMembers(a: Record<string, unknown>, b: Record<string, unknown>): boolean {
  const isGiven = (record: Record<string, unknown>) => (name: string) => record[name] !== undefined;
  const names = Object.keys(a).filter(isGiven(a));
  return (
    names.length === Object.keys(b).filter(isGiven(b)).length &&
    names.every((name) => Object.hasOwn(b, name) && deepEqual(a[name], b[name]))
  );
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
