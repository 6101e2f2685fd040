import { formatBytes } from "../lib/bytes.ts";
import type { Device, DeviceRate, DeviceRequest, DeviceWeight } from "../model/device.ts";
import type { ContainerSpec, PortBinding } from "../model/workload.ts";
import {
  attachmentText,
  canonicalAttachment,
  canonicalHealthcheck,
  canonicalMount,
  endpointMacAddresses,
  healthcheckText,
  mountText,
  networkModeText,
  plainText,
  portText,
  restartText,
} from "./field-text.ts";
import { defaultStopTimeoutSeconds } from "./gate.ts";
import { trimSlash } from "./normalize.ts";

/**
 * The comparable fields of a container: one table that says for each field how it is read, shown and changed. A field
 * with its default value is left out on both sides, so that an unset field equals an explicit default.
 */

/** How the Engine can bring a field to its desired value. */
export type ChangeClass =
  /** `POST /containers/{id}/update` */
  | "in-place"
  /** connect or disconnect */
  | "network"
  | "recreate";

export interface FieldValue {
  /** Name for people, unique: `memory`, `env LOG_LEVEL`, `mount /data`. */
  readonly name: string;
  readonly value: unknown;
  readonly text: string;
}

export interface FieldRule {
  readonly name: string;
  /** The spec field, to find its position. */
  readonly specField: keyof ContainerSpec;
  readonly change: ChangeClass;
  /** Unset means "whatever the Engine's default is", which differs between Engines and their settings. */
  readonly engineDefault: boolean;
  readonly masked: boolean;
  read(spec: ContainerSpec): readonly FieldValue[];
}

interface RuleOptions {
  readonly change?: ChangeClass;
  readonly engineDefault?: boolean;
  readonly text?: (value: never) => string;
  /** Canonical form; `undefined` when it is the default. */
  readonly canonical?: (value: never) => unknown;
}

function single<K extends keyof ContainerSpec>(
  name: string,
  specField: K,
  options: RuleOptions = {},
): FieldRule {
  const canonical = (options.canonical ?? identity) as (value: unknown) => unknown;
  const text = (options.text ?? plainText) as (value: unknown) => string;
  return {
    name,
    specField,
    change: options.change ?? "recreate",
    engineDefault: options.engineDefault ?? false,
    masked: false,
    read(spec) {
      const given = spec[specField];
      const value = given === undefined ? undefined : canonical(given);
      return isDefault(value) ? [] : [{ name, value, text: text(value) }];
    },
  };
}

/** One field for each member of a map or a set, so that only what changed is shown. */
function each(
  name: string,
  specField: keyof ContainerSpec,
  masked: boolean,
  read: (spec: ContainerSpec) => readonly [string, unknown, string][],
  change: ChangeClass = "recreate",
): FieldRule {
  return {
    name,
    specField,
    change,
    engineDefault: false,
    masked,
    read: (spec) => read(spec).map(([member, value, text]) => ({ name: `${name} ${member}`, value, text })),
  };
}

const bytes = { change: "in-place", text: formatBytes } as const satisfies RuleOptions;
const inPlace = { change: "in-place" } as const satisfies RuleOptions;
const anyOrder = {
  canonical: (values: readonly string[]) => [...new Set(values)].sort(),
} satisfies RuleOptions;
const capabilities = {
  canonical: (values: readonly string[]) =>
    [...new Set(values.map((value) => value.toUpperCase().replace(/^CAP_/, "")))].sort(),
} satisfies RuleOptions;
const rates = {
  canonical: (limits: readonly DeviceRate[]) => limits.map(({ path, rate }) => `${path}:${rate}`).sort(),
} satisfies RuleOptions;
const engineDefault = { engineDefault: true } as const satisfies RuleOptions;

