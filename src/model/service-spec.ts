/**
 * A Swarm service as the Engine's API has it (Docker Engine API 1.41, "ServiceSpec"): desired and live services are
 * compared in these terms, so that nothing can get lost in a translation. Times are nanoseconds, as in the API. Networks,
 * configs and secrets are named by their names; the adapter puts ids in their places.
 */
export interface ServiceSpec {
  readonly Name: string;
  readonly Labels?: Texts;
  readonly TaskTemplate: TaskSpec;
  readonly Mode?: ServiceModeSpec;
  readonly UpdateConfig?: UpdateConfig;
  readonly RollbackConfig?: UpdateConfig;
  readonly EndpointSpec?: EndpointSpec;
}

type Texts = Readonly<Record<string, string>>;

export interface ServiceModeSpec {
  readonly Replicated?: { readonly Replicas?: number };
  readonly Global?: Readonly<Record<string, never>>;
  readonly ReplicatedJob?: { readonly MaxConcurrent?: number; readonly TotalCompletions?: number };
  readonly GlobalJob?: Readonly<Record<string, never>>;
}

export interface TaskSpec {
  readonly ContainerSpec: TaskContainerSpec;
  readonly Resources?: {
    readonly Limits?: { readonly NanoCPUs?: number; readonly MemoryBytes?: number; readonly Pids?: number };
    readonly Reservations?: {
      readonly NanoCPUs?: number;
      readonly MemoryBytes?: number;
      readonly GenericResources?: readonly GenericResourceSpec[];
    };
  };
  readonly RestartPolicy?: {
    readonly Condition?: "none" | "on-failure" | "any";
    readonly Delay?: number;
    readonly MaxAttempts?: number;
    readonly Window?: number;
  };
  readonly Placement?: {
    readonly Constraints?: readonly string[];
    readonly Preferences?: readonly { readonly Spread?: { readonly SpreadDescriptor: string } }[];
    readonly MaxReplicas?: number;
    readonly Platforms?: readonly { readonly Architecture?: string; readonly OS?: string }[];
  };
  readonly Networks?: readonly NetworkAttachmentSpec[];
  readonly LogDriver?: { readonly Name?: string; readonly Options?: Texts };
  readonly ForceUpdate?: number;
  readonly Runtime?: string;
}

export type GenericResourceSpec =
  | { readonly DiscreteResourceSpec: { readonly Kind: string; readonly Value: number } }
  | { readonly NamedResourceSpec: { readonly Kind: string; readonly Value: string } };

export interface NetworkAttachmentSpec {
  /** Name, in what we compare; the API answers with an id. */
  readonly Target: string;
  readonly Aliases?: readonly string[];
  readonly DriverOpts?: Texts;
}

export interface TaskContainerSpec {
  /** `myrepo/web:58-develop@sha256:…` */
  readonly Image: string;
  readonly Labels?: Texts;
  readonly Command?: readonly string[];
  readonly Args?: readonly string[];
  readonly Hostname?: string;
  readonly Env?: readonly string[];
  readonly Dir?: string;
  readonly User?: string;
  readonly Groups?: readonly string[];
  readonly Privileges?: Readonly<Record<string, unknown>>;
  readonly TTY?: boolean;
  readonly OpenStdin?: boolean;
  readonly ReadOnly?: boolean;
  readonly Mounts?: readonly ServiceMount[];
  readonly StopSignal?: string;
  readonly StopGracePeriod?: number;
  readonly Healthcheck?: {
    readonly Test?: readonly string[];
    readonly Interval?: number;
    readonly Timeout?: number;
    readonly Retries?: number;
    readonly StartPeriod?: number;
    readonly StartInterval?: number;
  };
  readonly Hosts?: readonly string[];
  readonly DNSConfig?: {
    readonly Nameservers?: readonly string[];
    readonly Search?: readonly string[];
    readonly Options?: readonly string[];
  };
  readonly Secrets?: readonly SecretReference[];
  readonly Configs?: readonly ConfigReference[];
  readonly Isolation?: string;
  readonly Init?: boolean;
  readonly Sysctls?: Texts;
  readonly CapabilityAdd?: readonly string[];
  readonly CapabilityDrop?: readonly string[];
  readonly Ulimits?: readonly { readonly Name: string; readonly Hard: number; readonly Soft: number }[];
  readonly OomScoreAdj?: number;
}

export interface ServiceMount {
  readonly Type: "volume" | "bind" | "tmpfs";
  readonly Source?: string;
  readonly Target: string;
  readonly ReadOnly?: boolean;
  readonly BindOptions?: Readonly<Record<string, unknown>>;
  readonly VolumeOptions?: {
    readonly NoCopy?: boolean;
    readonly Labels?: Texts;
    readonly DriverConfig?: { readonly Name?: string; readonly Options?: Texts };
    readonly Subpath?: string;
  };
  readonly TmpfsOptions?: { readonly SizeBytes?: number; readonly Mode?: number };
}

export interface FileTarget {
  readonly Name: string;
  readonly UID: string;
  readonly GID: string;
  readonly Mode: number;
}

export interface ConfigReference {
  readonly File?: FileTarget;
  /** Absent in what we compare: the name stands for it. */
  readonly ConfigID?: string;
  readonly ConfigName: string;
}

export interface SecretReference {
  readonly File?: FileTarget;
  readonly SecretID?: string;
  readonly SecretName: string;
}

export interface UpdateConfig {
  readonly Parallelism?: number;
  readonly Delay?: number;
  readonly FailureAction?: "pause" | "continue" | "rollback";
  readonly Monitor?: number;
  readonly MaxFailureRatio?: number;
  readonly Order?: "start-first" | "stop-first";
}

export interface EndpointSpec {
  readonly Mode?: "vip" | "dnsrr";
  readonly Ports?: readonly ServicePort[];
}

export interface ServicePort {
  readonly Name?: string;
  readonly Protocol?: "tcp" | "udp" | "sctp";
  readonly TargetPort: number;
  /** Absent or 0: Swarm chooses. */
  readonly PublishedPort?: number;
  readonly PublishMode?: "ingress" | "host";
}
