import type { ContainerSpec, Mount, PortBinding, WorkloadSpec } from "../model/workload.ts";

/**
 * What only one container can hold at a time. If the old and the new container of a workload both need the same thing,
 * the old one must stop before the new one starts.
 */

/** A fixed port of the host as an interval. */
interface HostPorts {
  readonly ip: string;
  readonly protocol: string;
  readonly first: number;
  readonly last: number;
}

/**
 * Reasons why `older` and `newer` cannot run at once, for people; an empty list allows start-first.
 *
 * @param impossible only what the Engine would refuse, not what is merely unwise (shared writable data)
 */
export function conflictsBetween(
  older: ContainerSpec,
  newer: ContainerSpec,
  impossible = false,
): readonly string[] {
  const reasons = [
    ...sharedHostPorts(older.ports, newer.ports).map((port) => `host port ${port}`),
    ...sharedAddresses(older, newer).map((address) => `static address ${address}`),
    ...(older.network.kind === "host" && newer.network.kind === "host" ? ["the host's network"] : []),
    ...(sharesNamespace(older) && sharesNamespace(newer) ? ["another container's network"] : []),
    ...(older.macAddress !== undefined && older.macAddress === newer.macAddress
      ? [`mac address ${newer.macAddress}`]
      : []),
  ];
  if (impossible) return reasons;
  const devices = new Set(older.devices?.map((device) => device.hostPath));
  return [
    ...reasons,
    ...sharedWritableMounts(older.mounts, newer.mounts),
    ...(newer.devices ?? [])
      .filter((device) => devices.has(device.hostPath))
      .map((device) => `device ${device.hostPath}`),
  ];
}

/** Host ports that both would bind, as text. */
export function sharedHostPorts(a: readonly PortBinding[], b: readonly PortBinding[]): readonly string[] {
  const found = new Set<string>();
  for (const left of a.flatMap(fixedPorts)) {
    for (const right of b.flatMap(fixedPorts)) {
      if (overlaps(left, right)) found.add(`${Math.max(left.first, right.first)}/${left.protocol}`);
    }
  }
  return [...found].sort().map((port) => port.replace(/\/tcp$/, ""));
}

/** A single fixed port; a range lets the Engine choose and is not exclusive while one port of it is free. */
function fixedPorts(port: PortBinding): HostPorts[] {
  const match = /^(\d+)$/.exec(port.hostPort);
  if (!match || port.hostPort === "0") return [];
  const number = Number(match[1]);
  const ip = port.hostIp === "0.0.0.0" || port.hostIp === "::" ? "" : port.hostIp;
  return [{ ip, protocol: port.protocol, first: number, last: number }];
}

function overlaps(a: HostPorts, b: HostPorts): boolean {
  const sameAddress = a.ip === "" || b.ip === "" || a.ip === b.ip;
  return sameAddress && a.protocol === b.protocol && a.first <= b.last && b.first <= a.last;
}

function sharedAddresses(a: ContainerSpec, b: ContainerSpec): string[] {
  const mine = new Set(addresses(a));
  return addresses(b)
    .filter((address) => mine.has(address))
    .map((address) => address.slice(address.indexOf(" ") + 1));
}

function addresses(spec: ContainerSpec): string[] {
  if (spec.network.kind !== "networks") return [];
  return spec.network.attachments.flatMap((attachment) =>
    [attachment.ipv4, attachment.ipv6]
      .filter((ip) => ip !== undefined)
      .map((ip) => `${attachment.network} ${ip}`),
  );
}

function sharesNamespace(spec: ContainerSpec): boolean {
  return spec.network.kind === "workload" || spec.network.kind === "container";
}

function sharedWritableMounts(a: readonly Mount[], b: readonly Mount[]): string[] {
  const mine = new Set(a.flatMap(writableData));
  return [...new Set(b.flatMap(writableData).filter((name) => mine.has(name)))].sort();
}

/** Sockets and the kernel's own trees are meant to be shared, data is not. */
const sharedByNature = /\.sock$|^\/(?:dev|proc|sys|run|var\/run)(?:\/|$)|^\/etc\/(?:localtime|timezone)$/;

function writableData(mount: Mount): string[] {
  if (mount.kind === "volume" && !mount.readOnly) return [`read-write volume ${mount.volume}`];
  if (mount.kind === "bind" && !mount.readOnly && !sharedByNature.test(mount.source))
    return [`read-write path ${mount.source}`];
  return [];
}

/** Every fixed host port of a workload, for conflicts with other containers of the Engine. */
export function fixedHostPorts(workload: WorkloadSpec): readonly PortBinding[] {
  return workload.container.ports.filter((port) => fixedPorts(port).length > 0);
}