export const fieldRules: readonly FieldRule[] = [
  single("entrypoint", "entrypoint", {
    canonical: (words: readonly string[]) => (words.length === 1 && words[0] === "" ? [] : words),
  }),
  single("command", "command"),
  each("env", "environment", true, (spec) =>
    Object.entries(spec.environment).map(([key, value]) => [key, value, value]),
  ),
  each("label", "labels", false, (spec) =>
    Object.entries(spec.labels).map(([key, value]) => [key, value, value]),
  ),
  single("user", "user"),
  single("groups", "groupAdd", anyOrder),
  single("working directory", "workingDir", { canonical: (path: string) => trimSlash(path) }),
  single("host name", "hostname"),
  single("domain name", "domainname"),
  single("mac address", "macAddress"),
  single("stop signal", "stopSignal"),
  single("stop timeout", "stopTimeoutSeconds", {
    canonical: (seconds: number) => (seconds === defaultStopTimeoutSeconds ? undefined : `${seconds} s`),
  }),
  single("init", "init", engineDefault),
  single("tty", "tty"),
  single("stdin", "stdinOpen"),
  single("restart policy", "restart", { change: "in-place", canonical: restartText }),
  single("health check", "healthcheck", { canonical: canonicalHealthcheck, text: healthcheckText }),
  single("ports", "ports", {
    canonical: (ports: readonly PortBinding[]) => [...new Set(ports.map(portText))].sort(),
  }),
  single("exposed ports", "expose", anyOrder),
  single("publish all", "publishAll"),
  each("mount", "mounts", false, (spec) =>
    spec.mounts.map((mount) => [trimSlash(mount.target), canonicalMount(mount), mountText(mount)]),
  ),
  single("inherited volumes", "volumesFrom"),
  single("network mode", "network", { canonical: networkModeText }),
  each("network", "network", false, attachmentFields, "network"),
  // The Engine gives every endpoint an address, and takes one only when the container is made.
  single("endpoint mac addresses", "network", { engineDefault: true, canonical: endpointMacAddresses }),
  single("links", "links", anyOrder),
  single("extra hosts", "extraHosts", anyOrder),
  single("dns", "dns"),
  single("dns search", "dnsSearch"),
  single("dns options", "dnsOptions", anyOrder),
  single("privileged", "privileged"),
  single("read-only", "readOnlyRootfs"),
  single("added capabilities", "capAdd", capabilities),
  single("dropped capabilities", "capDrop", capabilities),
  single("security options", "securityOpt", anyOrder),
  single("unconfined system paths", "unconfinedSystemPaths"),
  single("devices", "devices", {
    canonical: (devices: readonly Device[]) =>
      devices.map((device) => `${device.hostPath}:${device.containerPath}:${device.permissions}`).sort(),
  }),
  single("device rules", "deviceCgroupRules", anyOrder),
  single("device requests", "deviceRequests", {
    canonical: (requests: readonly DeviceRequest[]) =>
      requests.map(({ count = 0, ids = [], ...rest }) => ({ ...rest, count, ids: [...ids].sort() })),
  }),
  single("ulimits", "ulimits", {
    engineDefault: true,
    canonical: (limits: readonly { name: string; soft: number; hard: number }[]) =>
      limits.map((limit) => `${limit.name}=${limit.soft}:${limit.hard}`).sort(),
  }),
  each("sysctl", "sysctls", false, (spec) =>
    Object.entries(spec.sysctls ?? {}).map(([key, value]) => [key, value, value]),
  ),
  single("logging", "logging", {
    engineDefault: true,
    text: (logging: { driver?: string; options: Record<string, string> }) =>
      [
        logging.driver ?? "default",
        ...Object.entries(logging.options)
          .map(([key, value]) => `${key}=${value}`)
          .sort(),
      ].join(" "),
  }),
  each("annotation", "annotations", false, (spec) =>
    Object.entries(spec.annotations ?? {}).map(([key, value]) => [key, value, value]),
  ),
  each("storage option", "storageOptions", false, (spec) =>
    Object.entries(spec.storageOptions ?? {}).map(([key, value]) => [key, value, value]),
  ),
  single("runtime", "runtime", engineDefault),
  single("ipc", "ipcMode", engineDefault),
  single("pid", "pidMode"),
  single("uts", "utsMode"),
  single("user namespace", "usernsMode"),
  single("cgroup namespace", "cgroupnsMode", engineDefault),
  single("cgroup parent", "cgroupParent"),
  single("memory", "memory", bytes),
  single("memory reservation", "memoryReservation", bytes),
  single("memory and swap", "memorySwap", {
    change: "in-place",
    text: (value: number) => (value < 0 ? "unlimited" : formatBytes(value)),
  }),
  single("swappiness", "memorySwappiness", { canonical: String }),
  single("cpus", "nanoCpus", { change: "in-place", text: (value: number) => String(value / 1e9) }),
  single("cpu shares", "cpuShares", inPlace),
  single("cpu period", "cpuPeriod", inPlace),
  single("cpu quota", "cpuQuota", inPlace),
  single("cpuset cpus", "cpusetCpus", inPlace),
  single("cpuset mems", "cpusetMems", inPlace),
  single("real-time cpu period", "cpuRealtimePeriod"),
  single("real-time cpu runtime", "cpuRealtimeRuntime"),
  single("pids limit", "pidsLimit", {
    change: "in-place",
    canonical: (limit: number) => (limit > 0 ? limit : undefined),
  }),
  single("block io weight", "blkioWeight", inPlace),
  single("block io weights of devices", "blkioWeightDevices", {
    canonical: (weights: readonly DeviceWeight[]) =>
      weights.map(({ path, weight }) => `${path}:${weight}`).sort(),
  }),
  single("read rates of devices", "deviceReadBps", rates),
  single("write rates of devices", "deviceWriteBps", rates),
  single("reads from devices", "deviceReadIops", rates),
  single("writes to devices", "deviceWriteIops", rates),
  single("oom kill disable", "oomKillDisable"),
  single("oom score", "oomScoreAdj"),
  single("shared memory", "shmSize", { engineDefault: true, text: formatBytes }),
];

/** Names of the Engine-default fields that a spec sets; stored as a label, so that unsetting one is seen later. */
export function engineDefaultsSet(spec: ContainerSpec): readonly string[] {
  return fieldRules
    .filter((rule) => rule.engineDefault && rule.read(spec).length > 0)
    .map((rule) => rule.name);
}

function identity(value: unknown): unknown {
  return value;
}

function isDefault(value: unknown): boolean {
  if (value === undefined || value === "" || value === false || value === 0) return true;
  return Array.isArray(value) && value.length === 0;
}

function attachmentFields(spec: ContainerSpec): [string, unknown, string][] {
  if (spec.network.kind !== "networks") return [];
  return spec.network.attachments.map((attachment) => [
    attachment.network,
    canonicalAttachment(attachment),
    attachmentText(attachment),
  ]);
}
