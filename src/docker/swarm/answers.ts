import type { ServiceSpec, TaskSpec } from "../../model/service-spec.ts";

/**
 * The parts of a manager's answers that we read (Docker Engine API 1.41 to 1.51, "Service", "Task", "Node", "Config",
 * "Secret"). Go leaves empty members out, numbers of value 0 among them.
 */

type Maybe<T> = T | null | undefined;
type Texts = Readonly<Record<string, string>>;

export interface ObjectVersion {
  readonly Index?: number;
}

/** `GET /services` and `GET /services/{id}` */
export interface ServiceAnswer {
  readonly ID: string;
  readonly Version?: ObjectVersion;
  readonly CreatedAt?: string;
  readonly UpdatedAt?: string;
  readonly Spec: AnsweredSpec;
  readonly PreviousSpec?: Maybe<AnsweredSpec>;
  readonly UpdateStatus?: Maybe<{
    readonly State?: string;
    readonly StartedAt?: string;
    readonly CompletedAt?: string;
    readonly Message?: string;
  }>;
  /** Of jobs. */
  readonly JobStatus?: Maybe<{ readonly JobIteration?: ObjectVersion }>;
}

/** Services of old clients have their networks beside the task template. */
export type AnsweredSpec = ServiceSpec & { readonly Networks?: Maybe<TaskSpec["Networks"]> };

/** `GET /tasks` */
export interface TaskAnswer {
  readonly ID: string;
  readonly CreatedAt?: string;
  readonly Spec: TaskSpec;
  readonly ServiceID?: string;
  readonly Slot?: number;
  readonly NodeID?: string;
  readonly Status?: {
    readonly Timestamp?: string;
    readonly State?: string;
    readonly Message?: string;
    readonly Err?: string;
    readonly ContainerStatus?: Maybe<{ readonly ContainerID?: string; readonly ExitCode?: number }>;
  };
  readonly DesiredState?: string;
  readonly JobIteration?: Maybe<ObjectVersion>;
}

/** `GET /nodes` */
export interface NodeAnswer {
  readonly ID: string;
  readonly Spec?: {
    readonly Labels?: Maybe<Texts>;
    readonly Role?: string;
    readonly Availability?: string;
  };
  readonly Description?: {
    readonly Hostname?: string;
    readonly Platform?: { readonly Architecture?: string; readonly OS?: string };
    readonly Engine?: { readonly Labels?: Maybe<Texts> };
  };
  readonly Status?: { readonly State?: string; readonly Addr?: string };
}

/** `GET /configs`, `GET /secrets` and one of them. A secret's data is never told. */
export interface StoredAnswer {
  readonly ID: string;
  readonly Version?: ObjectVersion;
  readonly CreatedAt?: string;
  readonly UpdatedAt?: string;
  readonly Spec: { readonly Name: string; readonly Labels?: Maybe<Texts>; readonly Data?: string };
}

/** `GET /distribution/{name}/json` */
export interface DistributionAnswer {
  readonly Descriptor?: { readonly digest?: string };
}
