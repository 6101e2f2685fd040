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

export function deepEqual(a: unknown, b: unknown): boolean {
  return stableJson(a) === stableJson(b);
}
