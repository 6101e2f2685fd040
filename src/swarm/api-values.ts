/** `undefined` for a list without items and a record without members. */
export function unlessEmpty<T extends object>(value: T | undefined): T | undefined {
  return value === undefined || Object.keys(value).length === 0 ? undefined : value;
}

/** The API counts in nanoseconds. */
export function nanoseconds(ms: number): number {
  return Math.round(ms * 1e6);
}
