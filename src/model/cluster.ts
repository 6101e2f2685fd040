/**
 * What only a cluster can do with a workload. It is read wherever it is written, so that the same files run on an Engine,
 * where it has no effect. Times are milliseconds, CPU is in billionths of a core.
 */
export interface ClusterSettings {
  /** Absent: replicated, and replicated-job for a job. */
  readonly mode?: ServiceMode;
  readonly placement?: Placement;
  /** `vip` gives the service one address, `dnsrr` answers with those of its tasks. */
  readonly endpointMode?: "vip" | "dnsrr";
  /** Of the service rather than of its containers; they can change without a restart. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly restart?: TaskRestart;
  readonly update?: { readonly failureAction?: FailureAction; readonly maxFailureRatio?: number };
  readonly rollback?: RollbackSettings;
  readonly reservations?: Reservations;
  /** Configs and secrets that are in the cluster already. */
  readonly stored?: readonly StoredFile[];
  /** Names of networks with the driver options of the attachment. */
  readonly networkOptions?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export const serviceModes = ["replicated", "global", "replicated-job", "global-job"] as const;
export type ServiceMode = (typeof serviceModes)[number];

export type FailureAction = "rollback" | "pause" | "continue";

export interface Placement {
  /** As Swarm writes them: `node.labels.zone==west`, `node.role!=manager`. All must hold. */
  readonly constraints: readonly string[];
  /** What tasks are spread over, in order of weight: `node.labels.zone`. */
  readonly spread: readonly string[];
  readonly maxReplicasPerNode?: number;
  /** The instances of a template keep apart from one another (fleet's `Conflicts=` with the own template). */
  readonly keepsApart?: true;
}

/** When and how often Swarm starts a task again. */
export interface TaskRestart {
  readonly condition?: "none" | "on-failure" | "any";
  readonly delayMs?: number;
  readonly maxAttempts?: number;
  /** Attempts are counted within this time. */
  readonly windowMs?: number;
}

export interface RollbackSettings {
  readonly parallelism?: number;
  readonly delayMs?: number;
  readonly order?: "start-first" | "stop-first";
  readonly monitorMs?: number;
  readonly failureAction?: "pause" | "continue";
  readonly maxFailureRatio?: number;
}

export interface Reservations {
  readonly nanoCpus?: number;
  readonly generic?: readonly GenericResource[];
}

/** A resource that nodes advertise: one of a kind by name, or a number of them. */
export type GenericResource =
  | { readonly kind: string; readonly value: number }
  | { readonly kind: string; readonly name: string };

/** A config or secret of the cluster that the configuration does not bring. */
export interface StoredFile {
  readonly kind: "config" | "secret";
  /** Its name in the cluster. */
  readonly name: string;
  /** Absolute path in the container, or for a secret a name below `/run/secrets`. */
  readonly target: string;
  readonly uid: string;
  readonly gid: string;
  readonly mode: number;
}
