import { stableJson } from "../lib/stable-json.ts";

/**
 * A document as JSON text without secrets. Each text and each name in it is redacted before it is written, because
 * escaping changes what a secret looks like, and because what is masked in finished JSON may not be JSON any more.
 *
 * @param redact hides secret values in a text
 * @param indent spaces for each level; absent: all on one line
 */
export function redactedJson(document: unknown, redact: (text: string) => string, indent?: number): string {
  return JSON.stringify(document, (_name, value) => redactedValue(value, redact), indent);
}

/** As `redactedJson`, with sorted names: equal documents give equal text. */
export function redactedStableJson(
  document: unknown,
  redact: (text: string) => string,
  indent?: number,
): string {
  return redactedJson(JSON.parse(stableJson(document)), redact, indent);
}

/** `JSON.stringify` asks for a value before it looks into it, so a mapping gets its redacted names in time. */
function redactedValue(value: unknown, redact: (text: string) => string): unknown {
  if (typeof value === "string") return redact(value);
  // A number that merely holds the digits of a secret is another number.
  if (typeof value === "number") return redact(String(value)) === "***" ? "***" : value;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [redact(name), member]));
}
