import type { ServerOptions } from "node:http";

/** For `createServer`: nobody holds a connection by sending slowly, and headers stay small. Times in milliseconds. */
export const serverOptions = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 5_000,
  /** How often the two deadlines above are looked at; the default of 30 s would make them four times as long. */
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 16 * 1024,
} as const satisfies ServerOptions;

/** To be assigned to the server: `node:http` has no options for them. */
export const serverLimits = {
  maxConnections: 2_000,
  maxHeadersCount: 100,
} as const;
