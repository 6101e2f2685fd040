import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import type { OwnContainer } from "../ports.ts";
import { apiPath, type EngineClient, unlessMissing } from "./engine-client.ts";
import type { ContainerInspect } from "./inspect-types.ts";

/** The Engine mounts files of the container's own folder into it, whatever version of control groups the host has. */
const mountOfContainer = /\/containers\/([0-9a-f]{64})\/(?:hostname|hosts|resolv\.conf)\s/;

/**
 * The container that this process runs in: its id stands among its mounts, or is its host name. It counts only when the
 * Engine knows it, so that a remote Engine or a borrowed host name names nobody.
 */
export async function findOwnContainer(
  client: EngineClient,
  signal: AbortSignal,
): Promise<OwnContainer | undefined> {
  const found = await inspectOwn(client, signal);
  const image = found?.Config.Image;
  return found === undefined || image === undefined
    ? undefined
    : { id: found.Id, image, imageId: found.Image };
}

/** Id of the service whose task this process runs in (SwarmKit labels the containers of tasks). */
export async function findOwnService(client: EngineClient, signal: AbortSignal): Promise<string | undefined> {
  return (await inspectOwn(client, signal))?.Config.Labels?.["com.docker.swarm.service.id"];
}

async function inspectOwn(client: EngineClient, signal: AbortSignal): Promise<ContainerInspect | undefined> {
  const mounts = await readFile("/proc/self/mountinfo", "utf8").catch(() => "");
  const id = mountOfContainer.exec(mounts)?.[1] ?? hostname();
  if (!/^[0-9a-f]{12,64}$/.test(id)) return undefined;
  const request = { what: "find the own container", path: apiPath`/containers/${id}/json` };
  return await unlessMissing(client.get<ContainerInspect>(request, signal));
}
