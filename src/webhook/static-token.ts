import { accepted, type HookRequest, refused, type Verdict } from "./adapter.ts";
import { isOneOf, usable } from "./compare.ts";

/** The secret itself in a header, verbatim. */
export function verifyToken(header: string, { headers }: HookRequest, secrets: readonly string[]): Verdict {
  if (usable(secrets).length === 0) return refused("no secret");
  const value = headers.get(header);
  if (value === undefined || value === "") return refused("no token");
  return isOneOf(value, secrets) ? accepted : refused("a wrong token");
}
