/**
 * What only a cluster can do with a workload. It is read wherever it is written, so that the same files run on an Engine,
 * where it has no effect. Times are milliseconds, CPU is in billionths of a core. Where it is declared is among the
 * workload's positions, as `cluster.<field>`.
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
  /**
   * Names of units that must not run on the same machine (`Conflicts=` and `Replaces=` of fleet), as patterns; each has
   * its place as `conflicts.<pattern>`.
   */
  readonly conflicts?: readonly string[];
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

/** One placement constraint. All of a service must hold: there is no "or". */
export interface Constraint {
  /** `node.role`, `node.labels.zone` */
  readonly key: string;
  readonly operator: "==" | "!=";
  readonly value: string;
}

const constraintKey =
  /^(?:node\.(?:id|hostname|ip|role|platform\.os|platform\.arch)|(?:node|engine)\.labels\.[a-z0-9_.-]+)$/i;

/** What Swarm takes for a value; anything else makes it refuse the whole service. */
const constraintValue = /^[a-z0-9:\-_\s.*()?+[\]\\^$|/]+$/i;

/**
 * Reads a constraint as Swarm does (SwarmKit, `manager/constraint`), with or without spaces around the operator.
 *
 * @returns the constraint, or a sentence that says what is wrong
 */
export function parseConstraint(text: string): Constraint | string {
  const [, key = "", operator, value = ""] = /^\s*([^=!]*?)\s*(==|!=)\s*(.*?)\s*$/s.exec(text) ?? [];
  if (operator !== "==" && operator !== "!=") return "it is written KEY==VALUE or KEY!=VALUE";
  if (!constraintKey.test(key)) return `nodes have no "${key}"`;
  if (!constraintValue.test(value)) return value === "" ? "it has no value" : `"${value}" is no value`;
  return { key, operator, value };
}

/** `node.role==manager` */
export function formatConstraint({ key, operator, value }: Constraint): string {
  return `${key}${operator}${value}`;
}
