import {
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
} from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { getCACertificates } from "node:tls";
import { deadlineSignal } from "../lib/abort.ts";
import { formatBytes } from "../lib/bytes.ts";
import { ReconcilerError } from "../model/errors.ts";
import { invalidAnswer, translateRequestError } from "./registry-errors.ts";

export interface HttpRequest {
  /** What is attempted, for messages: `list tags of "web"`. */
  readonly what: string;
  readonly method: "GET" | "HEAD" | "POST";
  /** User name and password in it are not sent. */
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** A longer body of a good answer is an error; of any other only its beginning is read. */
  readonly maximumBytes: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface TransportOptions {
  /** Certificate authorities in PEM, trusted besides the system's own. */
  readonly authorities?: string;
  readonly userAgent: string;
  /** For one request, from the connection to the last byte of its answer. */
  readonly timeoutMs: number;
}

/** Requests to one registry that are open at the same time. */
const maximumSockets = 8;
/** How much of a refusal is read, for the codes in it. */
const refusalBytes = 16 * 1024;

/**
 * One HTTP request and its whole answer. Follows nothing, repeats nothing, unpacks nothing. It stands on `node:https`
 * rather than on `fetch`, which takes no certificate authority for one client alone.
 */
export class HttpTransport {
  private readonly timeoutMs: number;
  private readonly userAgent: string;
  private readonly plainAgent = new HttpAgent({ keepAlive: true, maxSockets: maximumSockets });
  private readonly tlsAgent: HttpsAgent;

  constructor({ authorities, timeoutMs, userAgent }: TransportOptions) {
    this.timeoutMs = timeoutMs;
    this.userAgent = userAgent;
    const trusted = authorities === undefined ? {} : { ca: [...getCACertificates("default"), authorities] };
    this.tlsAgent = new HttpsAgent({ keepAlive: true, maxSockets: maximumSockets, ...trusted });
  }

  /** @throws ReconcilerError `registry-unreachable` or `registry-answer-invalid`; or why `signal` fired */
  async send(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
    const { what, url } = request;
    const late = new ReconcilerError(
      "registry-unreachable",
      `${what}: no whole answer from "${url.host}" within ${this.timeoutMs / 1000} s`,
      { hint: "can this host reach the registry? does a firewall swallow the packets?" },
    );
    const limit = deadlineSignal(signal, this.timeoutMs, late);
    try {
      return await this.sendOnLivingSocket(request, limit.signal);
    } catch (error) {
      throw translateRequestError(error, what, url.host, limit.signal);
    } finally {
      limit.release();
    }
  }

  /** A socket that was kept alive may turn out to be closed by now; the next one is new or tells the truth. */
  private async sendOnLivingSocket(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.exchange(request, signal);
      } catch (error) {
        if (!(error instanceof StaleSocketError) || attempt === maximumSockets) throw error;
      }
    }
  }

  private exchange(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
    const { url, method, body } = request;
    const length = body === undefined ? {} : { "content-length": Buffer.byteLength(body) };
    const isTls = url.protocol === "https:";
    const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
    const options = {
      // Not the URL itself: it may bring a user name and a password of somebody else.
      host: url.hostname.replace(/^\[|\]$/g, ""),
      port: url.port || (isTls ? 443 : 80),
      path: url.pathname + url.search,
      method,
      headers: { "user-agent": this.userAgent, ...request.headers, ...length },
      agent: isTls ? this.tlsAgent : this.plainAgent,
      signal,
    };
    const sent = isTls ? httpsRequest(options) : httpRequest(options);
    sent.on("response", (response) => readAnswer(response, request).then(resolve, reject));
    sent.on("error", (error: NodeJS.ErrnoException) => {
      const isStale = sent.reusedSocket && ["ECONNRESET", "EPIPE"].includes(error.code ?? "");
      reject(isStale && !signal.aborted ? new StaleSocketError(error) : error);
    });
    sent.end(body);
    return promise;
  }
}

class StaleSocketError extends Error {
  readonly code = "ECONNRESET";
  constructor(cause: Error) {
    super("the connection broke", { cause });
  }
}

async function readAnswer(
  response: IncomingMessage,
  { what, url, maximumBytes }: HttpRequest,
): Promise<HttpAnswer> {
  const status = response.statusCode ?? 0;
  const limit = status === 200 ? maximumBytes : refusalBytes;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    chunks.push(chunk as Buffer);
    size += (chunk as Buffer).length;
    // Leaving the loop closes the connection.
    if (size > limit) break;
  }
  if (size > limit && status === 200)
    throw invalidAnswer(what, `the answer of "${url.host}" is longer than ${formatBytes(limit)}`);
  return { status, headers: response.headers, body: Buffer.concat(chunks).subarray(0, limit) };
}
