import type { Position } from "../lib/diagnostic.ts";
import type { ClusterSettings } from "./cluster.ts";
import type { Device, DeviceRate, DeviceRequest, DeviceWeight } from "./device.ts";
import type { ImageLock } from "./image-lock.ts";
import type { TimerSpec } from "./timer.ts";

/**
 * The vocabulary of what should run. A workload is one unit or one compose service; it becomes one container for each
 * replica. Everything is already resolved: no templates, no variables, no relative paths.
 */
export interface WorkloadSpec {
  /** `myservice`, `worker@1`, or `stack/service`: unique in a configuration, stable over time. */
  readonly key: string;
  /** A service stays up; a job runs once for each spec and must exit with 0. */
  readonly kind: "service" | "job";
  /** Container names by replica, in order (replica numbers count from 1). Never empty unless scaled to 0. */
  readonly containerNames: readonly string[];
  readonly container: ContainerSpec;
  readonly dependsOn: readonly Dependency[];
  readonly update: UpdatePolicy;
  /** A job that runs again and again, at times; without it a job runs once for each spec. */
  readonly timer?: TimerSpec;
  /** What only a cluster can do with it. */
  readonly cluster?: ClusterSettings;
  /** Where the workload is declared. */
  readonly origin: Position;
  /**
   * Where single fields are declared: by name of a container's field, `mounts.<target>`, `network.<name>`,
   * `healthcheck.<member>`, `cluster.<field>`, `dependsOn.<key>`, `conflicts.<pattern>`; `origin` stands in for the others.
   */
  readonly positions: Readonly<Record<string, Position>>;
}

export interface Dependency {
  /** Key of another workload of the same configuration. */
  readonly workload: string;
  readonly condition: "started" | "healthy" | "completed";
  /** A missing or failed dependency stops this workload; otherwise it only orders the two. */
  readonly required: boolean;
  /** Recreate this workload when the dependency is replaced (compose `restart: true`). */
  readonly restart: boolean;
}

/** How replicas are replaced. Times are milliseconds. */
export interface UpdatePolicy {
  /** `auto` is start-first unless something can be held by one container only. */
  readonly order: "auto" | "start-first" | "stop-first";
  /** Replicas replaced at a time. */
  readonly parallelism: number;
  /** Pause between two batches. */
  readonly delayMs: number;
  /** How long a new container must stay good before it counts; the environment's policy stands in when absent. */
  readonly monitorMs?: number;
}

export const defaultUpdatePolicy: UpdatePolicy = { order: "auto", parallelism: 1, delayMs: 0 };

/**
 * One container as declared. An absent field was not declared: the image's or the Engine's default applies.
 * Sizes are bytes, times milliseconds, CPU is in billionths of a core.
 */
export interface ContainerSpec {
  /** Familiar reference with a tag or digest, `myrepo/web:58-develop`. */
  readonly image: string;
  /** The image that the reference stood for when the configuration was baked. */
  readonly imageLock?: ImageLock;
  readonly platform?: string;
  readonly command?: readonly string[];
  /** An empty list resets the image's entrypoint. */
  readonly entrypoint?: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** The user's own labels; ours are added when the container is created. */
  readonly labels: Readonly<Record<string, string>>;
  readonly user?: string;
  readonly groupAdd?: readonly string[];
  readonly workingDir?: string;
  readonly hostname?: string;
  readonly domainname?: string;
  readonly macAddress?: string;
  readonly stopSignal?: string;
  readonly stopTimeoutSeconds?: number;
  readonly init?: boolean;
  readonly tty?: boolean;
  readonly stdinOpen?: boolean;
  readonly restart: RestartPolicy;
  readonly healthcheck?: Healthcheck;
  readonly ports: readonly PortBinding[];
  /** Ports documented but not published, as `80/tcp`. */
  readonly expose: readonly string[];
  /** Publish every exposed port on a random host port (`-P`). */
  readonly publishAll?: boolean;
  readonly mounts: readonly Mount[];
  /** Containers or workloads whose mounts are taken over (`--volumes-from`), `name` or `name:ro`. */
  readonly volumesFrom?: readonly string[];
  readonly network: NetworkMode;
  readonly links?: readonly string[];
  readonly extraHosts?: readonly string[];
  readonly dns?: readonly string[];
  readonly dnsSearch?: readonly string[];
  readonly dnsOptions?: readonly string[];
  readonly privileged?: boolean;
  readonly readOnlyRootfs?: boolean;
  readonly capAdd?: readonly string[];
  readonly capDrop?: readonly string[];
  readonly securityOpt?: readonly string[];
  /** Nothing below /proc and /sys is hidden or read-only (`--security-opt systempaths=unconfined`). */
  readonly unconfinedSystemPaths?: boolean;
  readonly devices?: readonly Device[];
  readonly deviceCgroupRules?: readonly string[];
  /** Devices that a driver of the Engine picks, such as GPUs. */
  readonly deviceRequests?: readonly DeviceRequest[];
  readonly ulimits?: readonly Ulimit[];
  readonly sysctls?: Readonly<Record<string, string>>;
  readonly logging?: Logging;
  /** Handed on to the OCI runtime. */
  readonly annotations?: Readonly<Record<string, string>>;
  readonly runtime?: string;
  readonly ipcMode?: string;
  readonly pidMode?: string;
  readonly utsMode?: string;
  readonly usernsMode?: string;
  readonly cgroupnsMode?: string;
  readonly cgroupParent?: string;
  readonly memory?: number;
  readonly memoryReservation?: number;
  readonly memorySwap?: number;
  readonly memorySwappiness?: number;
  readonly nanoCpus?: number;
  readonly cpuShares?: number;
  readonly cpuPeriod?: number;
  readonly cpuQuota?: number;
  readonly cpusetCpus?: string;
  readonly cpusetMems?: string;
  /** Microseconds, as `cpuPeriod` and `cpuQuota`. */
  readonly cpuRealtimePeriod?: number;
  readonly cpuRealtimeRuntime?: number;
  readonly pidsLimit?: number;
  readonly blkioWeight?: number;
  readonly blkioWeightDevices?: readonly DeviceWeight[];
  /** Bytes per second. */
  readonly deviceReadBps?: readonly DeviceRate[];
  readonly deviceWriteBps?: readonly DeviceRate[];
  /** Operations per second. */
  readonly deviceReadIops?: readonly DeviceRate[];
  readonly deviceWriteIops?: readonly DeviceRate[];
  readonly oomKillDisable?: boolean;
  readonly oomScoreAdj?: number;
  readonly shmSize?: number;
  /** Of the storage driver, for the container's own file system. */
  readonly storageOptions?: Readonly<Record<string, string>>;
}

