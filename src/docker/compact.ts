/** Leaves out the members that are `undefined`: the Engine and our own diff tell an absent member from a set one. */
export function compact<T extends object>(members: { readonly [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as T;
}

/** `undefined` for the values by which the Engine says "not set": null, "", 0, false, [] and {}. */
export function unlessEmpty<T>(value: T | null | undefined): T | undefined {
  if (value === null || value === undefined || value === "" || value === 0 || value === false)
    return undefined;
  if (Array.isArray(value)) return value.length === 0 ? undefined : value;
  return typeof value === "object" && Object.keys(value).length === 0 ? undefined : value;
}

/** Orders texts by code units, the same on every machine. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
