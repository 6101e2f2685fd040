import { type ApiFeature, apiFeatures, apiSupports, engineOfApi } from "./engine-api.ts";
import type { ContainerSpec, Mount, NetworkAttachment } from "./workload.ts";

/**
 * What a container asks of the Engine's API: older versions drop it without a word or refuse it, so that the container
 * would be less than its declaration. One table for the checks and for the documentation.
 */

export interface ApiUse {
  readonly feature: ApiFeature;
  /** What it is, for people. */
  readonly subject: string;
  /** Where it is declared. */
  readonly field: keyof ContainerSpec;
  /** In the words of `docker run` and of a compose service; empty when it cannot be said there. */
  readonly flag: string;
  readonly key: string;
  /** What an older Engine does with it. */
  readonly otherwise: string;
  /** What asks for it: targets of mounts, names of networks, or nothing but the field itself; empty when nothing does. */
  readonly users: (spec: ContainerSpec) => readonly string[];
}

/** Something that the Engine cannot do, and what to do about it. */
export interface ApiProblem {
  readonly field: keyof ContainerSpec;
  /** Which of the field's members it is about, as in a workload's positions. */
  readonly member?: string;
  readonly text: string;
  readonly hint: string;
}

/** Of a driver's options, what the Engine itself takes out. */
const endpointSysctls = "com.docker.network.endpoint.sysctls";
const interfaceName = "com.docker.network.endpoint.ifname";

export const apiUses: readonly ApiUse[] = [
  {
    ...{ feature: "createMountpoint", field: "mounts", flag: "", key: "volumes: bind.create_host_path" },
    subject: "making a folder that is mounted with a say about what is mounted below",
    otherwise: "refuses the mount when the folder is missing",
    users: mountsThat(
      (mount) =>
        mount.kind === "bind" &&
        mount.createSource === true &&
        mount.recursive !== undefined &&
        mount.selinux === undefined,
    ),
  },
  {
    ...{ feature: "annotations", field: "annotations", flag: "--annotation", key: "annotations" },
    subject: "an annotation",
    otherwise: "drops it",
    users: itself(({ annotations }) => Object.keys(annotations ?? {}).length > 0),
  },
  {
    ...{ feature: "cdiDevices", field: "deviceRequests", flag: "--device vendor/class=name", key: "devices" },
    subject: "a device by its CDI name",
    otherwise: "knows no such devices",
    users: itself(({ deviceRequests }) => deviceRequests?.some(({ driver }) => driver === "cdi") === true),
  },
  {
    ...{ feature: "endpointMacAddress", field: "network" },
    ...{ flag: "--network name=…,mac-address=…", key: "networks: mac_address" },
    subject: "a MAC address of one network alone",
    otherwise: "drops it",
    users: networksThat(({ macAddress }) => macAddress !== undefined),
  },
  {
    ...{ feature: "healthStartInterval", field: "healthcheck" },
    ...{ flag: "--health-start-interval", key: "healthcheck: start_interval" },
    subject: "the health check's start interval",
    otherwise: "drops it",
    users: ({ healthcheck }) =>
      healthcheck?.kind === "command" && healthcheck.startIntervalMs !== undefined ? ["startIntervalMs"] : [],
  },
  {
    ...{ feature: "readOnlyRecursion", field: "mounts" },
    ...{ flag: "--mount …,bind-recursive=…", key: "volumes: bind.recursive" },
    subject: "what is mounted below a read-only path",
    otherwise: "drops it, and leaves what is mounted below writable",
    users: mountsThat(
      (mount) => mount.kind === "bind" && ["writable", "readonly"].includes(mount.recursive ?? ""),
    ),
  },
  {
    ...{ feature: "volumeSubpath", field: "mounts" },
    ...{ flag: "--mount …,volume-subpath=…", key: "volumes: volume.subpath" },
    subject: "mounting a part of a volume",
    otherwise: "mounts the whole volume",
    users: mountsThat((mount) => mount.kind === "volume" && mount.subpath !== undefined),
  },
  {
    ...{ feature: "endpointSysctls", field: "network" },
    ...{ flag: `--network name=…,driver-opt=${endpointSysctls}=…`, key: "networks: driver_opts" },
    subject: "kernel parameters of a network's interface",
    otherwise: "drops them",
    users: networksThat(({ driverOptions }) => driverOptions?.[endpointSysctls] !== undefined),
  },
  {
    ...{ feature: "imageMounts", field: "mounts", flag: "--mount type=image", key: "volumes: type: image" },
    subject: "mounting an image",
    otherwise: "refuses it",
    users: mountsThat(({ kind }) => kind === "image"),
  },
  {
    ...{ feature: "gatewayPriority", field: "network" },
    ...{ flag: "--network name=…,gw-priority=…", key: "networks: gw_priority" },
    subject: "a network's priority for the gateway",
    otherwise: "drops it",
    users: networksThat(({ gatewayPriority = 0 }) => gatewayPriority !== 0),
  },
  {
    ...{ feature: "interfaceName", field: "network" },
    ...{ flag: `--network name=…,driver-opt=${interfaceName}=…`, key: "networks: interface_name" },
    subject: "the name of a network's interface",
    otherwise: "drops it",
    users: networksThat(({ driverOptions }) => driverOptions?.[interfaceName] !== undefined),
  },
];

