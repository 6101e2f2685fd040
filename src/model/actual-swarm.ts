import type { Ownership } from "./ownership.ts";
import type { ServiceSpec, TaskSpec } from "./service-spec.ts";

/** A snapshot of a Swarm, complete enough that a plan needs no further call. Lists are sorted by name or id. */
export interface ActualSwarm {
  readonly nodes: readonly ActualNode[];
  /** All of them: foreign ones may hold a name or a port that we need. */
  readonly services: readonly ActualService[];
  /** Ours with content, and those that the configuration names. */
  readonly configs: readonly ActualStored[];
  readonly secrets: readonly ActualStored[];
  /** What registries answered for images whose digest no service has: familiar reference → `sha256:…`. */
  readonly digests: ReadonlyMap<string, string>;
  /** Why there is no digest, by familiar reference. */
  readonly digestProblems: ReadonlyMap<string, string>;
  /** The service that this program runs in, when it runs in one of this cluster. */
  readonly ownService?: string;
}

export interface ActualNode {
  readonly id: string;
  readonly hostName: string;
  readonly role: "manager" | "worker";
  readonly availability: "active" | "pause" | "drain";
  readonly state: "unknown" | "down" | "ready" | "disconnected";
  readonly labels: Readonly<Record<string, string>>;
  readonly engineLabels: Readonly<Record<string, string>>;
  /** `linux/x86_64` */
  readonly platform: string;
  /** Under which the other nodes know it. */
  readonly address: string;
}

export interface ActualService {
  readonly id: string;
  readonly name: string;
  /** Version of the object: an update names the one that it was made from. */
  readonly version: number;
  readonly ownership: Ownership;
  readonly record: ServiceRecord;
  /** With names of networks in the place of ids, otherwise as the Engine answers. */
  readonly spec: ServiceSpec;
  readonly previousSpec?: ServiceSpec;
  readonly update?: UpdateStatus;
  readonly tasks: readonly ActualTask[];
  /** Of a job: the iteration that counts. */
  readonly jobIteration?: number;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** What our labels say. */
export interface ServiceRecord {
  readonly workload?: string;
  readonly kind?: "service" | "job";
  readonly fingerprint?: string;
  readonly needs: readonly string[];
  /** The image as the configuration names it. */
  readonly image?: string;
  readonly source?: string;
  readonly revision?: string;
  readonly txn?: string;
  readonly timer?: string;
  /** The time that the job was last started for, ISO 8601. */
  readonly due?: string;
}

export interface UpdateStatus {
  readonly state:
    | "updating"
    | "paused"
    | "completed"
    | "rollback_started"
    | "rollback_paused"
    | "rollback_completed";
  readonly message: string;
  readonly startedAt?: string;
  readonly completedAt?: string;
}

export interface ActualTask {
  readonly id: string;
  readonly serviceId: string;
  /** Absent of global services and before it is known. */
  readonly slot?: number;
  readonly nodeId?: string;
  readonly state: TaskState;
  readonly desiredState: TaskState;
  /** When it came into its state, ISO 8601. */
  readonly at: string;
  readonly createdAt: string;
  readonly message: string;
  /** The agent's own words about a failure, or "". */
  readonly error: string;
  readonly exitCode?: number;
  readonly containerId?: string;
  readonly jobIteration?: number;
  /** What it was made from, with names of networks in the place of ids. */
  readonly spec: TaskSpec;
}

/** In the order in which a task goes through them (SwarmKit, "Task Lifecycle"). */
export const taskStates = [
  ...["new", "allocated", "pending", "assigned", "accepted", "preparing", "ready", "starting"],
  ...["running", "complete", "shutdown", "failed", "rejected", "remove", "orphaned"],
] as const;
export type TaskState =
  | ("new" | "allocated" | "pending" | "assigned" | "accepted" | "preparing" | "ready" | "starting")
  | ("running" | "complete" | "shutdown" | "failed" | "rejected" | "remove" | "orphaned");

/** A config or a secret in the cluster. */
export interface ActualStored {
  readonly id: string;
  readonly name: string;
  readonly ownership: Ownership;
  /** It was made from files of the repository and can be made again at any time. */
  readonly holdsFiles: boolean;
}

/** One service as it is looked at while somebody waits for it. */
export interface ServiceLook {
  /** Absent: it is gone. */
  readonly service?: ActualService;
  readonly nodes: readonly ActualNode[];
}
