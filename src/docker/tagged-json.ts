import { ReconcilerError } from "../model/errors.ts";

/**
 * Values that JSON has no words for, as JSON: an object with the one member `$` is not an object but what its tag says.
 * Everything that `DesiredState` can hold survives the way there and back; an object of its own with a member `$` is
 * written as its entries.
 */

/** A value that `JSON.stringify` writes as it is. */
type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** @throws ReconcilerError `internal` for a function, a symbol or a bigint: no data has one */
export function toTagged(value: unknown): Json {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") return isPlainNumber(value) ? value : tag("number", numberText(value));
  if (value === undefined) return tag("undefined", null);
  if (Array.isArray(value)) return Array.from(value, toTagged);
  if (value instanceof Uint8Array) return tag("bytes", Buffer.from(value).toString("base64"));
  if (value instanceof Map) return tag("map", [...value].map(toTaggedEntry));
  if (value instanceof Set) return tag("set", [...value].map(toTagged));
  if (typeof value !== "object") throw new ReconcilerError("internal", `a ${typeof value} cannot be written`);
  const entries = Object.entries(value).map(toTaggedEntry);
  if (Object.hasOwn(value, "$")) return tag("object", entries);
  return Object.fromEntries(entries) as Json;
}

/** The value that was written, in an object because it may be `undefined`; no answer for what was not written here. */
export function fromTagged(json: unknown): { readonly value: unknown } | undefined {
  try {
    return { value: decode(json, 0) };
  } catch (error) {
    if (error instanceof NotTagged) return undefined;
    throw error;
  }
}

class NotTagged extends Error {}

/** Deeper than any desired state, shallower than the stack. */
const deepest = 200;

function decode(json: unknown, depth: number): unknown {
  if (depth > deepest) throw new NotTagged();
  if (json === null || typeof json !== "object") return json;
  if (Array.isArray(json)) return json.map((member) => decode(member, depth + 1));
  if (Object.hasOwn(json, "$")) return decodeTag((json as { $: unknown }).$, depth + 1);
  return Object.fromEntries(
    Object.entries(json).map(([key, member]) => [key, decode(member, depth + 1)] as const),
  );
}

function decodeTag(tagged: unknown, depth: number): unknown {
  if (!Array.isArray(tagged) || tagged.length !== 2) throw new NotTagged();
  const [kind, content] = tagged as [unknown, unknown];
  if (kind === "undefined") return undefined;
  if (kind === "number") return Number(text(content));
  if (kind === "bytes") return new Uint8Array(Buffer.from(text(content), "base64"));
  if (kind === "set") return new Set(list(content).map((member) => decode(member, depth)));
  if (kind === "map") return new Map(list(content).map((entry) => decodeEntry(entry, depth)));
  if (kind === "object") {
    const entries = list(content).map((entry) => decodeEntry(entry, depth));
    return Object.fromEntries(entries.map(([key, member]) => [text(key), member] as const));
  }
  throw new NotTagged();
}

function decodeEntry(entry: unknown, depth: number): [unknown, unknown] {
  const [key, member, ...more] = list(entry).map((part) => decode(part, depth));
  if (list(entry).length < 2 || more.length > 0) throw new NotTagged();
  return [key, member];
}

function list(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new NotTagged();
}

function text(value: unknown): string {
  if (typeof value === "string") return value;
  throw new NotTagged();
}

function tag(kind: string, content: Json): Json {
  return { $: [kind, content] };
}

function toTaggedEntry([key, member]: readonly [unknown, unknown]): [Json, Json] {
  return [toTagged(key), toTagged(member)];
}

function isPlainNumber(value: number): boolean {
  return Number.isFinite(value) && !Object.is(value, -0);
}

function numberText(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}
