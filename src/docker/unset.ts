/** `undefined` for the values by which the Engine says "not set": null, "", 0, false, [] and {}. */
export function unlessEmpty<T>(value: T | null | undefined): T | undefined {
  if (value === null || value === undefined || value === "" || value === 0 || value === false)
    return undefined;
  if (Array.isArray(value)) return value.length === 0 ? undefined : value;
  return typeof value === "object" && Object.keys(value).length === 0 ? undefined : value;
}
