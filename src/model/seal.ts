import type { DesiredState } from "./desired-state.ts";

/**
 * A desired state that is kept must not hold a secret: every occurrence of a value is replaced by a reference to its
 * name, and put back from the secrets of the run that uses it.
 */

/** Neither can be part of a text that comes from a file: the Engine and YAML refuse the zero character. */
const opening = "\u0000secret:";
const closing = "\u0000";

/** Shorter ones are as good as any text, so that they only count as a whole value. */
const shortestPart = 3;

export function sealSecrets(desired: DesiredState, secrets: ReadonlyMap<string, string>): DesiredState {
  const known = [...secrets].filter(([, value]) => value !== "").sort(([, a], [, b]) => b.length - a.length);
  const seal = (text: string) => {
    let sealed = text;
    for (const [name, value] of known) {
      const reference = `${opening}${name}${closing}`;
      if (value.length >= shortestPart) sealed = sealed.replaceAll(value, reference);
      else if (sealed === value) sealed = reference;
    }
    return sealed;
  };
  return { ...mapTexts(desired, seal), secretValues: [] };
}

/**
 * @returns the state, or the names of the secrets that this run does not have
 */
export function unsealSecrets(
  sealed: DesiredState,
  secrets: ReadonlyMap<string, string>,
): DesiredState | readonly string[] {
  const missing = new Set<string>();
  const used = new Set<string>();
  const unseal = (text: string) =>
    text.replace(references, (_reference, name: string) => {
      const value = secrets.get(name);
      if (value === undefined) missing.add(name);
      else used.add(value);
      return value ?? "";
    });
  const desired = mapTexts(sealed, unseal);
  return missing.size > 0 ? [...missing].sort() : { ...desired, secretValues: [...used] };
}

const references = new RegExp(`${opening}([^\\u0000]+)${closing}`, "g");

/** Changes every text of a tree; bytes are read as one character each, so that they come back as they were. */
function mapTexts<T>(value: T, change: (text: string) => string): T {
  return mapValue(value, change) as T;
}

function mapValue(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (value instanceof Uint8Array)
    return Buffer.from(change(Buffer.from(value).toString("latin1")), "latin1");
  if (Array.isArray(value)) return value.map((item) => mapValue(item, change));
  if (value instanceof Map)
    return new Map([...value].map(([key, item]) => [key, mapValue(item, change)] as const));
  if (value instanceof Set) return new Set([...value].map((item) => mapValue(item, change)));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapValue(item, change)]));
}
