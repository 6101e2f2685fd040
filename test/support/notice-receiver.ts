import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { VirtualClock } from "./virtual-clock.ts";

export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** How a request is answered: a status with headers, or not at all. */
export type Answer =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  | "never";

/** An HTTP server on the loopback that keeps what it is sent. It answers by the script, and 204 when that has ended. */
export class Receiver implements AsyncDisposable {
  readonly received: Received[] = [];
  private readonly server: Server;
  private readonly script: Answer[];
  private waiting: { readonly count: number; readonly resolve: () => void } | undefined;

  private constructor(script: readonly Answer[]) {
    this.script = [...script];
    this.server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const body = Buffer.concat(chunks).toString("utf8");
        this.received.push({ path: request.url ?? "", headers: request.headers, body });
        this.answer(response);
      });
    });
  }

  static async open(...script: readonly Answer[]): Promise<Receiver> {
    const receiver = new Receiver(script);
    await new Promise<void>((resolve) => receiver.server.listen(0, "127.0.0.1", resolve));
    return receiver;
  }

  get url(): string {
    const { port } = this.server.address() as AddressInfo;
    return `http://127.0.0.1:${port}/in/s3cr3t-path`;
  }

  /** Resolves when so many requests have come. */
  async got(count: number): Promise<void> {
    if (this.received.length >= count) return;
    await new Promise<void>((resolve) => {
      this.waiting = { count, resolve };
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private answer(response: ServerResponse): void {
    const answer = this.script.shift() ?? { status: 204 };
    if (answer !== "never") response.writeHead(answer.status, answer.headers).end();
    if (this.waiting !== undefined && this.received.length >= this.waiting.count) this.waiting.resolve();
  }
}

/** Waits take no time, but are remembered; the date is today's, since receivers check it. */
export class WaitingClock extends VirtualClock {
  readonly waits: number[] = [];

  override now(): Date {
    return new Date();
  }

  override async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    this.waits.push(ms);
    await super.sleep(ms, signal);
  }
}
