import { compact, compareText } from "../lib/records.ts";
import { apiSupports } from "../model/engine-api.ts";
import type { ContainerSpec, Healthcheck } from "../model/workload.ts";
import { guardApi } from "./api-guards.ts";
import type { EndpointBody } from "./endpoint-body.ts";
import type { InspectConfig, InspectHealthcheck, InspectHostConfig } from "./inspect-types.ts";
import { mountBodies } from "./mount-bodies.ts";
import { endpointsOf, networkSettings, portKey } from "./network-body.ts";
import { resourceSettings, securitySettings } from "./resource-body.ts";

/** Body of `POST /containers/create` (Docker Engine API, "ContainerCreate"). */
export interface CreateBody extends InspectConfig {
  readonly HostConfig: InspectHostConfig;
  readonly NetworkingConfig?: { readonly EndpointsConfig: Readonly<Record<string, EndpointBody>> };
}

export interface CreateRequest {
  readonly name: string;
  readonly platform?: string;
  readonly body: CreateBody;
  /** Networks that this API version cannot attach at creation; they follow before the start. */
  readonly connectAfter: readonly { readonly network: string; readonly endpoint: EndpointBody }[];
}

export interface CreateContext {
  readonly name: string;
  /** Our own labels. */
  readonly labels: Readonly<Record<string, string>>;
  /** Start-first keeps aliases and static addresses back until the gate has passed. */
  readonly aliases: "attached" | "withheld";
  readonly apiVersion: string;
  /** How the Engine knows the container whose network is shared: its id, or its name in a preview. */
  readonly sharedContainer?: string;
  /** Where the Engine's host keeps a volume of repository files; asked only for what cannot be mounted by subpath. */
  filesMountpoint(fileSet: string): string;
}

/** What creating a container with this spec sends. Pure; equal specs give equal bodies. */
export function buildCreateRequest(spec: ContainerSpec, context: CreateContext): CreateRequest {
  guardApi(spec, context.apiVersion);
  const endpoints = endpointsOf(spec, context);
  const atOnce = apiSupports(context.apiVersion, "severalEndpoints") ? endpoints : endpoints.slice(0, 1);
  const mounts = mountBodies(spec.mounts, context);
  const config: InspectConfig = {
    ...processConfig(spec),
    ...compact({
      Image: spec.image,
      Labels: { ...spec.labels, ...context.labels },
      ExposedPorts: exposedPorts(spec),
      Volumes: mounts.Volumes,
      Healthcheck: spec.healthcheck === undefined ? undefined : healthcheckBody(spec.healthcheck),
      MacAddress: apiSupports(context.apiVersion, "endpointMacAddress") ? undefined : spec.macAddress,
    }),
  };
  const host = compact<InspectHostConfig>({
    ...runtimeSettings(spec),
    ...securitySettings(spec),
    ...resourceSettings(spec),
    ...networkSettings(spec, context),
    Binds: mounts.Binds,
    Mounts: mounts.Mounts,
    Tmpfs: mounts.Tmpfs,
    VolumesFrom: spec.volumesFrom,
  });
  return compact<CreateRequest>({
    name: context.name,
    platform: spec.platform,
    body: {
      ...config,
      HostConfig: host,
      ...(atOnce.length === 0 ? {} : { NetworkingConfig: { EndpointsConfig: Object.fromEntries(atOnce) } }),
    },
    connectAfter: endpoints.slice(atOnce.length).map(([network, endpoint]) => ({ network, endpoint })),
  });
}

function processConfig(spec: ContainerSpec): InspectConfig {
  return compact<InspectConfig>({
    // An empty list would let the image's command through; one empty word resets both, as `--entrypoint ""` does.
    Entrypoint: spec.entrypoint?.length === 0 ? [""] : spec.entrypoint,
    Cmd: spec.command,
    Env: Object.entries(spec.environment)
      .sort(([a], [b]) => compareText(a, b))
      .map(([name, value]) => `${name}=${value}`),
    User: spec.user,
    WorkingDir: spec.workingDir,
    Hostname: spec.hostname,
    Domainname: spec.domainname,
    StopSignal: spec.stopSignal,
    StopTimeout: spec.stopTimeoutSeconds,
    Tty: spec.tty,
    OpenStdin: spec.stdinOpen,
  });
}

/** Milliseconds become nanoseconds; `NONE` switches the image's check off. */
function healthcheckBody(check: Healthcheck): InspectHealthcheck {
  if (check.kind === "none") return { Test: ["NONE"] };
  const nanoseconds = (ms: number | undefined) => (ms === undefined ? undefined : Math.round(ms * 1e6));
  return compact<InspectHealthcheck>({
    Test: check.test,
    Interval: nanoseconds(check.intervalMs),
    Timeout: nanoseconds(check.timeoutMs),
    StartPeriod: nanoseconds(check.startPeriodMs),
    StartInterval: nanoseconds(check.startIntervalMs),
    Retries: check.retries,
  });
}

/** A published port that is not exposed as well is dropped by the Engine without a word. */
function exposedPorts(spec: ContainerSpec): Record<string, object> | undefined {
  const keys = [
    ...spec.ports.map(portKey),
    ...spec.expose.map((port) => (port.includes("/") ? port : `${port}/tcp`)),
  ];
  if (keys.length === 0) return undefined;
  return Object.fromEntries([...new Set(keys)].sort(compareText).map((key) => [key, {}]));
}

function runtimeSettings(spec: ContainerSpec): InspectHostConfig {
  return compact<InspectHostConfig>({
    RestartPolicy: restartBody(spec.restart),
    Init: spec.init,
    LogConfig:
      spec.logging === undefined
        ? undefined
        : { Type: spec.logging.driver ?? "", Config: spec.logging.options },
    Annotations: spec.annotations,
    StorageOpt: spec.storageOptions,
    Runtime: spec.runtime,
    IpcMode: spec.ipcMode,
    PidMode: spec.pidMode,
    UTSMode: spec.utsMode,
    UsernsMode: spec.usernsMode,
    CgroupnsMode: spec.cgroupnsMode,
    CgroupParent: spec.cgroupParent,
  });
}

export function restartBody(policy: ContainerSpec["restart"]): { Name: string; MaximumRetryCount: number } {
  return { Name: policy.name, MaximumRetryCount: policy.maximumRetryCount ?? 0 };
}
