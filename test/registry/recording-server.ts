/** An HTTP server for what a well-behaved registry never does. It remembers everything that it was told. */
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

export interface RecordedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

export interface RecordingServer extends AsyncDisposable {
  /** `127.0.0.1:<port>` */
  readonly host: string;
  readonly origin: string;
  readonly requests: readonly RecordedRequest[];
}

export type Handler = (request: RecordedRequest, response: ServerResponse) => void;

/** @param address another one of 127.0.0.0/8 is another host */
export async function startRecordingServer(handle: Handler, address = "127.0.0.1"): Promise<RecordingServer> {
  const requests: RecordedRequest[] = [];
  const listener: RequestListener = async (incoming, response) => {
    const { method = "", url = "", headers } = incoming;
    const request = { method, url, headers, body: await text(incoming) };
    requests.push(request);
    handle(request, response);
  };
  const server = createServer(listener);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject).listen(0, address, resolve);
  await promise;
  const host = `${address}:${(server.address() as AddressInfo).port}`;
  return {
    host,
    origin: `http://${host}`,
    requests,
    async [Symbol.asyncDispose]() {
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      server.closeAllConnections();
      await closed.promise;
    },
  };
}

export function sendJson(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(value));
}
