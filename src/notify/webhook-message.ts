import { createHash } from "node:crypto";
import { Webhook } from "standardwebhooks";
import type { Notice } from "../model/notice.ts";

/** Version of the document; it grows when a reader would have to change. */
const documentVersion = 1;

/** What one delivery carries. */
export interface Message {
  readonly notices: readonly Notice[];
  /** How many notices were given up before, because the target did not take them. */
  readonly missed: number;
}

/** The document that a target of kind `webhook` gets, as JSON text. */
export function webhookBody({ notices, missed }: Message): string {
  const [first] = notices;
  return JSON.stringify({
    version: documentVersion,
    type: "mysysconfig.notices",
    timestamp: first?.at,
    missed,
    notices,
  });
}

/** The same for every try of the same message, so that the receiver can tell them from two. */
export function messageId(target: string, body: string): string {
  return `msg_${createHash("sha256").update(`${target}\0${body}`).digest("hex").slice(0, 32)}`;
}

/**
 * Headers of Standard Webhooks (standard-webhooks.md, "Webhook headers (sending metadata to consumers)"). The time is that
 * of the try, because receivers refuse what is older than five minutes.
 */
export function signatureHeaders(
  secret: string,
  { id, body, now }: { readonly id: string; readonly body: string; readonly now: Date },
): Readonly<Record<string, string>> {
  return {
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(now.getTime() / 1000)),
    "webhook-signature": new Webhook(secret).sign(id, now, body),
  };
}
