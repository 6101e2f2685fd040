/**
 * The parts of the Engine's answers that we read, honest about what may be missing: Go sends `null` for empty lists and
 * maps, and newer API versions leave empty members out. Field names are the Engine's (Docker Engine API 1.41 to 1.51).
 */

type Maybe<T> = T | null | undefined;
type Texts = Readonly<Record<string, string>>;

/** `GET /info` */
export interface SystemInfo {
  readonly Name?: string;
  readonly ServerVersion?: string;
  /** RFC 3339 with nanoseconds. */
  readonly SystemTime?: string;
  readonly LoggingDriver?: string;
  readonly DefaultRuntime?: string;
  readonly Swarm?: {
    readonly LocalNodeState?: string;
    readonly ControlAvailable?: boolean;
    readonly Error?: string;
    /** How many there are. */
    readonly Managers?: number;
    readonly RemoteManagers?: Maybe<readonly { readonly Addr?: string }[]>;
  };
}

/** `GET /containers/json` */
export interface ContainerSummary {
  readonly Id: string;
  readonly Names?: Maybe<readonly string[]>;
  readonly Image?: string;
  readonly ImageID?: string;
  readonly State?: string;
  readonly Labels?: Maybe<Texts>;
  readonly Ports?: Maybe<
    readonly { readonly IP?: string; readonly PublicPort?: number; readonly Type?: string }[]
  >;
}

/** `GET /containers/{id}/json` */
export interface ContainerInspect {
  readonly Id: string;
  readonly Name: string;
  readonly Created: string;
  readonly Image: string;
  readonly RestartCount?: number;
  readonly State: InspectState;
  readonly Config: InspectConfig;
  readonly HostConfig: InspectHostConfig;
  readonly NetworkSettings?: { readonly Networks?: Maybe<Readonly<Record<string, InspectEndpoint | null>>> };
}

export interface InspectState {
  readonly Status: string;
  readonly ExitCode?: number;
  readonly StartedAt?: string;
  readonly FinishedAt?: string;
  readonly OOMKilled?: boolean;
  readonly Error?: string;
  readonly Health?: Maybe<{
    readonly Status?: string;
    readonly Log?: Maybe<readonly { readonly ExitCode?: number; readonly Output?: string }[]>;
  }>;
}

export interface InspectHealthcheck {
  readonly Test?: Maybe<readonly string[]>;
  /** Nanoseconds, as the other times. */
  readonly Interval?: number;
  readonly Timeout?: number;
  readonly StartPeriod?: number;
  readonly StartInterval?: number;
  readonly Retries?: number;
}

export interface InspectConfig {
  readonly Image?: string;
  readonly Hostname?: string;
  readonly Domainname?: string;
  readonly User?: string;
  readonly MacAddress?: string;
  readonly Tty?: boolean;
  readonly OpenStdin?: boolean;
  readonly Env?: Maybe<readonly string[]>;
  readonly Cmd?: Maybe<readonly string[]>;
  readonly Entrypoint?: Maybe<readonly string[]>;
  readonly Labels?: Maybe<Texts>;
  readonly Volumes?: Maybe<Readonly<Record<string, unknown>>>;
  readonly ExposedPorts?: Maybe<Readonly<Record<string, unknown>>>;
  readonly WorkingDir?: string;
  readonly StopSignal?: string;
  readonly StopTimeout?: Maybe<number>;
  readonly Healthcheck?: Maybe<InspectHealthcheck>;
}

export interface InspectMount {
  readonly Type: string;
  readonly Source?: string;
  readonly Target: string;
  readonly ReadOnly?: boolean;
  readonly BindOptions?: Maybe<{
    readonly Propagation?: string;
    readonly CreateMountpoint?: boolean;
    readonly NonRecursive?: boolean;
    readonly ReadOnlyNonRecursive?: boolean;
    readonly ReadOnlyForceRecursive?: boolean;
  }>;
  readonly VolumeOptions?: Maybe<{
    readonly NoCopy?: boolean;
    readonly Subpath?: string;
    readonly Labels?: Maybe<Texts>;
    readonly DriverConfig?: Maybe<{ readonly Name?: string; readonly Options?: Maybe<Texts> }>;
  }>;
  readonly ImageOptions?: Maybe<{ readonly Subpath?: string }>;
  readonly TmpfsOptions?: Maybe<{ readonly SizeBytes?: number; readonly Mode?: number }>;
}

