import type { ActualState, ContainerState, ObserveScope } from "./model/actual-state.ts";
import type { ManifestTree } from "./model/manifest-tree.ts";
import type { Revision } from "./model/revision.ts";
import type { Progress } from "./model/run-event.ts";
import type { ContainerTarget, StepKind, StepOf } from "./model/step.ts";
import type { WorkloadSpec } from "./model/workload.ts";

/** Every interface to the outside. Each blocking call takes a signal and rejects with a `ReconcilerError`. */

/** Where the configuration comes from. */
export interface ConfigSource {
  resolveRevision(signal: AbortSignal): Promise<Revision>;
  readTree(revision: Revision, signal: AbortSignal): Promise<ManifestTree>;
}

/** Steps that are waiting and watching, done by the executor itself rather than by one Engine call. */
export type WaitingStepKind = "gate-container" | "await-job" | "pause";
export type BackendStepKind = Exclude<StepKind, WaitingStepKind>;

export interface StepContext {
  /** The id of a container that exists or that an earlier step created. */
  idOf(target: ContainerTarget): string;
  progress(progress: Progress): void;
}

/** What a step leaves behind for later steps. */
export interface StepOutput {
  /** Id of the container that `create-container` made. */
  readonly containerId?: string;
}

/** The Engine or the Swarm. */
export interface Backend {
  observe(scope: ObserveScope, signal: AbortSignal): Promise<ActualState>;
  execute(step: StepOf<BackendStepKind>, context: StepContext, signal: AbortSignal): Promise<StepOutput>;
  /** Present state of one container, or `undefined` when it is gone. */
  inspectState(containerId: string, signal: AbortSignal): Promise<ContainerState | undefined>;
  /** Resolves when the Engine reports something about the container, or after `timeoutMs`; never rejects but on abort. */
  waitForChange(containerId: string, timeoutMs: number, signal: AbortSignal): Promise<void>;
  /** The container's own story for a report: exit code, health log, last lines. Never rejects. */
  describeFailure(containerId: string, signal: AbortSignal): Promise<readonly string[]>;
  /** The request body that creating this workload would send, for `show --as engine`. Pure. */
  previewCreate(workload: WorkloadSpec): unknown;
  close(): Promise<void>;
}

export interface Clock {
  /** Monotonic milliseconds, for durations and deadlines. */
  monotonicMs(): number;
  /** Wall clock, for records. */
  now(): Date;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** Source of transaction ids: eight hexadecimal digits. */
export type NewTxn = () => string;
