/** Finds the Docker Engine that a user of this machine would use. */
import { type EngineApi, engineApi, formatAddress, parseDockerHost } from "./engine-api.ts";

export const DEFAULT_SOCKET = "/var/run/docker.sock";

export interface FoundEngine {
  readonly api: EngineApi;
  /** Where the address came from, for the user's eyes. */
  readonly origin: "DOCKER_HOST" | "default socket";
}

export interface EngineVersion {
  readonly version: string;
  readonly apiVersion: string;
}

/**
 * `DOCKER_HOST` first, then the default socket; `undefined` when neither answers. A DOCKER_HOST that does not
 * answer is reported: what follows then happens on another Engine than the one that was named.
 */
export async function findEngine(
  environment: NodeJS.ProcessEnv,
  report: (line: string) => void,
): Promise<FoundEngine | undefined> {
  const named = environment["DOCKER_HOST"];
  if (named !== undefined && named !== "") {
    const address = parseDockerHost(named, environment);
    const why =
      address === undefined ? "this form is not supported here" : await whyNoAnswer(engineApi(address));
    if (address !== undefined && why === undefined) return { api: engineApi(address), origin: "DOCKER_HOST" };
    report(`DOCKER_HOST=${named} is not used: ${why}`);
  }
  const api = engineApi({ kind: "unix", path: DEFAULT_SOCKET });
  return (await answersPing(api)) ? { api, origin: "default socket" } : undefined;
}

export async function answersPing(api: EngineApi): Promise<boolean> {
  return (await whyNoAnswer(api)) === undefined;
}

async function whyNoAnswer(api: EngineApi): Promise<string | undefined> {
  try {
    await api.call("GET", "/_ping", { idleMs: 5_000 });
    return undefined;
  } catch (error) {
    return `${formatAddress(api.address)}: ${error instanceof Error ? error.message : String(error)}`;
  }
}

export async function engineVersion(api: EngineApi): Promise<EngineVersion> {
  const answer = await api.call<{ Version: string; ApiVersion: string }>("GET", "/version");
  return { version: answer.Version, apiVersion: answer.ApiVersion };
}
