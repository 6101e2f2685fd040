/** The faults that a single call can meet, each as what the proxy does in its place. */
import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { endToEnd, forward, type Heard } from "./forward.ts";

export const faultKinds = [
  "kill-before",
  "kill-after",
  "409",
  "500",
  "503",
  "reset",
  "truncated",
  "hang",
  "out-of-sequence",
] as const;

export type FaultKind = (typeof faultKinds)[number];

/** Only what changes an object of a Swarm in the version that was read can be told that somebody was faster. */
export function isPossible(kind: FaultKind, call: string): boolean {
  return kind !== "out-of-sequence" || /^POST \/(services|configs)\/.+\/update /.test(call);
}

export const isKill = (kind: FaultKind) => kind === "kill-before" || kind === "kill-after";

/** One call on its way. */
export interface Exchange extends Heard {
  readonly engineSocket: string;
  readonly outgoing: ServerResponse;
  /** Ends the program for good, and every connection with it. Resolves when the process is gone. */
  readonly kill: () => Promise<void>;
}

export const faults: Readonly<Record<FaultKind, (exchange: Exchange) => Promise<void>>> = {
  /** The call never reaches the Engine. */
  "kill-before": ({ kill }) => kill(),
  /** The Engine has done it; its answer never comes. */
  async "kill-after"(exchange) {
    await askEngine(exchange);
    await exchange.kill();
  },
  "409": (exchange) => refuse(exchange, 409),
  "500": (exchange) => refuse(exchange, 500),
  "503": (exchange) => refuse(exchange, 503),
  /** Swarm's words when somebody else was faster; it did not do what was asked. */
  "out-of-sequence": (exchange) =>
    refuse(exchange, 500, "rpc error: code = Unknown desc = update out of sequence"),
  /** The connection breaks before the Engine sees the call. */
  async reset({ incoming }) {
    incoming.socket.destroy();
  },
  /** The Engine has done it; half of its answer comes. */
  async truncated(exchange) {
    const { status, headers, body } = await askEngine(exchange);
    const { incoming, outgoing } = exchange;
    const hangUp = () => incoming.socket.destroy();
    if (body.length === 0) incoming.socket.write("HTTP/1.1 204 No", hangUp);
    else outgoing.writeHead(status, headers).write(body.subarray(0, body.length / 2), hangUp);
  },
  /** Nobody ever answers; the Engine does not see the call. */
  async hang() {},
};

async function refuse(
  { outgoing }: Exchange,
  status: number,
  message = `injected fault ${status}`,
): Promise<void> {
  outgoing.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify({ message }));
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** The Engine's whole answer; of one without an end only its beginning. */
async function askEngine(exchange: Exchange): Promise<Answer> {
  const { upstream, answer: awaited } = forward(exchange.engineSocket, exchange);
  const answer = await awaited;
  const facts = { status: answer.statusCode ?? 0, headers: endToEnd(answer.headers) };
  if (!isEndless(exchange.incoming.url)) return { ...facts, body: await buffer(answer) };
  upstream.on("error", () => {}).destroy();
  return { ...facts, body: Buffer.alloc(0) };
}

const isEndless = (path = "") => /\/events(\?|$)/.test(path);
