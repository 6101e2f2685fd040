import { compact, compareText } from "../lib/records.ts";
import type { ActualContainer, ContainerRecord, ContainerState } from "../model/actual-state.ts";
import { labelKeys, type Owner, ownershipOf, userLabels } from "../model/ownership.ts";
import type { ContainerSpec, Healthcheck, PortBinding, RestartPolicy } from "../model/workload.ts";
import { resourceSettings, securitySettings } from "./actual-limits.ts";
import { toMounts } from "./actual-mounts.ts";
import { namespaceMode, toNetwork, toNetworkIds } from "./actual-network-mode.ts";
import type {
  ContainerInspect,
  InspectConfig,
  InspectHealthcheck,
  InspectHostConfig,
  InspectState,
} from "./inspect-types.ts";
import { unlessEmpty } from "./unset.ts";

/** What the reading of one container needs to know about the rest of the Engine. */
export interface EngineSurroundings {
  readonly owner: Owner;
  /** Name of any container of the Engine; `undefined` when it is gone. */
  nameOf(containerId: string): string | undefined;
  /** Whether the planner sees the container, and so knows it by its id. */
  isObserved(containerId: string): boolean;
  /** Ids of networks by name. */
  readonly networkIds: ReadonlyMap<string, string>;
  /** Volumes with files of the repository, by the path on the host where they are kept. */
  readonly filesVolumes: ReadonlyMap<string, string>;
}

/**
 * A container as the Engine reports it, in the model's terms (Docker Engine API, "ContainerInspect"). Pure. Taken back
 * is only what the Engine's own spelling adds; the image's settings and the daemon's defaults stay in.
 */
export function toActualContainer(inspect: ContainerInspect, around: EngineSurroundings): ActualContainer {
  const labels = inspect.Config.Labels ?? {};
  return {
    id: inspect.Id,
    name: containerName(inspect.Name),
    ownership: ownershipOf(labels, around.owner),
    record: toRecord(labels),
    state: toState(inspect.State, inspect.RestartCount ?? 0),
    imageId: inspect.Image,
    spec: toSpec(inspect, around),
    networkIds: toNetworkIds(inspect, around.networkIds),
    createdAt: inspect.Created,
  };
}

