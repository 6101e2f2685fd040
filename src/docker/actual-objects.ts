import { compact, compareText } from "../lib/records.ts";
import type { ActualImage, ActualNetwork, ActualVolume, EngineFacts } from "../model/actual-state.ts";
import type { Ipam, IpamPool } from "../model/network.ts";
import { labelKeys, type Owner, ownershipOf } from "../model/ownership.ts";
import { toHealthcheck } from "./actual-container.ts";
import { isFilesVolume } from "./actual-mounts.ts";
import type { ImageInspect, NetworkInspect, SystemInfo, VolumeInspect } from "./inspect-types.ts";
import { unlessEmpty } from "./unset.ts";

/** Docker Engine API, "SystemInfo". */
export function toEngineFacts(info: SystemInfo, apiVersion: string): EngineFacts {
  return {
    version: info.ServerVersion ?? "",
    apiVersion,
    hostName: info.Name ?? "",
    systemTime: info.SystemTime ?? new Date(0).toISOString(),
    defaultLogDriver: info.LoggingDriver ?? "json-file",
    defaultRuntime: info.DefaultRuntime ?? "runc",
    ...swarmFacts(info.Swarm),
  };
}

type SwarmFacts = Pick<EngineFacts, "swarm" | "swarmProblem">;

/**
 * A Swarm that is locked, pending, broken or without a leader must never read as "no Swarm". A manager that cannot reach
 * the leader still is one, with a problem.
 */
function swarmFacts(swarm: SystemInfo["Swarm"]): SwarmFacts {
  const state = swarm?.LocalNodeState ?? "";
  const said = (swarm?.Error ?? "").replace(/\s+/g, " ").trim();
  if (state === "" || state === "inactive") return { swarm: "inactive" };
  if (state === "locked") return { swarm: "locked", swarmProblem: said || "the Swarm is locked" };
  if (state !== "active")
    return { swarm: "error", swarmProblem: said || `the node is ${state} in its Swarm` };
  const role = swarm?.ControlAvailable === true ? "manager" : "worker";
  if (said !== "") return { swarm: role, swarmProblem: said };
  if (role === "manager") return { swarm: "manager" };
  const managers = (swarm?.RemoteManagers ?? []).flatMap(({ Addr }) => Addr ?? []).sort(compareText);
  const where = managers.length === 0 ? "" : `; its managers: ${managers.join(", ")}`;
  return { swarm: "worker", swarmProblem: `this Engine is a worker of its Swarm${where}` };
}

/** Docker Engine API, "NetworkInspect". */
export function toActualNetwork(network: NetworkInspect, owner: Owner): ActualNetwork {
  const labels = network.Labels ?? {};
  return compact<ActualNetwork>({
    id: network.Id,
    name: network.Name,
    ownership: ownershipOf(labels, owner),
    source: labels[labelKeys.source],
    driver: network.Driver ?? "",
    options: network.Options ?? {},
    labels,
    internal: network.Internal ?? false,
    attachable: network.Attachable ?? false,
    enableIpv6: network.EnableIPv6 ?? false,
    ipam: toIpam(network.IPAM),
  });
}

function toIpam(ipam: NetworkInspect["IPAM"]): Ipam {
  const pools = (ipam?.Config ?? []).map((pool) =>
    compact<IpamPool>({
      subnet: unlessEmpty(pool.Subnet),
      ipRange: unlessEmpty(pool.IPRange),
      gateway: unlessEmpty(pool.Gateway),
      auxAddresses: unlessEmpty(pool.AuxiliaryAddresses),
    }),
  );
  return compact<Ipam>({ driver: unlessEmpty(ipam?.Driver), options: unlessEmpty(ipam?.Options), pools });
}

/** Docker Engine API, "VolumeInspect". */
export function toActualVolume(volume: VolumeInspect, owner: Owner): ActualVolume {
  const labels = volume.Labels ?? {};
  return {
    name: volume.Name,
    ownership: ownershipOf(labels, owner),
    driver: volume.Driver ?? "",
    driverOptions: volume.Options ?? {},
    labels,
    holdsFiles: labels[labelKeys.content] === "files" && isFilesVolume(volume.Name),
  };
}

/** Docker Engine API, "ImageInspect"; newer versions leave empty members of `Config` out. */
export function toActualImage(image: ImageInspect): ActualImage {
  const config = image.Config ?? {};
  const entries = (config.Env ?? []).map((entry) => {
    const equals = entry.indexOf("=");
    return equals < 0 ? ([entry, ""] as const) : ([entry.slice(0, equals), entry.slice(equals + 1)] as const);
  });
  return compact<ActualImage>({
    id: image.Id,
    platform: [image.Os, image.Architecture, image.Variant].filter(Boolean).join("/"),
    digests: (image.RepoDigests ?? []).map((reference) => reference.slice(reference.indexOf("@") + 1)),
    environment: Object.fromEntries(entries),
    labels: config.Labels ?? {},
    command: config.Cmd ?? [],
    entrypoint: config.Entrypoint ?? [],
    user: config.User ?? "",
    workingDir: config.WorkingDir ?? "",
    stopSignal: config.StopSignal ?? "",
    exposedPorts: Object.keys(config.ExposedPorts ?? {}).sort(compareText),
    volumes: Object.keys(config.Volumes ?? {}).sort(compareText),
    healthcheck: toHealthcheck(config.Healthcheck),
  });
}
