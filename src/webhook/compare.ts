import { createHash, timingSafeEqual } from "node:crypto";

/** Compares in a time that tells nothing about either side, not even their lengths. */
export function isSame(a: string | Uint8Array, b: string | Uint8Array): boolean {
  return timingSafeEqual(digest(a), digest(b));
}

/**
 * Whether a header is one of the secrets; an empty one is none.
 *
 * @param header as `node:http` gives it: each byte is a character, so that UTF-8 has to be put together again
 */
export function isOneOf(header: string, secrets: readonly string[]): boolean {
  const bytes = Buffer.from(header, "latin1");
  return usable(secrets).some((secret) => isSame(bytes, secret));
}

export function usable(secrets: readonly string[]): readonly string[] {
  return secrets.filter((secret) => secret !== "");
}

function digest(value: string | Uint8Array): Uint8Array {
  return createHash("sha256").update(value).digest();
}
