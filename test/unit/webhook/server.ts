import { once } from "node:events";
import { createServer, request as httpRequest, type IncomingHttpHeaders, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { systemClock } from "../../../src/clock.ts";
import type { HookProvider, WebhookSettings } from "../../../src/model/daemon-settings.ts";
import type { Mark } from "../../../src/model/mark.ts";
import type { Clock } from "../../../src/ports.ts";
import { type HookEndpoint, resolveEndpoints } from "../../../src/webhook/endpoints.ts";
import type { HookLimits } from "../../../src/webhook/limits.ts";
import { createHookReceiver, type HookReceiver, type HookResult } from "../../../src/webhook/receiver.ts";
import { serverLimits, serverOptions } from "../../../src/webhook/server-options.ts";
import { now, secretOf } from "./examples.ts";

/** The instant of the examples stands still, monotonic time is set by hand. */
export class FixedClock implements Clock {
  ms = 0;
  readonly monotonicMs = () => this.ms;
  readonly now = () => now;
  readonly sleep = systemClock.sleep;
}

export const pathSecret = "0123456789abcdef-0123456789abcdef";

export function endpointOf(provider: HookProvider, changes: Partial<WebhookSettings> = {}): HookEndpoint {
  const position = { file: "mysysconfig.yaml", line: 1, column: 1 };
  const isPath = provider === "docker-hub";
  const settings: WebhookSettings = {
    name: provider,
    provider,
    secrets: isPath ? [] : ["SECRET"],
    ...(isPath ? { pathSecret: "PATH" } : {}),
    position,
    ...changes,
  };
  const values = new Map([
    ["SECRET", secretOf[provider]],
    ["PATH", pathSecret],
  ]);
  const [endpoint] = resolveEndpoints([settings], values).endpoints;
  if (!endpoint) throw new Error(`the endpoint of ${provider} does not start`);
  return endpoint;
}

export interface Answered {
  readonly status: number;
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
}

interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: Uint8Array | string;
  /** Without a length. */
  readonly isChunked?: boolean;
}

/** A receiver on a real server of the loopback, with what it passed on and reported. */
export class HookServer implements AsyncDisposable {
  readonly marks: { readonly mark: Mark; readonly endpoint: string }[] = [];
  readonly results: HookResult[] = [];
  readonly clock: FixedClock;
  readonly receiver: HookReceiver;
  readonly server: Server;
  onMark: (mark: Mark, endpoint: string) => void = (mark, endpoint) => this.marks.push({ mark, endpoint });
  onResult: (result: HookResult) => void = (result) => this.results.push(result);

  private constructor(limits: Partial<HookLimits>) {
    this.clock = new FixedClock();
    this.receiver = createHookReceiver({
      clock: this.clock,
      limits,
      onMark: (mark, { endpoint }) => this.onMark(mark, endpoint),
      onResult: (result) => this.onResult(result),
    });
    this.server = createServer(serverOptions, (request, response) => this.receiver.handle(request, response));
    Object.assign(this.server, serverLimits);
  }

  static async start(
    endpoints: readonly HookEndpoint[],
    limits: Partial<HookLimits> = {},
  ): Promise<HookServer> {
    const hooks = new HookServer(limits);
    hooks.receiver.configure(endpoints);
    hooks.server.listen(0, "127.0.0.1");
    await once(hooks.server, "listening");
    return hooks;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  send(
    path: string,
    { method = "POST", headers = {}, isChunked = false, ...sent }: Sent = {},
  ): Promise<Answered> {
    // A text would make Node write the headers in UTF-8 as well.
    const body = sent.body === undefined ? undefined : Buffer.from(sent.body);
    return new Promise((resolve, reject) => {
      const length = isChunked || body === undefined ? {} : { "content-length": body.length };
      const request = httpRequest({
        ...{ host: "127.0.0.1", port: this.port, path, method },
        headers: { ...length, ...headers },
      });
      let isAnswered = false;
      request.on("response", async (response) => {
        isAnswered = true;
        const chunks: Buffer[] = [];
        for await (const chunk of response) chunks.push(chunk as Buffer);
        const text = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode ?? 0, body: text, headers: response.headers });
      });
      request.on("error", (error) => isAnswered || reject(error));
      if (isChunked && body !== undefined) request.write(body);
      request.end(isChunked ? undefined : body);
    });
  }

  sendRaw(text: string): Promise<string> {
    return talk(this.port, text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, "close");
  }
}

/** Whatever comes back for bytes on a connection of their own, until it is closed. */
export function talk(port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = "";
    const socket = connect(port, "127.0.0.1");
    socket.on("data", (chunk) => {
      answer += chunk.toString();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(answer));
    socket.write(text);
  });
}
