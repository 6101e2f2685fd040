/**
 * The few calls of the Docker Engine's HTTP API that the lab and the quick start need. It stands on `node:http`
 * alone, so that neither of them needs a docker client; the program itself has its own adapter in `src/docker`.
 */
import { readFileSync } from "node:fs";
import { request as httpRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";

export type EngineAddress =
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number; readonly tlsDir?: string };

type Query = Readonly<Record<string, string | readonly string[] | undefined>>;

interface EngineCall {
  readonly query?: Query;
  readonly json?: unknown;
  /** A body that is sent as it comes, such as a tar. */
  readonly stream?: Readable;
  readonly headers?: Readonly<Record<string, string>>;
  /** The longest time without a byte from the Engine. */
  readonly idleMs?: number;
}

/** One line of a pull, push, build or import. */
interface ProgressEvent {
  readonly status?: string;
  readonly stream?: string;
  readonly error?: string;
  readonly id?: string;
  readonly aux?: { readonly ID?: string; readonly Digest?: string };
}

export interface EngineApi {
  readonly address: EngineAddress;
  /** Answers the parsed body, or the text when it is not JSON; anything from status 400 on is an EngineError. */
  call<T = unknown>(method: string, path: string, call?: EngineCall): Promise<T>;
  /** Answers the response whose body has not been read yet. */
  open(method: string, path: string, call?: EngineCall): Promise<IncomingMessage>;
  /** Reads a stream of progress lines to its end; an `error` line in it is thrown. */
  progress(
    method: string,
    path: string,
    call?: EngineCall,
    onEvent?: (event: ProgressEvent) => void,
  ): Promise<void>;
}

export class EngineError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Understands the value of DOCKER_HOST; `undefined` for what this small client cannot speak (`ssh://`). */
export function parseDockerHost(value: string, environment: NodeJS.ProcessEnv): EngineAddress | undefined {
  if (value.startsWith("unix://")) return { kind: "unix", path: value.slice("unix://".length) };
  if (!URL.canParse(value)) return undefined;
  const url = new URL(value);
  if (!["tcp:", "http:", "https:"].includes(url.protocol)) return undefined;
  const wantsTls = url.protocol === "https:" || Boolean(environment["DOCKER_TLS_VERIFY"]);
  const tlsDir = environment["DOCKER_CERT_PATH"] ?? join(environment["HOME"] ?? "/root", ".docker");
  const port = Number(url.port || (wantsTls ? 2376 : 2375));
  return { kind: "tcp", host: url.hostname, port, ...(wantsTls ? { tlsDir } : {}) };
}

export function formatAddress(address: EngineAddress): string {
  return address.kind === "unix" ? `unix://${address.path}` : `tcp://${address.host}:${address.port}`;
}

export function engineApi(address: EngineAddress): EngineApi {
  const open: EngineApi["open"] = async (method, path, call = {}) => {
    const response = await send(address, method, path, call);
    const status = response.statusCode ?? 0;
    if (status < 400) return response;
    throw new EngineError(status, messageOf(await text(response)));
  };
  return {
    address,
    open,
    async call<T>(method: string, path: string, call?: EngineCall) {
      const response = await open(method, path, call);
      const body = await text(response);
      const isJson = response.headers["content-type"]?.includes("json") && body !== "";
      return (isJson ? JSON.parse(body) : body) as T;
    },
    async progress(method, path, call, onEvent) {
      const response = await open(method, path, call);
      for await (const line of linesOf(response)) {
        const event = JSON.parse(line) as ProgressEvent;
        if (event.error !== undefined) throw new EngineError(200, event.error);
        onEvent?.(event);
      }
    },
  };
}

function send(
  address: EngineAddress,
  method: string,
  path: string,
  call: EngineCall,
): Promise<IncomingMessage> {
  const target = `${path}${formatQuery(call.query)}`;
  const body = call.json === undefined ? undefined : JSON.stringify(call.json);
  const headers: Record<string, string> = { host: "docker", ...call.headers };
  if (body !== undefined) headers["content-type"] = "application/json";
  if (call.stream !== undefined) headers["content-type"] ??= "application/x-tar";
  const options: RequestOptions = { method, path: target, headers, agent: false };
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const request = connect(address, options);
  const idleMs = call.idleMs ?? 300_000;
  request.setTimeout(idleMs, () => {
    request.destroy(new Error(`${method} ${path}: no byte from the Engine for ${idleMs / 1000} s`));
  });
  request.on("response", resolve).on("error", reject);
  if (call.stream === undefined) request.end(body);
  else call.stream.on("error", (error) => request.destroy(error)).pipe(request);
  return promise;
}

function connect(address: EngineAddress, options: RequestOptions) {
  if (address.kind === "unix") return httpRequest({ ...options, socketPath: address.path });
  const { host, port, tlsDir } = address;
  if (tlsDir === undefined) return httpRequest({ ...options, host, port });
  const file = (name: string) => readFileSync(join(tlsDir, name));
  return httpsRequest({
    ...options,
    host,
    port,
    ca: file("ca.pem"),
    cert: file("cert.pem"),
    key: file("key.pem"),
  });
}

function formatQuery(query: Query | undefined): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    for (const one of typeof value === "string" ? [value] : (value ?? [])) search.append(name, one);
  }
  return search.size === 0 ? "" : `?${search}`;
}

async function* linesOf(source: Readable): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of source.setEncoding("utf8")) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    yield* lines.filter((line) => line.trim() !== "");
  }
  if (rest.trim() !== "") yield rest;
}

function messageOf(body: string): string {
  try {
    return String((JSON.parse(body) as { message?: unknown }).message ?? body);
  } catch {
    return body;
  }
}