export interface InspectHostConfig {
  readonly Binds?: Maybe<readonly string[]>;
  readonly Mounts?: Maybe<readonly InspectMount[]>;
  readonly Tmpfs?: Maybe<Texts>;
  readonly VolumesFrom?: Maybe<readonly string[]>;
  readonly PortBindings?: Maybe<
    Readonly<Record<string, Maybe<readonly { readonly HostIp?: string; readonly HostPort?: string }[]>>>
  >;
  readonly PublishAllPorts?: boolean;
  readonly NetworkMode?: string;
  readonly RestartPolicy?: Maybe<{ readonly Name?: string; readonly MaximumRetryCount?: number }>;
  readonly AutoRemove?: boolean;
  readonly Links?: Maybe<readonly string[]>;
  readonly ExtraHosts?: Maybe<readonly string[]>;
  readonly Dns?: Maybe<readonly string[]>;
  readonly DnsSearch?: Maybe<readonly string[]>;
  readonly DnsOptions?: Maybe<readonly string[]>;
  readonly GroupAdd?: Maybe<readonly string[]>;
  readonly Privileged?: boolean;
  readonly ReadonlyRootfs?: boolean;
  readonly CapAdd?: Maybe<readonly string[]>;
  readonly CapDrop?: Maybe<readonly string[]>;
  readonly SecurityOpt?: Maybe<readonly string[]>;
  readonly Devices?: Maybe<
    readonly {
      readonly PathOnHost?: string;
      readonly PathInContainer?: string;
      readonly CgroupPermissions?: string;
    }[]
  >;
  readonly DeviceCgroupRules?: Maybe<readonly string[]>;
  readonly DeviceRequests?: Maybe<
    readonly {
      readonly Driver?: string;
      readonly Count?: number;
      readonly DeviceIDs?: Maybe<readonly string[]>;
      readonly Capabilities?: Maybe<readonly (readonly string[])[]>;
      readonly Options?: Maybe<Texts>;
    }[]
  >;
  /** Empty without any protection; filled in where nothing was said. */
  readonly MaskedPaths?: Maybe<readonly string[]>;
  readonly ReadonlyPaths?: Maybe<readonly string[]>;
  readonly Ulimits?: Maybe<
    readonly { readonly Name?: string; readonly Soft?: number; readonly Hard?: number }[]
  >;
  readonly Sysctls?: Maybe<Texts>;
  readonly LogConfig?: Maybe<{ readonly Type?: string; readonly Config?: Maybe<Texts> }>;
  readonly Annotations?: Maybe<Texts>;
  readonly StorageOpt?: Maybe<Texts>;
  readonly Runtime?: string;
  readonly IpcMode?: string;
  readonly PidMode?: string;
  readonly UTSMode?: string;
  readonly UsernsMode?: string;
  readonly CgroupnsMode?: string;
  readonly CgroupParent?: string;
  readonly Memory?: number;
  readonly MemoryReservation?: number;
  readonly MemorySwap?: number;
  readonly MemorySwappiness?: Maybe<number>;
  readonly NanoCpus?: number;
  readonly CpuShares?: number;
  readonly CpuPeriod?: number;
  readonly CpuQuota?: number;
  readonly CpusetCpus?: string;
  readonly CpusetMems?: string;
  readonly PidsLimit?: Maybe<number>;
  readonly CpuRealtimePeriod?: number;
  readonly CpuRealtimeRuntime?: number;
  readonly BlkioWeight?: number;
  readonly BlkioWeightDevice?: Maybe<readonly { readonly Path?: string; readonly Weight?: number }[]>;
  readonly BlkioDeviceReadBps?: Maybe<readonly InspectRate[]>;
  readonly BlkioDeviceWriteBps?: Maybe<readonly InspectRate[]>;
  readonly BlkioDeviceReadIOps?: Maybe<readonly InspectRate[]>;
  readonly BlkioDeviceWriteIOps?: Maybe<readonly InspectRate[]>;
  readonly OomKillDisable?: Maybe<boolean>;
  readonly OomScoreAdj?: number;
  readonly ShmSize?: number;
  readonly Init?: Maybe<boolean>;
}

export interface InspectRate {
  readonly Path?: string;
  readonly Rate?: number;
}

export interface InspectEndpoint {
  readonly NetworkID?: string;
  readonly Aliases?: Maybe<readonly string[]>;
  readonly Links?: Maybe<readonly string[]>;
  readonly IPAMConfig?: Maybe<{
    readonly IPv4Address?: string;
    readonly IPv6Address?: string;
    readonly LinkLocalIPs?: Maybe<readonly string[]>;
  }>;
  /** Of a running container the one that it has, whether it was asked for or not. */
  readonly MacAddress?: string;
  readonly DriverOpts?: Maybe<Texts>;
  readonly GwPriority?: number;
}

/** `GET /images/{name}/json` */
export interface ImageInspect {
  readonly Id: string;
  readonly Os?: string;
  readonly Architecture?: string;
  readonly Variant?: string;
  /** `myrepo/web@sha256:…` */
  readonly RepoDigests?: Maybe<readonly string[]>;
  readonly Config?: Maybe<InspectConfig>;
}

/** `GET /networks` and `GET /networks/{id}` */
export interface NetworkInspect {
  readonly Id: string;
  readonly Name: string;
  readonly Driver?: string;
  readonly Internal?: boolean;
  readonly Attachable?: boolean;
  readonly EnableIPv6?: boolean;
  readonly Options?: Maybe<Texts>;
  readonly Labels?: Maybe<Texts>;
  readonly IPAM?: Maybe<{
    readonly Driver?: string;
    readonly Options?: Maybe<Texts>;
    readonly Config?: Maybe<
      readonly {
        readonly Subnet?: string;
        readonly IPRange?: string;
        readonly Gateway?: string;
        readonly AuxiliaryAddresses?: Maybe<Texts>;
      }[]
    >;
  }>;
}

/** `GET /volumes` and `GET /volumes/{name}` */
export interface VolumeInspect {
  readonly Name: string;
  readonly Driver?: string;
  readonly Mountpoint?: string;
  readonly Labels?: Maybe<Texts>;
  readonly Options?: Maybe<Texts>;
}
