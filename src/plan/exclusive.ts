import type { ContainerSpec, Mount, PortBinding } from "../model/workload.ts";
import { trimSlash } from "./normalize.ts";

/**
 * What only one container can hold at a time. If the old and the new container of a workload both need the same thing,
 * the old one must stop before the new one starts; if two workloads exchange it, they must change together.
 */

/** A fixed port of the host. */
export interface PortClaim {
  /** `tcp/8080` */
  readonly key: string;
  /** `""` is every address. */
  readonly ip: string;
}

/**
 * Reasons why `older` and `newer` cannot run at once, for people; an empty list allows start-first.
 *
 * @param refused only what the Engine would refuse, not what is merely unwise (shared data, the host's network)
 */
export function conflictsBetween(
  older: ContainerSpec,
  newer: ContainerSpec,
  refused = false,
): readonly string[] {
  const reasons = [
    ...sharedHostPorts(older.ports, newer.ports).map((port) => `host port ${port}`),
    ...shared(addressClaims(older), addressClaims(newer)).map(
      (claim) => `static address ${claim.slice(claim.indexOf(" ") + 1)}`,
    ),
  ];
  if (refused) return reasons;
  return [
    ...reasons,
    ...(older.network.kind === "host" && newer.network.kind === "host" ? ["the host's network"] : []),
    ...(sharesNamespace(older) && sharesNamespace(newer) ? ["another container's network"] : []),
    ...shared(macAddresses(older), macAddresses(newer)).map((address) => `mac address ${address}`),
    ...shared(writableVolumes(older), writableVolumes(newer)).map((name) => `read-write volume ${name}`),
    ...shared(writablePaths(older.mounts), writablePaths(newer.mounts)).map(
      (path) => `read-write path ${path}`,
    ),
    ...shared(devices(older), devices(newer)).map((path) => `device ${path}`),
  ];
}

/** Host ports that both would bind, as text. */
export function sharedHostPorts(a: readonly PortBinding[], b: readonly PortBinding[]): readonly string[] {
  const mine = a.flatMap(fixedPort);
  const both = b.flatMap(fixedPort).filter((port) => mine.some((other) => overlaps(port, other)));
  return [...new Set(both.map(({ key }) => portName(key)))].sort();
}

/** `tcp/8080` → `8080`, `udp/53` → `53/udp` */
export function portName(key: string): string {
  const [protocol = "", port = ""] = key.split("/");
  return protocol === "tcp" ? port : `${port}/${protocol}`;
}

export function portClaims(spec: Pick<ContainerSpec, "ports">): readonly PortClaim[] {
  return spec.ports.flatMap(fixedPort);
}

/** A single fixed port; a range lets the Engine choose and is not exclusive while one port of it is free. */
function fixedPort(port: PortBinding): PortClaim[] {
  if (!/^\d+$/.test(port.hostPort) || Number(port.hostPort) === 0) return [];
  return [{ key: `${port.protocol}/${Number(port.hostPort)}`, ip: anyAddress(port.hostIp) }];
}

export function anyAddress(ip: string): string {
  return ip === "0.0.0.0" || ip === "::" ? "" : ip;
}

export function overlaps(a: PortClaim, b: PortClaim): boolean {
  return a.key === b.key && (a.ip === "" || b.ip === "" || a.ip === b.ip);
}

/** Static addresses as `network address`. */
export function addressClaims(spec: Pick<ContainerSpec, "network">): readonly string[] {
  if (spec.network.kind !== "networks") return [];
  return spec.network.attachments.flatMap(({ network, ipv4, ipv6, linkLocalIps = [] }) =>
    [ipv4, ipv6, ...linkLocalIps].flatMap((ip) =>
      ip === undefined ? [] : [`${network} ${ip.toLowerCase()}`],
    ),
  );
}

function macAddresses({ macAddress, network }: ContainerSpec): readonly string[] {
  const endpoints = network.kind === "networks" ? network.attachments : [];
  return [macAddress, ...endpoints.map((endpoint) => endpoint.macAddress)].filter(
    (address) => address !== undefined,
  );
}

export function writableVolumes(spec: Pick<ContainerSpec, "mounts">): readonly string[] {
  return spec.mounts.flatMap((mount) => (mount.kind === "volume" && !mount.readOnly ? [mount.volume] : []));
}

function sharesNamespace(spec: ContainerSpec): boolean {
  return spec.network.kind === "workload" || spec.network.kind === "container";
}

/** Sockets and the kernel's own trees are meant to be shared, data is not. */
const sharedByNature = /\.sock$|^\/(?:dev|proc|sys|run|var\/run)(?:\/|$)|^\/etc\/(?:localtime|timezone)$/;

function writablePaths(mounts: readonly Mount[]): string[] {
  return mounts.flatMap((mount) =>
    mount.kind === "bind" && !mount.readOnly && !sharedByNature.test(mount.source)
      ? [trimSlash(mount.source)]
      : [],
  );
}

function devices(spec: ContainerSpec): readonly string[] {
  return (spec.devices ?? []).map((device) => device.hostPath);
}

function shared(a: readonly string[], b: readonly string[]): readonly string[] {
  const mine = new Set(a);
  return [...new Set(b.filter((item) => mine.has(item)))].sort();
}
