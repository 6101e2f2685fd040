import { stat } from "node:fs/promises";
import { defaultEngineHost, type EngineAddress } from "./docker-host.ts";

/**
 * Why an Engine that does not answer will never answer at this address again: the socket was mounted into our container
 * and its name on the host has gone to another one since, as when the Engine was started again. The mounted one has no
 * name left anywhere, so its count of links is zero.
 */
export async function findStaleSocket({ host }: EngineAddress): Promise<string | undefined> {
  const address = host || defaultEngineHost;
  if (!address.startsWith("unix://")) return undefined;
  const path = address.slice("unix://".length);
  const found = await stat(path).catch(() => undefined);
  if (found === undefined || found.nlink > 0) return undefined;
  return `the socket that was mounted at ${path} was replaced on the host, and nobody listens at the old one`;
}
