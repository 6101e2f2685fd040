import { createHmac } from "node:crypto";
import { accepted, type HookRequest, refused, type Verdict } from "./adapter.ts";
import { isSame, usable } from "./compare.ts";

interface HexScheme {
  readonly header: string;
  /** What stands before the digits: `sha256=`, or nothing. */
  readonly prefix: string;
  readonly algorithm: "sha256" | "sha512";
}

const digits = { sha256: 64, sha512: 128 } as const;

/** HMAC over the raw body, as lower-case hexadecimal digits (RFC 2104); the key is the secret as UTF-8. */
export function verifyHex(
  { header, prefix, algorithm }: HexScheme,
  { headers, body }: HookRequest,
  secrets: readonly string[],
): Verdict {
  const value = headers.get(header);
  if (value === undefined || value === "") return refused("no signature");
  const given = value.startsWith(prefix) ? value.slice(prefix.length) : "";
  if (given.length !== digits[algorithm] || !/^[0-9a-f]+$/.test(given))
    return refused("a malformed signature");
  return matchHex(given, algorithm, { body, secrets });
}

/** @param given as many lower-case hexadecimal digits as the algorithm has */
export function matchHex(
  given: string,
  algorithm: HexScheme["algorithm"],
  { body, secrets }: { readonly body: Uint8Array; readonly secrets: readonly string[] },
): Verdict {
  const keys = usable(secrets);
  if (keys.length === 0) return refused("no secret");
  const expected = (secret: string) => createHmac(algorithm, secret).update(body).digest("hex");
  return keys.some((secret) => isSame(expected(secret), given)) ? accepted : refused("a wrong signature");
}
