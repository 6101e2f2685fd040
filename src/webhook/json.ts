import { isObject } from "../lib/shape.ts";

/** No provider nests half as deeply. */
const maxDepth = 64;

/** The text of UTF-8 bytes, each character of it; `undefined` when they are none. */
export function decodeText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** JSON of a verified body, or why it is none. Never throws. */
export function parseHookJson(body: Uint8Array): { readonly json: unknown } | { readonly reason: string } {
  const text = decodeText(body);
  if (text === undefined) return { reason: "the body is no UTF-8" };
  if (isDeep(text)) return { reason: "the body is nested too deeply" };
  try {
    return { json: JSON.parse(text) };
  } catch {
    return { reason: "the body is no JSON" };
  }
}

const [quote, backslash] = [0x22, 0x5c];

/** Looked at before parsing, which would build what is refused then. */
function isDeep(text: string): boolean {
  let depth = 0;
  let isQuoted = false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (isQuoted) {
      if (code === backslash) index++;
      else if (code === quote) isQuoted = false;
    } else if (code === quote) {
      isQuoted = true;
    } else if (code === 0x5b || code === 0x7b) {
      if (++depth > maxDepth) return true;
    } else if (code === 0x5d || code === 0x7d) depth--;
  }
  return false;
}

/** A member of members; `undefined` as soon as one is missing. Inherited names are no members. */
export function memberAt(json: unknown, ...names: readonly string[]): unknown {
  let value = json;
  for (const name of names) {
    if (!isObject(value) || !Object.hasOwn(value, name)) return undefined;
    value = value[name];
  }
  return value;
}

/** A text that is not empty. */
export function textAt(json: unknown, ...names: readonly string[]): string | undefined {
  const value = memberAt(json, ...names);
  return typeof value === "string" && value !== "" ? value : undefined;
}

export function listAt(json: unknown, ...names: readonly string[]): readonly unknown[] {
  const value = memberAt(json, ...names);
  return Array.isArray(value) ? value : [];
}
