import type { FileSet } from "./file-set.ts";
import type { ImageLock } from "./image-lock.ts";
import type { NetworkSpec } from "./network.ts";
import type { ServiceSpec } from "./service-spec.ts";
import type { VolumeSpec } from "./volume.ts";
import type { NetworkAttachment, RestartPolicy, WorkloadSpec } from "./workload.ts";

/**
 * A step is one effect on the Engine. The payload map is the single list of kinds: the executor, the formatter and the
 * undo table are mapped over it, so that a new kind does not compile until each of them knows it.
 */
export interface StepPayloads {
  "pull-image": { readonly image: string; readonly platform?: string; readonly lock?: ImageLock };
  "create-network": { readonly network: NetworkSpec; readonly labels: Readonly<Record<string, string>> };
  "create-volume": { readonly volume: VolumeSpec; readonly labels: Readonly<Record<string, string>> };
  /** Makes the content-addressed volume and fills it through the archive API of a never-started container. */
  "create-files": {
    readonly fileSet: FileSet;
    readonly labels: Readonly<Record<string, string>>;
  };
  "create-container": {
    readonly name: string;
    readonly workload: WorkloadSpec;
    readonly labels: Readonly<Record<string, string>>;
    /** Start-first keeps the service's aliases and addresses back until the gate has passed. */
    readonly aliases: "attached" | "withheld";
  };
  "start-container": {
    readonly container: ContainerTarget;
    /** A run of a job with a timer: nobody waits for its end, and it is never taken back, because it would run twice. */
    readonly run?: true;
  };
  "unpause-container": { readonly container: ContainerTarget };
  /** Blocks its dependents until the container is good and stays good. */
  "gate-container": { readonly container: ContainerTarget; readonly gate: GateCriteria };
  /** Blocks until the job's container exits; anything but 0 fails. */
  "await-job": { readonly container: ContainerTarget; readonly timeoutMs: number };
  /** Reattaches the new container with the service's aliases and addresses. */
  "cut-over": {
    readonly container: ContainerTarget;
    readonly attachments: readonly NetworkAttachment[];
    /** How a living container was attached before, to take a change in place back. */
    readonly previous?: readonly NetworkAttachment[];
    /** Not even the instance's own name is given: nobody is to find the container yet. */
    readonly withheld?: true;
  };
  "update-container": {
    readonly container: ContainerTarget;
    readonly update: InPlaceUpdate;
    readonly previous: InPlaceUpdate;
  };
  "connect-network": { readonly container: ContainerTarget; readonly attachment: NetworkAttachment };
  "disconnect-network": {
    readonly container: ContainerTarget;
    readonly network: string;
    /** How it was attached, to take the step back. */
    readonly previous?: NetworkAttachment;
  };
  /** Graceful stop; the restart policy is set to `no` first, so that a reboot does not bring both back. */
  "stop-container": {
    readonly container: ContainerTarget;
    readonly timeoutSeconds: number;
    /** Restored when the stop is undone. */
    readonly restart: RestartPolicy;
    /**
     * When the container counts as serving again after the stop was undone; without it the stop is not undone (a job
     * would run twice, an orphan is meant to go).
     */
    readonly gate?: GateCriteria;
  };
  "rename-container": {
    readonly container: ContainerTarget;
    readonly from: string;
    readonly to: string;
    /** The container is kept under the new name, so that the workload can be rolled back. */
    readonly kept?: { readonly workload: string; readonly forMs: number };
    /** It is no end of a change but the beginning: it is taken back when the change fails. */
    readonly reversible?: true;
  };
  "remove-container": { readonly container: ContainerTarget };
  "remove-network": { readonly network: string; readonly id: string };
  "remove-files": { readonly volume: string };
  /** By reference, never by force: the Engine keeps what a container uses. */
  "remove-image": { readonly image: string };
  /** A file of the repository in the cluster's store, under a name that its content gives. */
  "create-stored": {
    readonly stored: StoredContent;
    readonly labels: Readonly<Record<string, string>>;
  };
  "remove-stored": { readonly kind: "config" | "secret"; readonly name: string; readonly id: string };
  "create-service": { readonly spec: ServiceSpec; readonly image: string };
  /**
   * Changes a service from what it was when the plan was made; when somebody else changed it meanwhile, nothing is
   * done. It is never sent when the service is as it should be already: an update without a difference would destroy
   * the spec that Swarm can go back to.
   */
  "update-service": {
    readonly service: ContainerTarget;
    readonly spec: ServiceSpec;
    /** What it was when the plan was made. */
    readonly previous: ServiceSpec;
    readonly image: string;
    /** How it is taken back, when the new spec fails. */
    readonly gate?: ServiceGate;
  };
  "remove-service": {
    readonly service: ContainerTarget;
    /** It is made anew, and comes back as it was when that fails. */
    readonly previous?: ServiceSpec;
    readonly image?: string;
    /** Of the service that comes back. */
    readonly gate?: ServiceGate;
  };
  /** Blocks its dependents until the service's tasks are as they should be and stay so. */
  "gate-service": {
    readonly service: ContainerTarget;
    readonly gate: ServiceGate;
    /** An update of another run is judged: what the service goes back to when it fails. */
    readonly back?: { readonly spec: ServiceSpec; readonly image: string };
  };
  /** The interval between two batches of replicas, or the time that clients need to find a new address. */
  pause: { readonly ms: number; readonly purpose: string };
}

