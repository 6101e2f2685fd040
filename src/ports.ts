import type { ActualState, ContainerState, ObserveScope } from "./model/actual-state.ts";
import type { History, KeptState } from "./model/history.ts";
import type { Ledger } from "./model/ledger.ts";
import type { ManifestTree } from "./model/manifest-tree.ts";
import type { Owner } from "./model/ownership.ts";
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

/** One way to name a configuration on a command line: a folder, a Git revision, an image. */
export interface SourceKind {
  /** With its article, as errors say it: `a folder`. */
  readonly name: string;
  /** The source that the text names; `undefined` when it names nothing of this kind. */
  find(text: string, place: SourcePlace, signal: AbortSignal): Promise<ConfigSource | undefined>;
}

/** Where revisions are looked up. */
export interface SourcePlace {
  /** Folder of a clone; the working folder when neither is given. */
  readonly folder?: string;
  /** URL of a repository, which goes before the folder. */
  readonly repository?: string;
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

/** What the runs of an environment remember, kept in the Engine itself, and the lock that lets one run at a time act. */
export interface StateStore {
  /** Changes nothing; what was never written, or cannot be read, is empty. */
  read(owner: Owner, signal: AbortSignal): Promise<StoredState>;
  /** Desired states of earlier runs, newest last. Changes nothing. */
  readKept(owner: Owner, signal: AbortSignal): Promise<readonly KeptState[]>;
  /**
   * Waits until the lock is ours, at most until the lock found first has expired without a sign of life of its holder.
   *
   * @throws ReconcilerError `busy` when its holder is alive
   */
  acquire(owner: Owner, options: LockOptions, signal: AbortSignal): Promise<RunLock>;
}

export interface StoredState {
  readonly ledger: Ledger;
  readonly history: History;
  /** What could not be read, as sentences for people. */
  readonly warnings: readonly string[];
}

export interface LockOptions {
  /** Who asks, as others will read it: `apply on prod-1, started 14:02`. */
  readonly holder: string;
  /** After this time without a sign of life the lock may be taken over; the holder gives one every third of it. */
  readonly expiryMs: number;
  readonly progress: (progress: Progress) => void;
}

export interface RunLock {
  /** Aborts as soon as the lock is known to be lost. */
  readonly lost: AbortSignal;
  /** Rejects with `lock-lost` unless the lock is still ours; asked before each step that takes something away. */
  assertHeld(signal: AbortSignal): Promise<void>;
  /** Writes so that a crash in the middle leaves what was there before. */
  write(state: StateUpdate, signal: AbortSignal): Promise<void>;
  /** Never rejects: a lock that cannot be released expires. */
  release(): Promise<void>;
}

export interface StateUpdate {
  readonly ledger: Ledger;
  readonly history: History;
  /** Joins the kept states and drops the oldest when there are too many. */
  readonly keep?: KeptState;
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
