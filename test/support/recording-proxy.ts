/**
 * A Unix socket in front of an Engine's own: it passes everything on as it comes, keeps a record of the calls, and lets
 * a test see, hold back or refuse single calls.
 */
import { rm } from "node:fs/promises";
import {
  Agent,
  createServer,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import { join } from "node:path";

export interface RecordedCall {
  readonly method: string;
  /** Without the version prefix, with the query: `/containers/create?name=web`. */
  readonly path: string;
  /** Absent while the call runs and when it was cut off. */
  status?: number;
}

export type CallPattern = RegExp | ((call: RecordedCall) => boolean);

export interface RecordingProxy extends AsyncDisposable {
  readonly path: string;
  /** The value for DOCKER_HOST. */
  readonly host: string;
  /** All calls since the last `forget`. */
  calls(): readonly RecordedCall[];
  /** Those that change something, as `METHOD path`. */
  mutations(): readonly string[];
  forget(): void;
  /** Resolves when a matching call comes (it is passed on all the same); calls before this one do not count. */
  seen(pattern: CallPattern): Promise<RecordedCall>;
  /** Holds every matching call back until the returned function is called. */
  hold(pattern: CallPattern): () => void;
  /** Lets the Engine do what matching calls say, and holds its answers back until the returned function is called. */
  holdAnswers(pattern: CallPattern): () => void;
  /** Answers matching calls in the Engine's place, until the returned function is called. */
  refuse(pattern: CallPattern, status: number, message: string): () => void;
}

/** Calls that are no reads by their method and yet change nothing. */
const harmless: readonly RegExp[] = [/^POST \/containers\/[^/]+\/wait/, /^POST \/auth/];

type Rule = { readonly pattern: CallPattern } & (
  | { readonly kind: "hold" | "hold-answer"; readonly released: Promise<void> }
  | { readonly kind: "refuse"; readonly status: number; readonly message: string }
);

/** @param dir an existing folder for the socket; a path of a socket may have 107 characters at most */
export async function startRecordingProxy(engineSocket: string, dir: string): Promise<RecordingProxy> {
  counter += 1;
  const path = join(dir, `proxy-${process.pid}-${counter}.sock`);
  let calls: RecordedCall[] = [];
  const rules = new Set<Rule>();
  const watchers = new Set<(call: RecordedCall) => void>();

  const server = createServer({ keepAlive: true }, async (incoming, outgoing) => {
    const call: RecordedCall = { method: incoming.method ?? "", path: withoutVersion(incoming.url ?? "") };
    calls.push(call);
    for (const watch of watchers) watch(call);
    const matching = [...rules].filter((one) => isMatch(call, one.pattern));
    const answersHeld = matching.flatMap((rule) => (rule.kind === "hold-answer" ? [rule.released] : []));
    for (const rule of matching) {
      if (rule.kind === "refuse") return answerInPlace(call, outgoing, rule.status, rule.message);
      if (rule.kind === "hold") await rule.released;
    }
    passOn(engineSocket, incoming, outgoing, call, Promise.all(answersHeld));
  });
  // Streams of events stay silent for long; nothing here may end them.
  server.requestTimeout = 0;
  server.timeout = 0;
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(path, resolve));

  const addRule = (rule: Rule) => {
    rules.add(rule);
    return () => void rules.delete(rule);
  };
  const hold = (kind: "hold" | "hold-answer") => (pattern: CallPattern) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const end = addRule({ kind, pattern, released: promise });
    return () => {
      end();
      resolve();
    };
  };
  return {
    path,
    host: `unix://${path}`,
    calls: () => calls,
    mutations: () => calls.filter(isMutating).map((call) => `${call.method} ${call.path}`),
    forget() {
      calls = [];
    },
    seen(pattern) {
      const { promise, resolve } = Promise.withResolvers<RecordedCall>();
      const watch = (call: RecordedCall) => {
        if (!isMatch(call, pattern)) return;
        watchers.delete(watch);
        resolve(call);
      };
      watchers.add(watch);
      return promise;
    },
    hold: hold("hold"),
    holdAnswers: hold("hold-answer"),
    refuse: (pattern, status, message) => addRule({ kind: "refuse", pattern, status, message }),
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      await rm(path, { force: true });
    },
  };
}

let counter = 0;

export function isMutating({ method, path }: RecordedCall): boolean {
  return method !== "GET" && method !== "HEAD" && !harmless.some((one) => one.test(`${method} ${path}`));
}

function isMatch(call: RecordedCall, pattern: CallPattern): boolean {
  return pattern instanceof RegExp ? pattern.test(`${call.method} ${call.path}`) : pattern(call);
}

function withoutVersion(url: string): string {
  return url.replace(/^\/v\d+\.\d+(?=\/)/, "");
}

function answerInPlace(call: RecordedCall, outgoing: ServerResponse, status: number, message: string): void {
  call.status = status;
  outgoing.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify({ message }));
}

/** How a connection is kept is a matter between its two ends. */
function endToEnd({ connection: _connection, "keep-alive": _keepAlive, ...headers }: IncomingHttpHeaders) {
  return headers;
}

/**
 * A connection for each call, without saying so: told that the connection is to be closed, the Engine closes it as soon
 * as it has answered, perhaps before the end of a body that it did not need to read.
 */
const agent = new Agent({ keepAlive: true, maxFreeSockets: 0 });

function passOn(
  socketPath: string,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  call: RecordedCall,
  answerReleased: Promise<unknown>,
): void {
  const { method, url: path } = incoming;
  const headers = endToEnd(incoming.headers);
  const upstream = httpRequest({ socketPath, method, path, headers, agent });
  upstream.on("response", async (answer) => {
    await answerReleased;
    call.status = answer.statusCode ?? 0;
    outgoing.writeHead(call.status, endToEnd(answer.headers));
    outgoing.flushHeaders();
    answer.on("error", () => outgoing.destroy()).pipe(outgoing);
  });
  // Whichever side goes away, the other one is told.
  upstream.on("error", () => outgoing.destroy());
  outgoing.on("close", () => upstream.destroy());
  incoming.on("error", () => upstream.destroy()).pipe(upstream);
}
