import { isReconcilerError } from "../model/errors.ts";

/** What a line may hold; a fact that needs more belongs into the history. */
const deepest = 6;
const mostMembers = 100;
const longestText = 8_000;
const mostCauses = 8;

type Redact = (text: string) => string;

/**
 * The data of a line as plain JSON values with every text redacted. Errors become what people need of them and nothing
 * that hangs on them (a Git error carries its command, an HTTP error its request), objects of a class only their name.
 */
export function plainData(
  data: Readonly<Record<string, unknown>>,
  redact: Redact,
): Readonly<Record<string, unknown>> {
  return plainMembers(Object.entries(data), redact, 0);
}

function plainValue(value: unknown, redact: Redact, depth: number): unknown {
  switch (typeof value) {
    case "string":
      return plainText(value, redact);
    case "number":
    case "bigint":
      return plainNumber(value, redact);
    case "boolean":
      return value;
    case "object":
      return value === null ? null : plainObject(value, redact, depth);
    default:
      return undefined;
  }
}

/** Redacted first: half of a secret would pass for no secret. */
function plainText(text: string, redact: Redact): string {
  const redacted = redact(text);
  if (redacted.length <= longestText) return redacted;
  return `${redacted.slice(0, longestText)}… (${redacted.length - longestText} characters more)`;
}

/** A number can be a secret as well. */
function plainNumber(value: number | bigint, redact: Redact): unknown {
  const text = String(value);
  const isPlain = typeof value === "number" && Number.isFinite(value) && redact(text) === text;
  return isPlain ? value : redact(text);
}

function plainObject(value: object, redact: Redact, depth: number): unknown {
  if (value instanceof Error) return plainError(value, redact);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof URL) return plainText(value.href, redact);
  if (ArrayBuffer.isView(value)) return `(${value.byteLength} bytes)`;
  if (depth >= deepest) return "(deeper)";
  if (Array.isArray(value) || value instanceof Set) {
    return bounded([...value]).map((item) => plainValue(item, redact, depth + 1) ?? null);
  }
  if (value instanceof Map) {
    const entries = [...value].map(([key, item]): [string, unknown] => [String(key), item]);
    return plainMembers(entries, redact, depth + 1);
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null)
    return plainMembers(Object.entries(value), redact, depth + 1);
  return `(${redact(value.constructor?.name ?? "object")})`;
}

function plainMembers(
  entries: readonly (readonly [string, unknown])[],
  redact: Redact,
  depth: number,
): Readonly<Record<string, unknown>> {
  // Without a prototype, so that a member `__proto__` is one like any other.
  const plain: Record<string, unknown> = Object.create(null);
  for (const [key, value] of bounded(entries)) {
    const shown = plainValue(value, redact, depth);
    if (shown !== undefined) plain[plainText(key, redact)] = shown;
  }
  return plain;
}

function bounded<T>(items: readonly T[]): readonly T[] {
  return items.slice(0, mostMembers);
}

function plainError(error: Error, redact: Redact): Readonly<Record<string, unknown>> {
  const code = "code" in error ? error.code : undefined;
  const hint = isReconcilerError(error) ? error.hint : undefined;
  const causes = causesOf(error).map((cause) => plainText(cause, redact));
  return {
    ...(typeof code === "string" ? { code: plainText(code, redact) } : {}),
    message: plainText(error.message, redact),
    ...(hint === undefined ? {} : { hint: plainText(hint, redact) }),
    ...(causes.length === 0 ? {} : { causes }),
    // Only a mistake of ours needs the place in the program.
    ...(code === "internal" && error.stack !== undefined ? { stack: plainText(error.stack, redact) } : {}),
  };
}

/** Messages of what lies behind an error, each once, nearest first. */
function causesOf(error: Error): readonly string[] {
  const messages = new Set<string>();
  const seen = new Set<unknown>([error]);
  const waiting = behind(error);
  for (let next = waiting.shift(); next !== undefined && messages.size < mostCauses; next = waiting.shift()) {
    if (seen.has(next)) continue;
    seen.add(next);
    messages.add(next instanceof Error ? next.message : String(next));
    if (next instanceof Error) waiting.push(...behind(next));
  }
  messages.delete(error.message);
  return [...messages];
}

function behind(error: Error): unknown[] {
  const several: readonly unknown[] = error instanceof AggregateError ? error.errors : [];
  return [error.cause, ...several].filter((cause) => cause !== undefined && cause !== null);
}
