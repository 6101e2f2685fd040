import { Webhook } from "standardwebhooks";
import { type HookRequest, refused, type Verdict } from "./adapter.ts";
import { isSame, usable } from "./compare.ts";
import { decodeText } from "./json.ts";

/** How far the sender's clock may be off, and how long a captured request stays of use. */
const toleranceSeconds = 5 * 60;

/** Bytes of a key (https://github.com/standard-webhooks/standard-webhooks, "Signature scheme"). */
const shortestKey = 24;

const signatureList = /^v\d+[a-z]?,[A-Za-z0-9+/=]*(?: v\d+[a-z]?,[A-Za-z0-9+/=]*)*$/;

/**
 * Standard Webhooks 1.0.0, symmetric: `v1` is HMAC-SHA256 in base64 over `id.timestamp.body`. Time is given, so that the
 * package only signs; it signs texts, so that a body that is no UTF-8 is refused before.
 */
export function verifyStandard(
  { headers, body }: HookRequest,
  secrets: readonly string[],
  now: Date,
): Verdict {
  const keys = usable(secrets);
  if (keys.length === 0) return refused("no secret");
  const [id, timestamp, signatures] = ["webhook-id", "webhook-timestamp", "webhook-signature"].map(
    (name) => headers.get(name) ?? "",
  );
  if (!id || !timestamp || !signatures) return refused("no signature");
  if (!/^[\x21-\x7e]{1,256}$/.test(id)) return refused("a malformed id");
  if (!/^[1-9]\d{0,11}$/.test(timestamp)) return refused("a malformed time");
  const seconds = Number(timestamp);
  const skew = Math.floor(now.getTime() / 1000) - seconds;
  if (Math.abs(skew) > toleranceSeconds) return refused(skew > 0 ? "too old" : "from the future");
  if (!signatureList.test(signatures)) return refused("a malformed signature");
  const given = signatures.split(" ").filter((signature) => signature.startsWith("v1,"));
  if (given.length === 0) return refused("no signature of a known version");
  const text = decodeText(body);
  if (text === undefined) return refused("a body that is no UTF-8");
  const isSigned = keys.some((key) => {
    const expected = openKey(key)?.sign(id, new Date(seconds * 1000), text);
    return expected !== undefined && given.map((signature) => isSame(signature, expected)).includes(true);
  });
  return isSigned ? { ok: true, deliveryId: id } : refused("a wrong signature");
}

export function refuseStandardKey(value: string): string | undefined {
  const encoded = value.replace(/^whsec_/, "");
  if (openKey(value) === undefined) return "is no key: write whsec_ and base64";
  return Buffer.from(encoded, "base64").length < shortestKey
    ? `is a key of less than ${shortestKey} bytes`
    : undefined;
}

function openKey(value: string): Webhook | undefined {
  try {
    return new Webhook(value);
  } catch {
    // The package throws for whatever is no base64; which secret it was is told when the endpoint is set up.
    return undefined;
  }
}