type Users = ApiUse["users"];

function itself(asks: (spec: ContainerSpec) => boolean): Users {
  return (spec) => (asks(spec) ? [""] : []);
}

function mountsThat(ask: (mount: Mount) => boolean): Users {
  return ({ mounts }) => mounts.filter(ask).map(({ target }) => target);
}

/** The default network has no name here. */
function networksThat(ask: (endpoint: Partial<NetworkAttachment>) => boolean): Users {
  return ({ network }) => {
    if (network.kind === "default") return ask(network) ? [""] : [];
    return network.kind === "networks"
      ? network.attachments.filter(ask).map((attachment) => attachment.network)
      : [];
  };
}

/**
 * What the Engine would drop without a word, or what its API cannot express: a container that differs from its spec must
 * not be created.
 *
 * @param apiVersion what is spoken with the Engine
 */
export function apiProblems(spec: ContainerSpec, apiVersion: string): readonly ApiProblem[] {
  const unknown = apiUses.filter(({ feature }) => !apiSupports(apiVersion, feature));
  const problems = unknown.flatMap(({ feature, field, subject, users }) => {
    const since = apiFeatures[feature];
    const text = `${subject} needs Engine API ${since}, this Engine speaks ${apiVersion}`;
    const hint = `leave the setting out or update the Engine to ${engineOfApi(since)} or newer`;
    return users(spec).map((member) => ({ field, text, hint, ...(member === "" ? {} : { member }) }));
  });
  return [...problems, ...spec.mounts.flatMap(inexpressibleBind)];
}

/** `Binds` are texts divided by colons, and always create a missing source. */
function inexpressibleBind(mount: Mount): ApiProblem[] {
  if (mount.kind === "volume") return inexpressibleVolume(mount);
  if (mount.kind !== "bind") return [];
  const path = `host path "${mount.source}"`;
  const isText =
    mount.selinux !== undefined || (mount.createSource === true && mount.recursive === undefined);
  if (isText && `${mount.source}${mount.target}`.includes(":"))
    return mountProblem(
      mount,
      `${path} on "${mount.target}": a path with a colon cannot be created or relabelled by the Engine`,
      "create the path on the host and mount it without creating or relabelling",
    );
  if (mount.selinux !== undefined && mount.createSource !== true)
    return mountProblem(
      mount,
      `${path}: relabelling for SELinux cannot be combined with a source that must exist`,
      "allow the Engine to create the source (create_host_path: true) or drop the relabelling",
    );
  if (mount.selinux === undefined || mount.recursive === undefined) return [];
  return mountProblem(
    mount,
    `${path}: relabelling for SELinux cannot be combined with a say about what is mounted below`,
    "drop one of them",
  );
}

function inexpressibleVolume(mount: Extract<Mount, { kind: "volume" }>): ApiProblem[] {
  if (mount.selinux === undefined) return [];
  const text = `volume "${mount.volume}" on "${mount.target}"`;
  const hint = "drop the relabelling";
  if (mount.target.includes(":"))
    return mountProblem(mount, `${text}: a path with a colon cannot be relabelled by the Engine`, hint);
  if (mount.subpath === undefined) return [];
  return mountProblem(mount, `${text}: a part of a volume cannot be relabelled by the Engine`, hint);
}

function mountProblem({ target }: Mount, text: string, hint: string): ApiProblem[] {
  return [{ field: "mounts", member: target, text, hint }];
}
