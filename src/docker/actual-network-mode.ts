import { compact, compareText } from "../lib/records.ts";
import { parseRoleName } from "../model/ownership.ts";
import type { EndpointSettings, NetworkAttachment, NetworkMode } from "../model/workload.ts";
import type { EngineSurroundings } from "./actual-container.ts";
import type { ContainerInspect, InspectEndpoint } from "./inspect-types.ts";
import { unlessEmpty } from "./unset.ts";

/** Networks that every Engine has; their endpoints carry no aliases. */
const builtInModes = new Set(["", "default", "bridge"]);
const builtInNetworks = new Set(["bridge", "host", "none"]);

/**
 * The network mode and the attachments, the primary one first. A container whose network is shared is told by its id
 * when the planner sees it, which then finds out the workload, otherwise by its name. Endpoints outlive the stop of a container and the
 * removal of their network (Docker Engine API, "ContainerInspect", `HostConfig.NetworkMode` and `NetworkSettings`).
 */
export function toNetwork(inspect: ContainerInspect, around: EngineSurroundings): NetworkMode {
  const mode = inspect.HostConfig.NetworkMode ?? "";
  if (builtInModes.has(mode)) return { kind: "default", ...bridgeSettings(inspect) };
  if (mode === "none" || mode === "host") return { kind: mode };
  if (mode.startsWith("container:")) {
    const id = mode.slice("container:".length);
    const name = around.isObserved(id) ? undefined : around.nameOf(id);
    return { kind: "container", container: name ?? id };
  }
  const primary = networkNameOf(mode, around);
  const endpoints = Object.entries(inspect.NetworkSettings?.Networks ?? {});
  const attachments = endpoints.map(([network, endpoint]) => {
    const attachment = toAttachment(network, endpoint, inspect);
    const macAddress = network === primary ? undefined : unlessEmpty(endpoint?.MacAddress);
    return macAddress === undefined ? attachment : { ...attachment, macAddress };
  });
  attachments.sort(
    (a, b) =>
      Number(b.network === primary) - Number(a.network === primary) || compareText(a.network, b.network),
  );
  return { kind: "networks", attachments };
}

/** The mode may name the network by id. */
function networkNameOf(mode: string, around: EngineSurroundings): string {
  if (around.networkIds.has(mode)) return mode;
  return [...around.networkIds].find(([, id]) => id === mode)?.[0] ?? mode;
}

function bridgeSettings(inspect: ContainerInspect): EndpointSettings {
  const networks = inspect.NetworkSettings?.Networks ?? {};
  return compact<EndpointSettings>(endpointSettings(networks["bridge"] ?? networks["default"]));
}

function endpointSettings(endpoint: InspectEndpoint | null | undefined) {
  return {
    linkLocalIps: unlessEmpty(endpoint?.IPAMConfig?.LinkLocalIPs),
    driverOptions: unlessEmpty(endpoint?.DriverOpts),
    gatewayPriority: unlessEmpty(endpoint?.GwPriority),
  };
}

/** Engines below API 1.45 add the short id to the aliases, and we add the canonical name: both are taken out. */
function toAttachment(
  network: string,
  endpoint: InspectEndpoint | null,
  inspect: ContainerInspect,
): NetworkAttachment {
  const name = inspect.Name.replace(/^\//, "");
  const implied = new Set([inspect.Id, inspect.Id.slice(0, 12), name, parseRoleName(name).base]);
  const aliases = (endpoint?.Aliases ?? []).filter((alias) => !implied.has(alias));
  return compact<NetworkAttachment>({
    network,
    aliases: [...new Set(aliases)].sort(compareText),
    ipv4: unlessEmpty(endpoint?.IPAMConfig?.IPv4Address),
    ipv6: unlessEmpty(endpoint?.IPAMConfig?.IPv6Address),
    macAddress: undefined,
    ...endpointSettings(endpoint),
  });
}

/**
 * Ids of user-defined networks by name. A container that never started has no id yet and gets the one the name stands
 * for now; the built-in networks get other ids at every start of the Engine and mean nothing.
 */
export function toNetworkIds(
  inspect: ContainerInspect,
  known: ReadonlyMap<string, string>,
): Record<string, string> {
  const endpoints = Object.entries(inspect.NetworkSettings?.Networks ?? {});
  const ids = endpoints
    .filter(([name]) => !builtInNetworks.has(name))
    .map(([name, endpoint]) => [name, endpoint?.NetworkID || (known.get(name) ?? "")] as const);
  return Object.fromEntries(ids.sort(([a], [b]) => compareText(a, b)));
}

/** Modes of the other namespaces; the Engine keeps a container's id where a name was given. */
export function namespaceMode(mode: string | undefined, around: EngineSurroundings): string | undefined {
  if (mode === undefined || !mode.startsWith("container:")) return unlessEmpty(mode);
  const id = mode.slice("container:".length);
  return `container:${around.nameOf(id) ?? id}`;
}
