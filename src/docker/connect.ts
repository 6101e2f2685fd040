import { stat } from "node:fs/promises";
import Docker from "dockerode";
import type { EngineFacts } from "../model/actual-state.ts";
import { isReconcilerError, ReconcilerError } from "../model/errors.ts";
import { toEngineFacts } from "./actual-objects.ts";
import { chooseApiVersion, minimumApiVersion } from "./api-version.ts";
import { defaultEngineHost, dockerOptions, type EngineAddress } from "./docker-host.ts";
import { EngineClient } from "./engine-client.ts";
import type { SystemInfo } from "./inspect-types.ts";

export interface Connection {
  readonly client: EngineClient;
  readonly engine: EngineFacts;
}

const pingTimeoutMs = 10_000;

/**
 * Reaches the Engine, agrees on an API version (Docker Engine API, "Versioning" and "SystemPing") and learns its facts.
 *
 * @param callTimeoutMs deadline of an ordinary call
 * @throws ReconcilerError `engine-unreachable`, `engine-unsupported` or, for an address that makes no sense, `usage`
 */
export async function openConnection(
  address: EngineAddress,
  callTimeoutMs: number | undefined,
  signal: AbortSignal,
): Promise<Connection> {
  const options = dockerOptions(address);
  const host = address.host || defaultEngineHost;
  const apiVersion = await negotiateVersion(
    new EngineClient(newDocker(options), Math.min(pingTimeoutMs, callTimeoutMs ?? pingTimeoutMs)),
    host,
    signal,
  );
  const client = new EngineClient(newDocker({ ...options, version: `v${apiVersion}` }), callTimeoutMs);
  return { client, engine: await readFacts(client, apiVersion, signal) };
}

/** `GET /info` in the model's terms. */
export async function readFacts(
  client: EngineClient,
  apiVersion: string,
  signal: AbortSignal,
): Promise<EngineFacts> {
  const info = await client.get<SystemInfo>({ what: "ask the Engine about itself", path: "/info" }, signal);
  return toEngineFacts(info, apiVersion);
}

/**
 * The Engine's time, cut to seconds, from the `Date` header of an answer that costs nothing; `GET /info` is one of its
 * slowest calls. `undefined`: a proxy left it out.
 */
export async function readTime(client: EngineClient, signal: AbortSignal): Promise<string | undefined> {
  const answer = await client.stream("GET", { what: "ask the Engine for the time", path: "/_ping" }, signal);
  answer.resume();
  const date = Date.parse(String(answer.headers?.["date"] ?? ""));
  return Number.isNaN(date) ? undefined : new Date(date).toISOString();
}

/** docker-modem reads `DOCKER_HOST` and its certificates even when everything is given. */
function newDocker(options: Docker.DockerOptions): Docker {
  try {
    return new Docker(options);
  } catch (cause) {
    throw new ReconcilerError("usage", `set up the connection: ${(cause as Error).message}`, { cause });
  }
}

async function negotiateVersion(client: EngineClient, host: string, signal: AbortSignal): Promise<string> {
  const what = `reach the Engine at ${host}`;
  const server = await ping(client, host, signal);
  const chosen = chooseApiVersion(server);
  if (chosen !== undefined) return chosen;
  throw new ReconcilerError("engine-unsupported", `${what}: it speaks API version "${server}"`, {
    hint: `mysysconfig needs ${minimumApiVersion}, Engine 20.10 or newer`,
  });
}

const madeByDocker =
  "there is a folder and no socket: Docker makes one where the path to mount does not exist; check the path of the mount";

async function isFolder(host: string): Promise<boolean> {
  if (!host.startsWith("unix://")) return false;
  return await stat(host.slice("unix://".length)).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** The version is in a header, which only a stream lets us see. An Engine that is silent is as good as absent. */
async function ping(client: EngineClient, host: string, signal: AbortSignal): Promise<string> {
  const what = `reach the Engine at ${host}`;
  try {
    const answer = await client.stream("GET", { what, path: "/_ping" }, signal);
    answer.resume();
    return String(answer.headers?.["api-version"] ?? "");
  } catch (error) {
    if (!isReconcilerError(error) || error.code === "interrupted" || signal.aborted) throw error;
    const hint = (await isFolder(host)) ? madeByDocker : error.hint;
    throw new ReconcilerError("engine-unreachable", error.message, { hint, cause: error });
  }
}
