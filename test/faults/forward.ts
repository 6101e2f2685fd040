/** Hands a call on to the Engine. */
import {
  type ClientRequest,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
} from "node:http";

/** A call that has been heard to its end. */
export interface Heard {
  readonly incoming: IncomingMessage;
  readonly body: Buffer;
}

interface Forwarded {
  readonly upstream: ClientRequest;
  readonly answer: Promise<IncomingMessage>;
}

/**
 * The body goes in one piece: the Engine may answer and hang up before it has heard all of a request, and whoever still
 * writes then loses the answer.
 */
export function forward(socketPath: string, { incoming, body }: Heard): Forwarded {
  const { method, url: path } = incoming;
  const headers = endToEnd(incoming.headers);
  const upstream = httpRequest({ socketPath, method, path, headers, agent: false });
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  upstream.on("response", resolve).on("error", reject).end(body);
  return { upstream, answer: promise };
}

/** How a connection is kept is a matter between its two ends. */
export function endToEnd(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const { connection: _connection, "keep-alive": _keepAlive, ...others } = headers;
  return others;
}
