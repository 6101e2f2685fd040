import type { Readable } from "node:stream";
import type Docker from "dockerode";
import type { RegistryAuth } from "../credentials/registry-auth.ts";
import { DeadlineError } from "../lib/abort.ts";
import { isReconcilerError } from "../model/errors.ts";
import { isBrokenConnection, translateEngineError } from "./api-errors.ts";

/** One request to the Engine. Paths have no version; parts of them must be encoded by the caller (`apiPath`). */
export interface EngineRequest {
  /** What is attempted, for messages: `create container "web"`. */
  readonly what: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  /** Sent as JSON with POST. */
  readonly body?: object;
  /** Sent as a tar archive. */
  readonly archive?: Buffer;
  readonly auth?: RegistryAuth;
  /** Deadline of the call, for streams until the answer begins; by default the client's. */
  readonly timeoutMs?: number;
  /** How many times the client's deadline the call may take. */
  readonly patience?: number;
}

type Method = "GET" | "POST" | "PUT" | "DELETE";

/** Statuses that are answers; 304 says that the wanted state is there already. */
const goodStatuses = { 200: true, 201: true, 202: true, 204: true, 304: true } as const;

const defaultTimeoutMs = 60_000;

/**
 * Every call to the Engine goes through here: dockerode's transport, with a deadline, the caller's signal and coded
 * errors. dockerode's own methods are not used, because they mutate their options, spread fields into URLs and leave
 * the signal out of some calls.
 */
export class EngineClient {
  private readonly docker: Docker;
  private readonly timeoutMs: number;

  constructor(docker: Docker, timeoutMs: number = defaultTimeoutMs) {
    this.docker = docker;
    this.timeoutMs = timeoutMs;
  }

  async get<T>(request: EngineRequest, signal: AbortSignal): Promise<T> {
    return await this.call<T>("GET", request, signal);
  }

  async post<T = unknown>(request: EngineRequest, signal: AbortSignal): Promise<T> {
    return await this.call<T>("POST", request, signal);
  }

  async put(request: EngineRequest, signal: AbortSignal): Promise<void> {
    await this.call("PUT", request, signal);
  }

  async delete(request: EngineRequest, signal: AbortSignal): Promise<void> {
    await this.call("DELETE", request, signal);
  }

  /** Resolves when the answer begins; the caller reads the stream to its end or destroys it. */
  async stream(
    method: "GET" | "POST",
    request: EngineRequest,
    signal: AbortSignal,
  ): Promise<Readable & { headers?: Readonly<Record<string, string | string[] | undefined>> }> {
    const stream = (await this.dial(method, request, true, signal)) as Readable;
    // Errors after the last read (a destroyed stream, an Engine that goes away) must not end the process.
    stream.on("error", () => {});
    return stream;
  }

  private async call<T>(method: Method, request: EngineRequest, signal: AbortSignal): Promise<T> {
    const dial = async () => (await this.dial(method, request, false, signal)) as T;
    return method === "GET" ? await readAgainIfBroken(signal, dial) : await dial();
  }

  private dial(
    method: Method,
    request: EngineRequest,
    isStream: boolean,
    signal: AbortSignal,
  ): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const controller = new AbortController();
    const timeoutMs = request.timeoutMs ?? this.timeoutMs * (request.patience ?? 1);
    const fail = (error: unknown) => {
      reject(translateEngineError(error, request.what, signal));
      controller.abort(error);
    };
    const onAbort = () => fail(signal.reason);
    const timer = setTimeout(() => fail(new DeadlineError("the answer", timeoutMs)), timeoutMs);
    const release = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
    };
    if (signal.aborted) onAbort();
    else {
      signal.addEventListener("abort", onAbort, { once: true });
      this.docker.modem.dial(dialOptions(method, request, controller.signal), (error, answer) => {
        if (error) fail(error);
        else if (isStream) {
          clearTimeout(timer);
          (answer as Readable).once("close", release);
          resolve(answer);
        } else readAnswer(answer as Readable).then(resolve, fail);
      });
    }
    if (!isStream) return promise.finally(release);
    promise.catch(release);
    return promise;
  }
}

/**
 * docker-modem takes query and body from one object, sends it whole when a part is missing, and appends the query only
 * to paths that end with a question mark: both parts are always given.
 */
function dialOptions(method: Method, request: EngineRequest, abortSignal: AbortSignal) {
  const query = Object.fromEntries(
    Object.entries(request.query ?? {}).filter(([, value]) => value !== undefined),
  );
  return {
    method,
    path: `${request.path}?`,
    options: { _query: query, _body: request.body ?? {} },
    statusCodes: goodStatuses,
    // docker-modem's own reading of a body never ends when the connection breaks in the middle.
    isStream: true,
    abortSignal,
    ...(request.archive === undefined ? {} : { file: request.archive }),
    ...(request.auth === undefined ? {} : { authconfig: { ...request.auth } }),
  };
}

/**
 * Reads once more when a connection that was kept alive turns out to be closed, or breaks in the middle of the answer.
 * Only for what changes nothing.
 */
export async function readAgainIfBroken<T>(signal: AbortSignal, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    const isBroken = isBrokenConnection(error) || (error instanceof Error && isBrokenConnection(error.cause));
    if (!isBroken || signal.aborted) throw error;
    return await read();
  }
}

/** The value of a JSON answer, the text of any other, nothing for an empty one. */
async function readAnswer(answer: Readable): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString("utf8");
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** A path with its variable parts encoded: apiPath`/containers/${id}/json`. */
export function apiPath(strings: TemplateStringsArray, ...parts: readonly string[]): string {
  return strings.map((text, index) => text + encodeURIComponent(parts[index] ?? "")).join("");
}

/** The answer, or `undefined` when the Engine does not know the object (404). */
export async function unlessMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isReconcilerError(error) && error.code === "engine-not-found") return undefined;
    throw error;
  }
}
