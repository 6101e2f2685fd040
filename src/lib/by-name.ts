const known = new WeakMap<object, ReadonlyMap<string, { readonly name: string }>>();

/** Named things by their names; made once for each list, which must not change. */
export function byName<T extends { readonly name: string }>(items: readonly T[]): ReadonlyMap<string, T> {
  const found = known.get(items) as ReadonlyMap<string, T> | undefined;
  if (found !== undefined) return found;
  const made = new Map(items.map((item) => [item.name, item]));
  known.set(items, made);
  return made;
}
