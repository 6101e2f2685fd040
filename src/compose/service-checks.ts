import type { Position } from "../lib/diagnostic.ts";
import type { ContainerSpec, NetworkMode } from "../model/workload.ts";
import { defaultNetwork } from "./attachments.ts";
import { runsOnce } from "./cluster-checks.ts";
import { hostPortCapacity } from "./ports.ts";
import type { ServiceReading } from "./service-reading.ts";

/** Findings that need more than one key of a service. */

/** The declared mode, or the declared networks by priority, or the default network. */
export function resolveNetwork(reading: ServiceReading): NetworkMode {
  const { container, attachments } = reading;
  if (container.network) return container.network;
  if (attachments.length > 0) {
    const sorted = [...attachments].sort((a, b) => b.priority - a.priority || (a.key < b.key ? -1 : 1));
    return { kind: "networks", attachments: sorted.map(({ attachment }) => attachment) };
  }
  const attachment = { network: defaultNetwork(reading).name, aliases: [reading.name] };
  return { kind: "networks", attachments: [attachment] };
}

const shared: readonly (keyof ContainerSpec)[] = [
  ...(["ports", "expose", "hostname", "links", "macAddress"] as const),
  ...(["dns", "dnsSearch", "dnsOptions", "extraHosts"] as const),
];

/** The address in the first network is the container's own (Compose specification, "mac_address"). */
export function resolveMacAddress(
  reading: ServiceReading,
  network: NetworkMode,
): Pick<ContainerSpec, "network" | "macAddress"> {
  const { macAddress } = reading.container;
  const own = macAddress === undefined ? {} : { macAddress };
  if (network.kind !== "networks") return { network, ...own };
  const [first, ...others] = network.attachments;
  if (first?.macAddress === undefined) return { network, ...own };
  const { macAddress: inFirst, ...attachment } = first;
  if (macAddress !== undefined && macAddress !== inFirst) {
    const message = `service "${reading.name}" has another mac_address than in its first network, "${first.network}"`;
    const position = reading.positions["macAddress"] ?? reading.origin;
    reading.sink.error(position, "contradiction", message, "write only one of the two");
  }
  return { network: { kind: "networks", attachments: [attachment, ...others] }, macAddress: inFirst };
}

/** What the Engine refuses or drops when a container has no network of its own. */
const impossible: Readonly<Record<NetworkMode["kind"], readonly (keyof ContainerSpec)[]>> = {
  networks: [],
  default: [],
  none: ["ports", "links"],
  host: ["ports", "macAddress", "links"],
  container: shared,
  workload: shared,
};

export function checkNetwork(reading: ServiceReading, { network }: ContainerSpec): void {
  const [attachment] = reading.attachments;
  if (attachment && reading.container.network) {
    const message = `service "${reading.name}" has network_mode and networks`;
    reading.sink.error(attachment.position, "contradiction", message, "write only one of the two");
  }
  const target =
    network.kind === "container" || network.kind === "workload" ? "of another container" : network.kind;
  for (const name of impossible[network.kind]) {
    const position = reading.positions[name];
    const value = reading.container[name];
    if (!position || (Array.isArray(value) && value.length === 0)) continue;
    const message = `${reading.setBy.get(name)} has no meaning on the network ${target}`;
    reading.sink.error(
      position,
      "contradiction",
      message,
      "remove it, or use networks instead of network_mode",
    );
  }
}

/** Two mounts in one place, and limits that the Engine refuses. */
export function checkResources(reading: ServiceReading, container: ContainerSpec): void {
  const targets = new Set<string>();
  for (const { target, position } of mountPoints(reading)) {
    if (targets.has(target)) {
      const message = `service "${reading.name}" mounts "${target}" twice`;
      reading.sink.error(position, "duplicate-mount", message, "remove one of the two");
    }
    targets.add(target);
  }
  const { memory, memorySwap, memoryReservation, nanoCpus, cpuPeriod, cpuQuota } = container;
  const report = (field: keyof ContainerSpec, message: string, hint: string) =>
    reading.sink.error(reading.positions[field] ?? reading.origin, "bad-limit", message, hint);
  if (memorySwap !== undefined && memorySwap > 0 && (memory === undefined || memorySwap < memory)) {
    const hint = "it counts memory and swap together: write mem_limit, and at least as much here";
    report("memorySwap", "memswap_limit is less than mem_limit or stands alone", hint);
  }
  if (memory !== undefined && memoryReservation !== undefined && memoryReservation > memory) {
    report("memoryReservation", "the memory reservation is larger than the limit", "lower it");
  }
  if (nanoCpus !== undefined && (cpuPeriod !== undefined || cpuQuota !== undefined)) {
    report("nanoCpus", "cpus contradicts cpu_period and cpu_quota", "write only cpus");
  }
}

interface MountPoint {
  readonly target: string;
  readonly position: Position;
}

/** In the order of the file, so that the second of two is told. */
function mountPoints({ mounts, stored }: ServiceReading): readonly MountPoint[] {
  const points = mounts.map(({ mount: { target }, position }) => ({ target, position }));
  for (const { file, position } of stored) {
    const target = file.target.startsWith("/") ? file.target : `/run/secrets/${file.target}`;
    points.push({ target, position });
  }
  return points.sort((a, b) => a.position.line - b.position.line || a.position.column - b.position.column);
}

/** What only one container can have. */
export function checkReplicas(
  reading: ServiceReading,
  container: ContainerSpec,
  kind: "service" | "job",
): void {
  if (kind === "job") checkJob(reading, container);
  if (!reading.replicas || reading.replicas.count <= 1 || runsOnce(reading)) return;
  const { count, position } = reading.replicas;
  const report = (what: string, hint: string) =>
    reading.sink.error(
      position,
      "bad-replicas",
      `service "${reading.name}" cannot have ${count} replicas: ${what}`,
      hint,
    );
  const declared = reading.project.services.get(reading.name);
  const onEngine = reading.runsOn === "engine";
  if (kind === "job" && onEngine) report("it is a job, which runs once", "write 1");
  if (declared?.containerName !== undefined) report("container_name is one name", "remove container_name");
  // A cluster publishes a port once for all replicas, or once on each node.
  const port = container.ports.find(({ hostPort }) => hostPortCapacity(hostPort) < count);
  if (port && onEngine)
    report(
      `host port ${port.hostPort} serves fewer`,
      `publish a range, or only the container port ${port.containerPort}`,
    );
  const { network } = container;
  const isFixed = network.kind === "networks" && network.attachments.some(({ ipv4, ipv6 }) => ipv4 ?? ipv6);
  if (isFixed) report("a fixed address is for one", "remove ipv4_address and ipv6_address");
  if (container.macAddress !== undefined) report("mac_address is for one", "remove mac_address");
}

function checkJob(reading: ServiceReading, { restart }: ContainerSpec): void {
  if (restart.name !== "always" && restart.name !== "unless-stopped") return;
  const message = `job "${reading.name}" would never end with restart: ${restart.name}`;
  const position = reading.positions["restart"] ?? reading.origin;
  reading.sink.error(position, "endless-job", message, 'write restart: "no" or on-failure');
}
