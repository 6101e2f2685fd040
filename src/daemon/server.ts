import type { IncomingMessage, RequestListener, Server, ServerResponse } from "node:http";
import { ReconcilerError } from "../model/errors.ts";
import { serverLimits, serverOptions } from "../webhook/server-options.ts";
import { boundConnections, type ConnectionLimits, connectionLimits } from "./connection-bound.ts";
import type { HealthReport } from "./health.ts";

/** Where to listen; port 0 lets the system choose. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

export interface Routes {
  readonly live?: () => HealthReport;
  readonly ready?: () => HealthReport;
  readonly metrics?: () => Promise<{ readonly contentType: string; readonly text: string }>;
  /** Whatever is below `/hook/`. */
  readonly hook?: (request: IncomingMessage, response: ServerResponse) => void;
}

/** The daemon's few addresses: health, metrics, hooks. Nothing here changes anything. */
export function requestListener(routes: Routes): RequestListener {
  return (request, response) => {
    const [path = ""] = (request.url ?? "").split("?", 1);
    if (path.startsWith("/hook/") && routes.hook !== undefined) return routes.hook(request, response);
    const answer = Object.hasOwn(pages, path) ? pages[path]?.(routes) : undefined;
    if (answer === undefined) return send(response, 404, "text/plain", "not found\n");
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.setHeader("allow", "GET, HEAD");
      return send(response, 405, "text/plain", "only GET\n");
    }
    answer().then(
      ({ status, type, text }) => send(response, status, type, text),
      () => send(response, 500, "text/plain", "a mistake of this program\n"),
    );
  };
}

interface Page {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

const pages: Readonly<Record<string, (routes: Routes) => (() => Promise<Page>) | undefined>> = {
  "/healthz": ({ live }) => live && (async () => healthPage(live())),
  "/readyz": ({ ready }) => ready && (async () => healthPage(ready())),
  "/metrics": ({ metrics }) => metrics && (async () => metricsPage(await metrics())),
};

function metricsPage({ contentType, text }: { readonly contentType: string; readonly text: string }): Page {
  return { status: 200, type: contentType, text };
}

function healthPage({ ok, reason }: HealthReport): Page {
  return { status: ok ? 200 : 503, type: "application/json", text: `${JSON.stringify({ ok, reason })}\n` };
}

function send(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, {
    "content-type": type,
    "content-length": Buffer.byteLength(text),
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  });
  response.end(text);
}

export interface RunningServers extends AsyncDisposable {
  readonly addresses: readonly string[];
}

/** One address for everything, or another one that metrics move to. */
export async function startServers(
  { listen, metricsListen }: { readonly listen: ListenAddress; readonly metricsListen?: ListenAddress },
  routes: Routes,
  limits = connectionLimits,
): Promise<RunningServers> {
  const { metrics, ...others } = routes;
  const main = await startServer(listen, metricsListen === undefined ? routes : others, limits);
  if (metricsListen === undefined)
    return { addresses: [main.address], [Symbol.asyncDispose]: () => main[Symbol.asyncDispose]() };
  try {
    const metricsRoutes = metrics === undefined ? {} : { metrics };
    const second = await startServer(metricsListen, metricsRoutes, limits);
    return {
      addresses: [main.address, second.address],
      async [Symbol.asyncDispose]() {
        await Promise.all([main, second].map((server) => server[Symbol.asyncDispose]()));
      },
    };
  } catch (error) {
    await main[Symbol.asyncDispose]();
    throw error;
  }
}

interface RunningServer extends AsyncDisposable {
  /** `0.0.0.0:8080` */
  readonly address: string;
}

/**
 * Listens until it is disposed of; then no connection stays open.
 *
 * @throws ReconcilerError `usage` when the address cannot be had
 */
async function startServer(
  listen: ListenAddress,
  routes: Routes,
  limits: ConnectionLimits,
): Promise<RunningServer> {
  const { createServer } = await import("node:http");
  const server = Object.assign(createServer(serverOptions, requestListener(routes)), serverLimits);
  boundConnections(server, limits);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  // It stays: a connection that cannot be taken later on, for want of files, must not end the program.
  server.on("error", reject);
  server.listen(listen.port, listen.host, resolve);
  try {
    await promise;
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code ?? "it cannot be listened at";
    throw new ReconcilerError("usage", `listen at ${listen.host}:${listen.port}: ${why}`, {
      hint: "give another address with --listen HOST:PORT",
      cause,
    });
  }
  return { address: addressOf(server, listen), [Symbol.asyncDispose]: () => close(server) };
}

function addressOf(server: Server, { host }: ListenAddress): string {
  const found = server.address();
  const port = typeof found === "object" && found !== null ? found.port : 0;
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

async function close(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  server.closeAllConnections();
  await promise;
}
