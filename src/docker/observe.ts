import { compareText } from "../lib/records.ts";
import { Semaphore } from "../lib/semaphore.ts";
import type {
  ActualImage,
  ActualState,
  EngineFacts,
  ObserveScope,
  PublishedPort,
} from "../model/actual-state.ts";
import { labelKeys, ownershipOf, parseRoleName } from "../model/ownership.ts";
import { containerName, type EngineSurroundings, toActualContainer } from "./actual-container.ts";
import { isFilesVolume } from "./actual-mounts.ts";
import { toActualImage, toActualNetwork, toActualVolume } from "./actual-objects.ts";
import { apiPath, type EngineClient, unlessMissing } from "./engine-client.ts";
import { imagePath } from "./image-reference.ts";
import type {
  ContainerInspect,
  ContainerSummary,
  ImageInspect,
  NetworkInspect,
  VolumeInspect,
} from "./inspect-types.ts";

/** Requests in flight at once: enough to keep the Engine busy, few enough to leave it responsive. */
const width = 16;

/**
 * Takes the snapshot that a plan is made from: three lists, then one inspect for each container that matters and each
 * image that they or the desired state use. What vanishes between list and inspect is left out.
 */
export async function observeEngine(
  client: EngineClient,
  scope: ObserveScope,
  facts: Promise<EngineFacts>,
  signal: AbortSignal,
): Promise<ActualState> {
  const slots = new Semaphore(width);
  const [engine, summaries, networks, volumes, scopeImages] = await Promise.all([
    facts,
    client.get<ContainerSummary[]>(
      { what: "list containers", path: "/containers/json", query: { all: "true" } },
      signal,
    ),
    client.get<NetworkInspect[]>({ what: "list networks", path: "/networks" }, signal),
    client
      .get<{ Volumes?: VolumeInspect[] | null }>({ what: "list volumes", path: "/volumes" }, signal)
      .then((answer) => answer.Volumes ?? []),
    inspectImages(client, [...scope.images], slots, signal),
  ]);
  const chosen = summaries.filter((summary) => isInScope(summary, scope));
  const inspected = await Promise.all(
    chosen.map((summary) => slots.run(() => inspectContainer(client, summary.Id, signal))),
  );
  const around = surroundings(scope, summaries, chosen, networks, volumes);
  const containers = inspected
    .filter((inspect) => inspect !== undefined)
    .map((inspect) => toActualContainer(inspect, around))
    .sort((a, b) => compareText(a.name, b.name));
  const known = new Set([...scopeImages.values()].map((image) => image.id));
  const missing = new Set(containers.map((container) => container.imageId).filter((id) => !known.has(id)));
  const containerImages = await inspectImages(client, [...missing], slots, signal);
  const byId = [...scopeImages.values()].map((image) => [image.id, image] as const);
  return {
    engine,
    containers,
    publishedPorts: toPublishedPorts(summaries),
    imagesOfOthers: new Set(
      summaries.filter((summary) => !isInScope(summary, scope)).flatMap(({ ImageID }) => ImageID ?? []),
    ),
    otherManagers: toOtherManagers(summaries),
    networks: networks
      .map((network) => toActualNetwork(network, scope.owner))
      .sort((a, b) => compareText(a.name, b.name) || compareText(a.id, b.id)),
    volumes: volumes
      .filter((volume) => volume.Labels?.[labelKeys.content] !== stateContent)
      .map((volume) => toActualVolume(volume, scope.owner))
      .sort((a, b) => compareText(a.name, b.name)),
    images: new Map([...scopeImages, ...byId, ...containerImages].sort(([a], [b]) => compareText(a, b))),
  };
}

/** The volume with what runs remember is no affair of a plan. */
const stateContent = "state";

/** Images of tools that replace, start or remove containers of others. */
const managerImages =
  /(^|\/)(watchtower|ouroboros|portainer(-ce|-ee)?|dockge|doco-cd|whats?-?up-?docker|wud|shepherd|autoheal)(:|@|$)/;

export function isManagerImage(image: string): boolean {
  return managerImages.test(image);
}

function toOtherManagers(summaries: readonly ContainerSummary[]): readonly string[] {
  return summaries
    .filter(({ Image, State }) => State === "running" && isManagerImage(Image ?? ""))
    .map((summary) => `${summaryName(summary)} (${summary.Image})`)
    .sort(compareText);
}

/** Owned ones and those that bear a name we want, in any role. Helpers that deliver files are an affair of their step. */
function isInScope(summary: ContainerSummary, scope: ObserveScope): boolean {
  const labels = summary.Labels ?? {};
  if (labels[labelKeys.content] !== undefined) return false;
  if (ownershipOf(labels, scope.owner).kind === "owned") return true;
  const name = summaryName(summary);
  return scope.containerNames.has(name) || scope.containerNames.has(parseRoleName(name).base);
}

/** Links add names of the form `/web/db`; the container's own name has one slash. */
function summaryName(summary: ContainerSummary): string {
  const names = summary.Names ?? [];
  return containerName(
    names.find((name) => name.lastIndexOf("/") === 0) ?? names[0] ?? summary.Id.slice(0, 12),
  );
}

function surroundings(
  scope: ObserveScope,
  summaries: readonly ContainerSummary[],
  chosen: readonly ContainerSummary[],
  networks: readonly NetworkInspect[],
  volumes: readonly VolumeInspect[],
): EngineSurroundings {
  const observed = new Set(chosen.map((summary) => summary.Id));
  const names = new Map(summaries.map((summary) => [summary.Id, summaryName(summary)] as const));
  return {
    owner: scope.owner,
    nameOf: (id) => names.get(id),
    isObserved: (id) => observed.has(id),
    networkIds: new Map(networks.map((network) => [network.Name, network.Id])),
    filesVolumes: new Map(
      volumes.flatMap((volume) =>
        isFilesVolume(volume.Name) && volume.Mountpoint ? [[volume.Mountpoint, volume.Name] as const] : [],
      ),
    ),
  };
}

async function inspectContainer(
  client: EngineClient,
  id: string,
  signal: AbortSignal,
): Promise<ContainerInspect | undefined> {
  return await unlessMissing(
    client.get<ContainerInspect>(
      { what: `inspect container ${id.slice(0, 12)}`, path: apiPath`/containers/${id}/json` },
      signal,
    ),
  );
}

async function inspectImages(
  client: EngineClient,
  references: readonly string[],
  slots: Semaphore,
  signal: AbortSignal,
): Promise<Map<string, ActualImage>> {
  const inspect = async (reference: string) => {
    const request = { what: `inspect image "${reference}"`, path: imagePath(reference) };
    const image = await unlessMissing(client.get<ImageInspect>(request, signal));
    return image === undefined ? [] : [[reference, toActualImage(image)] as const];
  };
  const found = await Promise.all(references.map((reference) => slots.run(() => inspect(reference))));
  return new Map(found.flat());
}

/** The list shows the ports of running containers only: a stopped one holds none. */
function toPublishedPorts(summaries: readonly ContainerSummary[]): PublishedPort[] {
  const ports = new Map<string, PublishedPort>();
  for (const summary of summaries) {
    const container = summaryName(summary);
    for (const { IP: hostIp = "", PublicPort: hostPort, Type: protocol = "tcp" } of summary.Ports ?? []) {
      if (hostPort === undefined || hostPort === 0) continue;
      const key = `${String(hostPort).padStart(5, "0")}/${protocol} ${hostIp} ${container}`;
      ports.set(key, { container, hostIp, hostPort, protocol });
    }
  }
  return [...ports].sort(([a], [b]) => compareText(a, b)).map(([, port]) => port);
}