export interface RestartPolicy {
  readonly name: "no" | "always" | "unless-stopped" | "on-failure";
  /** Only for `on-failure`; 0 is without limit. */
  readonly maximumRetryCount?: number;
}

export type Healthcheck =
  | { readonly kind: "none" }
  | {
      readonly kind: "command";
      /** `["CMD", …]` or `["CMD-SHELL", line]`; absent keeps the image's command. */
      readonly test?: readonly string[];
      readonly intervalMs?: number;
      readonly timeoutMs?: number;
      readonly startPeriodMs?: number;
      readonly startIntervalMs?: number;
      readonly retries?: number;
    };

export interface PortBinding {
  readonly containerPort: number;
  readonly protocol: "tcp" | "udp" | "sctp";
  /** `""` is every address. */
  readonly hostIp: string;
  /** `""` lets the Engine choose, `8080` is fixed, `8000-8010` is a range to choose from. */
  readonly hostPort: string;
  /** On a cluster: only on the nodes with a task, instead of on all of them. */
  readonly mode?: "host";
}

export type Mount =
  | {
      readonly kind: "volume";
      readonly volume: string;
      readonly target: string;
      readonly readOnly: boolean;
      readonly noCopy?: boolean;
      readonly subpath?: string;
      readonly selinux?: "z" | "Z";
    }
  | {
      readonly kind: "anonymous";
      readonly target: string;
      readonly readOnly?: boolean;
      readonly noCopy?: boolean;
      readonly driver?: string;
      readonly driverOptions?: Readonly<Record<string, string>>;
      readonly labels?: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: "bind";
      /** Absolute path on the Engine's host. */
      readonly source: string;
      readonly target: string;
      readonly readOnly: boolean;
      readonly propagation?: string;
      readonly selinux?: "z" | "Z";
      /** Let the Engine make a missing source folder; otherwise a missing source is an error. */
      readonly createSource?: boolean;
      /** What is mounted below the source: left out, or mounted and read-only as well or not; by default as the Engine can. */
      readonly recursive?: "disabled" | "writable" | "readonly";
    }
  | {
      readonly kind: "tmpfs";
      readonly target: string /** mount options as in `size=64m,mode=1777` */;
      readonly options: string;
    }
  | {
      /** The file system of an image, or a folder of it, read-only. */
      readonly kind: "image";
      readonly image: string;
      readonly target: string;
      readonly subpath?: string;
    }
  | {
      readonly kind: "files";
      /** Name of the content-addressed volume of a `FileSet`. */
      readonly fileSet: string;
      /** A single file of the set, or absent for the whole folder. */
      readonly path?: string;
      readonly target: string;
      /** Its content is secret: a cluster keeps it among its secrets. */
      readonly secret?: true;
    };

/** What can be said of the container's place in any network. */
export interface EndpointSettings {
  readonly linkLocalIps?: readonly string[];
  /** Of the network's driver, for this endpoint. */
  readonly driverOptions?: Readonly<Record<string, string>>;
  /** The network with the highest one has the default gateway. */
  readonly gatewayPriority?: number;
}

export interface NetworkAttachment extends EndpointSettings {
  /** The network's name on the Engine. */
  readonly network: string;
  readonly aliases: readonly string[];
  readonly ipv4?: string;
  readonly ipv6?: string;
  /** In a further network; that in the first one is the container's `macAddress`. */
  readonly macAddress?: string;
}

export type NetworkMode =
  /** The Engine's default bridge. */
  | ({ readonly kind: "default" } & EndpointSettings)
  | { readonly kind: "none" }
  | { readonly kind: "host" }
  /** Shares the namespace of a container outside this configuration. */
  | { readonly kind: "container"; readonly container: string }
  /** Shares the namespace of another workload. */
  | { readonly kind: "workload"; readonly workload: string }
  /** User-defined networks, the first one is the primary. */
  | { readonly kind: "networks"; readonly attachments: readonly NetworkAttachment[] };

export interface Ulimit {
  readonly name: string;
  readonly soft: number;
  readonly hard: number;
}

export interface Logging {
  readonly driver?: string;
  readonly options: Readonly<Record<string, string>>;
}

/** Key of one replica, counted from 0: `web`, or `shop/api#2` when the workload has several. */
export function instanceKey({ key, containerNames }: WorkloadSpec, index: number): string {
  return containerNames.length > 1 ? `${key}#${index + 1}` : key;
}
