import { formatDuration } from "../lib/duration.ts";
import type {
  ContainerSpec,
  EndpointSettings,
  Healthcheck,
  Mount,
  NetworkAttachment,
  PortBinding,
  RestartPolicy,
} from "../model/workload.ts";
import { trimSlash } from "./normalize.ts";

/** How the fields of a container are brought to one form, and how they read in a plan. */

export function plainText(value: unknown): string {
  if (Array.isArray(value))
    return value.every((item) => typeof item === "string")
      ? value.map(quoteWord).join(" ")
      : JSON.stringify(value);
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function quoteWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : JSON.stringify(word);
}

export function restartText(policy: RestartPolicy): string {
  return policy.name === "on-failure" && policy.maximumRetryCount
    ? `on-failure:${policy.maximumRetryCount}`
    : policy.name;
}

/** Docker's defaults for a declared check: every 30 s, 30 s to answer, 3 tries; zero is how the Engine spells unset. */
export function canonicalHealthcheck(check: Healthcheck): unknown {
  if (check.kind === "none") return "none";
  return {
    test: check.test ?? [],
    intervalMs: check.intervalMs || 30_000,
    timeoutMs: check.timeoutMs || 30_000,
    startPeriodMs: check.startPeriodMs ?? 0,
    retries: check.retries || 3,
    ...(check.startIntervalMs ? { startIntervalMs: check.startIntervalMs } : {}),
  };
}

export function healthcheckText(
  value:
    | string
    | {
        test: readonly string[];
        intervalMs: number;
        timeoutMs: number;
        startPeriodMs: number;
        retries: number;
      },
): string {
  if (typeof value === "string") return value;
  const command = value.test.slice(1).join(" ");
  const times = `every ${formatDuration(value.intervalMs)}, timeout ${formatDuration(value.timeoutMs)}, ${value.retries} tries`;
  return `"${command}" ${times}${value.startPeriodMs > 0 ? `, start period ${formatDuration(value.startPeriodMs)}` : ""}`;
}

export function portText(port: PortBinding): string {
  const ip = port.hostIp === "" || port.hostIp === "0.0.0.0" ? "" : `${port.hostIp}:`;
  const hostPort = port.hostPort === "0" ? "" : port.hostPort;
  return `${ip}${hostPort}${ip === "" && hostPort === "" ? "" : ":"}${port.containerPort}/${port.protocol}`;
}

export function canonicalMount(mount: Mount): unknown {
  switch (mount.kind) {
    case "volume":
      return ["volume", mount.volume, mount.readOnly, mount.subpath ?? ""];
    case "bind": {
      const propagation = mount.propagation === "rprivate" ? "" : (mount.propagation ?? "");
      return [
        ...["bind", trimSlash(mount.source), mount.readOnly, propagation],
        ...(mount.recursive === undefined ? [] : [mount.recursive]),
      ];
    }
    case "tmpfs":
      return ["tmpfs", mount.options.split(",").filter(Boolean).sort()];
    case "files":
      return ["files", mount.fileSet, mount.path ?? ""];
    case "anonymous":
      return ["anonymous", ...madeWith(mount)];
    case "image":
      return ["image", mount.image, mount.subpath ?? ""];
    default:
      return mount satisfies never;
  }
}

/** Settings of the volume that the Engine makes for the mount; `local` is its own driver. */
function madeWith({
  driver,
  driverOptions,
  labels,
}: Extract<Mount, { kind: "anonymous" }>): readonly unknown[] {
  const settings = [
    driver === "local" ? "" : (driver ?? ""),
    Object.entries(driverOptions ?? {}).sort(),
    Object.entries(labels ?? {}).sort(),
  ];
  return settings.every(({ length }) => length === 0) ? [] : settings;
}

export function mountText(mount: Mount): string {
  switch (mount.kind) {
    case "volume":
      return `volume ${mount.volume}${mount.readOnly ? " (read-only)" : ""}`;
    case "bind":
      return `host path ${mount.source}${mount.readOnly ? " (read-only)" : ""}`;
    case "tmpfs":
      return `tmpfs ${mount.options}`.trimEnd();
    case "files":
      return `files ${mount.path ?? "folder"} @${mount.fileSet.slice(-16, -9)}`;
    case "anonymous":
      return "anonymous volume";
    case "image":
      return `image ${mount.image}${mount.subpath === undefined ? "" : ` ${mount.subpath}`}`;
    default:
      return mount satisfies never;
  }
}

export function networkModeText(network: ContainerSpec["network"]): string {
  switch (network.kind) {
    case "networks":
      return "user-defined networks";
    case "container":
      return `container:${network.container}`;
    case "workload":
      return `workload:${network.workload}`;
    case "default":
      return ["default", ...endpointTexts(network)].join(", ");
    default:
      return network.kind;
  }
}

export function canonicalAttachment(attachment: NetworkAttachment): unknown {
  return [
    [...new Set(attachment.aliases)].sort(),
    attachment.ipv4 ?? "",
    attachment.ipv6 ?? "",
    ...endpointTexts(attachment),
  ];
}

export function attachmentText(attachment: NetworkAttachment): string {
  const parts = [
    ...(attachment.aliases.length > 0 ? [`aliases ${[...attachment.aliases].sort().join(", ")}`] : []),
    ...(attachment.ipv4 === undefined ? [] : [attachment.ipv4]),
    ...(attachment.ipv6 === undefined ? [] : [attachment.ipv6]),
    ...endpointTexts(attachment),
  ];
  return parts.length > 0 ? parts.join(", ") : "attached";
}

function endpointTexts({
  linkLocalIps,
  driverOptions,
  gatewayPriority,
}: EndpointSettings): readonly string[] {
  const driver = Object.entries(driverOptions ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    ...[...(linkLocalIps ?? [])].sort(),
    ...driver.map(([name, value]) => `${name}=${value}`),
    ...(gatewayPriority ? [`gateway priority ${gatewayPriority}`] : []),
  ];
}

/** MAC addresses of single networks, sorted. */
export function endpointMacAddresses(network: ContainerSpec["network"]): readonly string[] {
  if (network.kind !== "networks") return [];
  return network.attachments
    .flatMap(({ network: name, macAddress }) => (macAddress === undefined ? [] : [`${name} ${macAddress}`]))
    .sort();
}