export type StepKind = keyof StepPayloads;

/** A container that exists already, or the one that another step of the plan creates. */
export type ContainerTarget =
  | { readonly kind: "actual"; readonly id: string; readonly name: string }
  | { readonly kind: "created"; readonly step: string; readonly name: string };

export interface GateCriteria {
  /** How long the container must stay good. */
  readonly stabilityMs: number;
  /** Longest time from the start until it is good for the first time. */
  readonly timeoutMs: number;
  /** The container was just unpaused: an "unhealthy" may be of the time before, until the next check. */
  readonly staleHealth?: boolean;
}

/** When a service counts as converged. */
export interface ServiceGate {
  readonly spec: ServiceSpec;
  /** How long its tasks must stay good. */
  readonly stabilityMs: number;
  /** Longest time until they are good for the first time; for a job, until it is done. */
  readonly timeoutMs: number;
}

/** Content for the cluster's store; its name tells it from all other content. */
export interface StoredContent {
  readonly kind: "config" | "secret";
  readonly name: string;
  /** The file that it is, for people. */
  readonly path: string;
  readonly content: Uint8Array;
}

/** What the Engine can change on a living container (`POST /containers/{id}/update`). */
export interface InPlaceUpdate {
  readonly restart?: RestartPolicy;
  readonly memory?: number;
  readonly memoryReservation?: number;
  readonly memorySwap?: number;
  readonly nanoCpus?: number;
  readonly cpuShares?: number;
  readonly cpuPeriod?: number;
  readonly cpuQuota?: number;
  readonly cpusetCpus?: string;
  readonly cpusetMems?: string;
  readonly pidsLimit?: number;
  readonly blkioWeight?: number;
}

interface StepBase {
  /** Stable and readable: `create web`, unique in the plan. */
  readonly id: string;
  /** Steps that must have succeeded. */
  readonly dependsOn: readonly string[];
  /** Steps that must be over, whatever came of them. */
  readonly after: readonly string[];
  /** The change it belongs to (its key), absent for what several share. */
  readonly change?: string;
  /** The circle of changes that are done or taken back as one, because they exchange what only one can hold. */
  readonly together?: string;
  /** Why the step exists, for people. */
  readonly cause: string;
}

export type StepOf<K extends StepKind> = {
  [P in K]: StepBase & { readonly kind: P; readonly payload: StepPayloads[P] };
}[K];
export type Step = StepOf<StepKind>;