/** The Engine writes names with a leading slash. */
export function containerName(name: string): string {
  return name.replace(/^\//, "");
}

/** `State` of an inspected container (Docker Engine API, "ContainerState"). */
export function toState(state: InspectState, restartCount: number): ContainerState {
  const health = state.Health?.Status;
  return compact<ContainerState>({
    status: state.Status as ContainerState["status"],
    exitCode: state.ExitCode ?? 0,
    startedAt: state.StartedAt ?? "",
    finishedAt: state.FinishedAt ?? "",
    restartCount,
    health: health === "starting" || health === "healthy" || health === "unhealthy" ? health : undefined,
    oomKilled: state.OOMKilled ?? false,
    error: state.Error ?? "",
  });
}

function toRecord(labels: Readonly<Record<string, string>>): ContainerRecord {
  const replica = Number(labels[labelKeys.replica]);
  const kind = labels[labelKeys.kind];
  return compact<ContainerRecord>({
    workload: labels[labelKeys.workload],
    replica: Number.isInteger(replica) && replica > 0 ? replica : undefined,
    kind: kind === "service" || kind === "job" ? kind : undefined,
    fingerprint: labels[labelKeys.spec],
    setFields: commaList(labels[labelKeys.set]),
    needs: commaList(labels[labelKeys.needs]),
    source: labels[labelKeys.source],
    revision: labels[labelKeys.revision],
    txn: labels[labelKeys.txn],
    timer: labels[labelKeys.timer],
    due: timeLabel(labels[labelKeys.due]),
  });
}

/** Labels are as anybody wrote them. */
function timeLabel(text: string | undefined): string | undefined {
  return text === undefined || Number.isNaN(Date.parse(text)) ? undefined : text;
}

function commaList(text: string | undefined): string[] {
  return (text ?? "").split(",").filter((name) => name !== "");
}

function toSpec(inspect: ContainerInspect, around: EngineSurroundings): ContainerSpec {
  const { Config: config, HostConfig: host } = inspect;
  const network = toNetwork(inspect, around);
  return compact<ContainerSpec>({
    ...processSettings(config),
    ...hostNames(inspect),
    ...securitySettings(host),
    ...namespaceSettings(host, around),
    ...resourceSettings(host),
    image: config.Image ?? "",
    platform: undefined,
    imageLock: undefined,
    environment: toEnvironment(config.Env ?? []),
    labels: userLabels(config.Labels ?? {}),
    init: host.Init ?? undefined,
    restart: toRestart(host.RestartPolicy),
    healthcheck: toHealthcheck(config.Healthcheck),
    ports: toPorts(host.PortBindings ?? {}),
    expose: Object.keys(config.ExposedPorts ?? {}).sort(compareText),
    publishAll: unlessEmpty(host.PublishAllPorts),
    mounts: toMounts(inspect, around.filesVolumes),
    volumesFrom: unlessEmpty(host.VolumesFrom),
    network,
    links: toLinks(inspect),
    extraHosts: unlessEmpty(host.ExtraHosts),
    dns: unlessEmpty(host.Dns),
    dnsSearch: unlessEmpty(host.DnsSearch),
    dnsOptions: unlessEmpty(host.DnsOptions),
    logging: unlessEmpty(host.LogConfig?.Type)
      ? compact({ driver: host.LogConfig?.Type, options: host.LogConfig?.Config ?? {} })
      : undefined,
    annotations: unlessEmpty(host.Annotations),
    storageOptions: unlessEmpty(host.StorageOpt),
    runtime: unlessEmpty(host.Runtime),
  });
}

function processSettings(config: InspectConfig) {
  return {
    command: config.Cmd ?? undefined,
    entrypoint: config.Entrypoint ?? undefined,
    user: unlessEmpty(config.User),
    workingDir: trimSlash(unlessEmpty(config.WorkingDir)),
    macAddress: unlessEmpty(config.MacAddress),
    stopSignal: unlessEmpty(config.StopSignal),
    stopTimeoutSeconds: config.StopTimeout ?? undefined,
    tty: unlessEmpty(config.Tty),
    stdinOpen: unlessEmpty(config.OpenStdin),
  };
}

function trimSlash(path: string | undefined): string | undefined {
  return path !== undefined && path.length > 1 ? path.replace(/\/+$/, "") : path;
}

/** Without a name of its own a container is named by its id; in a shared namespace it bears the other's name. */
function hostNames(inspect: ContainerInspect) {
  const { Config: config, HostConfig: host } = inspect;
  const isShared =
    host.NetworkMode === "host" ||
    host.UTSMode === "host" ||
    (host.NetworkMode ?? "").startsWith("container:");
  const isGenerated = config.Hostname === inspect.Id.slice(0, 12);
  return {
    hostname: isShared || isGenerated ? undefined : unlessEmpty(config.Hostname),
    domainname: isShared ? undefined : unlessEmpty(config.Domainname),
  };
}

/** A bare `NAME` unsets a variable of the image; the model cannot say that and leaves it out. */
function toEnvironment(entries: readonly string[]): Record<string, string> {
  const pairs = entries.flatMap((entry) => {
    const equals = entry.indexOf("=");
    return equals > 0 ? [[entry.slice(0, equals), entry.slice(equals + 1)] as const] : [];
  });
  return Object.fromEntries(pairs.sort(([a], [b]) => compareText(a, b)));
}

export function toRestart(policy: InspectHostConfig["RestartPolicy"]): RestartPolicy {
  const name =
    policy?.Name === undefined || policy.Name === "" ? "no" : (policy.Name as RestartPolicy["name"]);
  return compact<RestartPolicy>({
    name,
    maximumRetryCount: name === "on-failure" ? unlessEmpty(policy?.MaximumRetryCount) : undefined,
  });
}

/** Nanoseconds become milliseconds; `["NONE"]` keeps the intervals of the image, which mean nothing then. */
export function toHealthcheck(check: InspectHealthcheck | null | undefined): Healthcheck | undefined {
  if (check === null || check === undefined) return undefined;
  if (check.Test?.[0] === "NONE") return { kind: "none" };
  const milliseconds = (nanoseconds: number | undefined) => unlessEmpty((nanoseconds ?? 0) / 1e6);
  return compact<Extract<Healthcheck, { kind: "command" }>>({
    kind: "command",
    test: unlessEmpty(check.Test),
    intervalMs: milliseconds(check.Interval),
    timeoutMs: milliseconds(check.Timeout),
    startPeriodMs: milliseconds(check.StartPeriod),
    startIntervalMs: milliseconds(check.StartInterval),
    retries: unlessEmpty(check.Retries),
  });
}

function toPorts(bindings: NonNullable<InspectHostConfig["PortBindings"]>): PortBinding[] {
  const ports = Object.entries(bindings).flatMap(([key, hosts]) => {
    const [port = "", protocol = "tcp"] = key.split("/");
    const bound = hosts === null || hosts === undefined || hosts.length === 0 ? [{}] : hosts;
    return bound.map((binding: { HostIp?: string; HostPort?: string }) => ({
      containerPort: Number(port),
      protocol: protocol as PortBinding["protocol"],
      hostIp: binding.HostIp ?? "",
      hostPort: binding.HostPort ?? "",
    }));
  });
  return ports.sort(
    (a, b) =>
      a.containerPort - b.containerPort ||
      compareText(a.protocol, b.protocol) ||
      compareText(a.hostIp, b.hostIp) ||
      compareText(a.hostPort, b.hostPort),
  );
}

/** `HostConfig.Links` are stored as `/db:/web/alias`; on user-defined networks they are part of the endpoint. */
function toLinks(inspect: ContainerInspect): readonly string[] | undefined {
  const legacy = (inspect.HostConfig.Links ?? []).map((link) => {
    const [target = "", path = ""] = link.split(":");
    const alias = path.slice(path.lastIndexOf("/") + 1);
    return `${containerName(target)}:${alias}`;
  });
  const endpoints = Object.values(inspect.NetworkSettings?.Networks ?? {});
  const modern = endpoints.flatMap((endpoint) => endpoint?.Links ?? []);
  return unlessEmpty([...new Set([...legacy, ...modern])].sort(compareText));
}

function namespaceSettings(host: InspectHostConfig, around: EngineSurroundings) {
  return {
    ipcMode: namespaceMode(host.IpcMode, around),
    pidMode: namespaceMode(host.PidMode, around),
    utsMode: unlessEmpty(host.UTSMode),
    usernsMode: unlessEmpty(host.UsernsMode),
    cgroupnsMode: unlessEmpty(host.CgroupnsMode),
    cgroupParent: unlessEmpty(host.CgroupParent),
  };
}
