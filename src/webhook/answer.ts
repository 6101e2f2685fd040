import type { IncomingMessage, ServerResponse } from "node:http";

export interface Answer {
  readonly status: number;
  /** One word. */
  readonly result: string;
  /** Only for senders that have proven who they are, and only from a fixed set. */
  readonly reason?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Answers with a small JSON. A sender that still sends gets its answer first and is closed a moment later: closing at
 * once would reset the connection, and the answer with it.
 */
export function sendAnswer(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  write(response, answer, {});
  response.end();
  request.resume();
}

/** @param lingerMs how long what is still coming is thrown away before the connection is closed */
export function sendAndClose(
  request: IncomingMessage,
  response: ServerResponse,
  { answer, lingerMs }: { readonly answer: Answer; readonly lingerMs: number },
): void {
  write(response, answer, { connection: "close" });
  const timer = setTimeout(() => response.end(), lingerMs);
  request.once("end", () => response.end()).resume();
  response.once("close", () => clearTimeout(timer));
}

function write(response: ServerResponse, answer: Answer, headers: Readonly<Record<string, string>>): void {
  const { status, result, reason } = answer;
  const text = `${JSON.stringify({ result, ...(reason === undefined ? {} : { reason }) })}\n`;
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    ...answer.headers,
    ...headers,
  });
  response.write(text);
}

/** Whether a body follows the headers (RFC 9112, section 6.3). */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}
