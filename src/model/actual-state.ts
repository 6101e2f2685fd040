import type { ActualSwarm } from "./actual-swarm.ts";
import type { Ipam } from "./network.ts";
import type { Owner, Ownership } from "./ownership.ts";
import type { ContainerSpec } from "./workload.ts";

/** What to look at: everything owned, and everything that bears one of these names. */
export interface ObserveScope {
  readonly owner: Owner;
  readonly target: Target;
  readonly containerNames: ReadonlySet<string>;
  readonly networkNames: ReadonlySet<string>;
  readonly volumeNames: ReadonlySet<string>;
  /** Familiar references whose local image is of interest. */
  readonly images: ReadonlySet<string>;
  /** Configs and secrets of a cluster that the configuration names without bringing them. */
  readonly storedNames?: ReadonlySet<string>;
}

/** One Engine, or the cluster that it manages. */
export type Target = "engine" | "swarm";

/** A snapshot of the Engine, complete enough that a plan needs no further call. */
export interface ActualState {
  readonly engine: EngineFacts;
  /** Owned containers and look-alikes, sorted by name. */
  readonly containers: readonly ActualContainer[];
  /** Every container of the Engine that publishes a host port, to name who holds it. */
  readonly publishedPorts: readonly PublishedPort[];
  /** Ids of images that containers beside those above use. */
  readonly imagesOfOthers: ReadonlySet<string>;
  /** Containers of tools that change containers by themselves, to name a rival: `watchtower (containrrr/watchtower)`. */
  readonly otherManagers: readonly string[];
  readonly networks: readonly ActualNetwork[];
  readonly volumes: readonly ActualVolume[];
  /** Images by the reference that was asked for and by the ids of the containers above. */
  readonly images: ReadonlyMap<string, ActualImage>;
  /** Of a cluster; there are no containers and volumes beside it. */
  readonly swarm?: ActualSwarm;
}

export interface EngineFacts {
  /** `28.5.2` */
  readonly version: string;
  /** The API version in use, `1.51`. */
  readonly apiVersion: string;
  readonly hostName: string;
  /** The Engine's own clock at the time of the look, ISO 8601: ages and expiries are judged by it alone. */
  readonly systemTime: string;
  readonly defaultLogDriver: string;
  readonly defaultRuntime: string;
  readonly swarm: "inactive" | "manager" | "worker" | "locked" | "error";
  /** Why the Swarm cannot be used, in the Engine's words. */
  readonly swarmProblem?: string;
}

export interface ActualContainer {
  readonly id: string;
  readonly name: string;
  readonly ownership: Ownership;
  readonly record: ContainerRecord;
  readonly state: ContainerState;
  readonly imageId: string;
  /**
   * The live settings in the model's own terms, with the image's and the Engine's defaults still in them; labels of
   * ours are taken out. `network` is `networks` for any user-defined network.
   */
  readonly spec: ContainerSpec;
  /** Networks by name, with ids, whether or not they still exist. */
  readonly networkIds: Readonly<Record<string, string>>;
  readonly createdAt: string;
}

/** What our labels say; every field may be absent on look-alikes. */
export interface ContainerRecord {
  readonly workload?: string;
  readonly replica?: number;
  readonly kind?: "service" | "job";
  readonly fingerprint?: string;
  /** Fields with an Engine default that were set on purpose. */
  readonly setFields: readonly string[];
  /** Keys of the workloads it depended on. */
  readonly needs: readonly string[];
  readonly source?: string;
  readonly revision?: string;
  readonly txn?: string;
  /** Name of the timer unit that it was made for. */
  readonly timer?: string;
  /** The time that it was made to serve, ISO 8601. */
  readonly due?: string;
}

export interface ContainerState {
  readonly status: "created" | "running" | "paused" | "restarting" | "removing" | "exited" | "dead";
  readonly exitCode: number;
  /** ISO time; the zero time of the Engine when it never started. */
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly restartCount: number;
  /** Absent without a health check. */
  readonly health?: "starting" | "healthy" | "unhealthy";
  readonly oomKilled: boolean;
  /** The Engine's own words about a failed start, or "". */
  readonly error: string;
}

export interface PublishedPort {
  readonly container: string;
  readonly hostIp: string;
  readonly hostPort: number;
  readonly protocol: string;
}

export interface ActualNetwork {
  readonly id: string;
  readonly name: string;
  readonly ownership: Ownership;
  readonly source?: string;
  readonly driver: string;
  readonly options: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly internal: boolean;
  readonly attachable: boolean;
  readonly enableIpv6: boolean;
  readonly ipam: Ipam;
}

export interface ActualVolume {
  readonly name: string;
  readonly ownership: Ownership;
  readonly driver: string;
  readonly driverOptions: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  /** It holds files of the repository and can be made again at any time. */
  readonly holdsFiles: boolean;
}

/** A local image. The fields below `digests` are the defaults that containers inherit. */
export interface ActualImage {
  readonly id: string;
  /** `linux/amd64`, `linux/arm64/v8`. */
  readonly platform: string;
  /** Of its manifests in registries, `sha256:…`; an image that was built here and never pushed has none. */
  readonly digests: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly command: readonly string[];
  readonly entrypoint: readonly string[];
  readonly user: string;
  readonly workingDir: string;
  readonly stopSignal: string;
  readonly exposedPorts: readonly string[];
  readonly volumes: readonly string[];
  readonly healthcheck?: ContainerSpec["healthcheck"];
}
