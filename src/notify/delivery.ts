import { deadlineSignal } from "../lib/abort.ts";
import type { Clock } from "../ports.ts";
import { slackBody } from "./slack-message.ts";
import type { Target } from "./targets.ts";
import { type Message, messageId, signatureHeaders, webhookBody } from "./webhook-message.ts";

/** As the platform has it; a parameter, so that nothing else in here reaches out. */
export type Fetch = (url: URL, init: RequestInit) => Promise<Response>;

/** What came of one try. Reasons are free of the URL and of the answer's words, which may repeat it. */
export type Try =
  | { readonly kind: "delivered" }
  | { readonly kind: "refused"; readonly reason: string }
  /** Another try can help. */
  | { readonly kind: "failed"; readonly reason: string; readonly retryAfter?: string };

export interface Post {
  readonly target: Target;
  readonly message: Message;
  /** Milliseconds for the whole try. */
  readonly deadlineMs: number;
}

/** One try. Never rejects. */
export async function post(
  { target, message, deadlineMs }: Post,
  { fetch, clock }: { readonly fetch: Fetch; readonly clock: Pick<Clock, "now"> },
  signal: AbortSignal,
): Promise<Try> {
  const deadline = deadlineSignal(signal, deadlineMs, new Error("deadline"));
  try {
    const { url, headers, body } = requestOf(target, message, clock.now());
    const response = await fetch(url, {
      method: "POST",
      headers,
      body,
      redirect: "manual",
      signal: deadline.signal,
    });
    // Nobody reads it, and an answer that never ends must not keep the connection.
    await response.body?.cancel().catch(() => {});
    return judge(response);
  } catch (error) {
    if (deadline.signal.aborted) return { kind: "failed", reason: "no answer in time" };
    return { kind: "failed", reason: connectionReason(error) };
  } finally {
    deadline.release();
  }
}

/** `fetch` takes no URL with a user in it: those become a header. */
function requestOf(target: Target, message: Message, now: Date) {
  const { kind, name, signingSecret } = target;
  const url = new URL(target.url);
  const user = `${decoded(url.username)}:${decoded(url.password)}`;
  url.username = "";
  url.password = "";
  const body = kind === "slack" ? slackBody(message) : webhookBody(message);
  const id = messageId(name, body);
  const headers: Readonly<Record<string, string>> = {
    "content-type": "application/json",
    "user-agent": "mysysconfig",
    ...(user === ":" ? {} : { authorization: `Basic ${Buffer.from(user).toString("base64")}` }),
    ...(signingSecret === undefined ? {} : signatureHeaders(signingSecret, { id, body, now })),
  };
  return { url, headers, body };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function judge({ ok, status, headers }: Response): Try {
  if (ok) return { kind: "delivered" };
  const reason = `answers ${status}`;
  if (status >= 300 && status < 400)
    return { kind: "refused", reason: `${reason}, and redirects are not followed` };
  if (status < 500 && status !== 408 && status !== 429) return { kind: "refused", reason };
  const retryAfter = headers.get("retry-after");
  return { kind: "failed", reason, ...(retryAfter === null ? {} : { retryAfter }) };
}

/** The code alone: the messages of the platform name the host. */
function connectionReason(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : undefined;
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  return typeof code === "string" && /^[A-Z0-9_]+$/.test(code) ? `no connection (${code})` : "no connection";
}
