import type { ActualState, ContainerState, EngineFacts, ObserveScope, Target } from "./model/actual-state.ts";
import type { ServiceLook } from "./model/actual-swarm.ts";
import type { BuildContext, LocalImage } from "./model/baked-image.ts";
import type { ReconcilerError } from "./model/errors.ts";
import type { History, KeptState } from "./model/history.ts";
import type { ImageFacts } from "./model/image-facts.ts";
import type { ImageRef } from "./model/image-ref.ts";
import type { Ledger } from "./model/ledger.ts";
import type { ManifestFile, ManifestTree } from "./model/manifest-tree.ts";
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
  /** Whether a revision comes after an earlier one in the same line of history; absent where there is no history. */
  descendsFrom?(earlier: string, revision: Revision, signal: AbortSignal): Promise<boolean>;
  /** Why the revision that was resolved last only stands in for one that could not be had; `undefined`: it does not. */
  standInReason?(): ReconcilerError | undefined;
}

/** The images of an Engine, to bake configurations and to read baked ones. */
export interface ImageStore {
  /** What the Engine has by this reference or id; `undefined`: nothing. */
  inspect(reference: string, signal: AbortSignal): Promise<LocalImage | undefined>;
  pull(reference: string, report: (progress: Progress) => void, signal: AbortSignal): Promise<void>;
  /** Builds an image and gives it all its names. */
  build(context: BuildContext, report: (progress: Progress) => void, signal: AbortSignal): Promise<void>;
  tag(from: string, reference: string, signal: AbortSignal): Promise<void>;
  push(reference: string, report: (progress: Progress) => void, signal: AbortSignal): Promise<void>;
  /** Regular files below an absolute folder, with paths relative to it, without running the image. */
  readFiles(reference: string, folder: string, signal: AbortSignal): Promise<readonly ManifestFile[]>;
}

/** The revisions of a Git repository. */
export interface RevisionReader extends AsyncDisposable {
  /** Where it is: a URL without credentials, or a folder. */
  readonly url: string;
  /**
   * The commit that a branch, a tag (in this order) or a full commit id names. Only a branch is told in the answer.
   *
   * @throws ReconcilerError `unknown-revision` when it names nothing, `git-unreachable` and its like when nobody answers
   */
  resolve(ref: string, signal: AbortSignal): Promise<Revision>;
  /**
   * `mysysconfig.yaml`, `units/` and `templates/` of a commit, byte for byte; empty when it has none of them.
   *
   * @throws ReconcilerError `configuration-unreadable` for links, submodules and names or sizes that cannot be used
   */
  readTree(revision: Revision, signal: AbortSignal): Promise<ManifestTree>;
  /** Whether a commit has an earlier one among its ancestors; one that the server does not have is nobody's. */
  descendsFrom(earlier: string, revision: Revision, signal: AbortSignal): Promise<boolean>;
}

/** A configuration repository on a Git server. */
export interface ConfigRepository extends RevisionReader {
  /**
   * One commit on the tip of a branch; whatever it does not name stays as it is, and history is never rewritten.
   *
   * @param edit what to write on this tip; `undefined` when there is nothing to do. It is asked again, with the new
   *   tip, each time that somebody else pushed meanwhile, so it must derive everything from what it is given.
   * @throws ReconcilerError `git-contended` when others were faster until the deadline, `git-push-refused` when the
   *   server does not want the commit
   */
  commit(branch: string, edit: CommitEdit, signal: AbortSignal): Promise<CommitResult>;
}

export type CommitEdit = (tree: ManifestTree, tip: Revision) => CommitDraft | undefined;

export interface CommitDraft {
  readonly message: string;
  /** Path → content; `undefined` deletes. New files are not executable, existing ones keep their mode. */
  readonly files: ReadonlyMap<string, Uint8Array | undefined>;
  /** A tag on the commit; it arrives together with the commit or not at all. */
  readonly tag?: string;
}

export interface CommitResult {
  /** The new commit, or the tip when there was nothing to do. */
  readonly revision: Revision;
  readonly isNew: boolean;
  /** How often the commit was made: one more than the pushes of others that came first. */
  readonly attempts: number;
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
export type WaitingStepKind = "gate-container" | "await-job" | "gate-service" | "pause";
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
  /** Id of the service that `create-service` made. */
  readonly serviceId?: string;
}

/** The Engine or the Swarm. */
export interface Backend {
  observe(scope: ObserveScope, signal: AbortSignal): Promise<ActualState>;
  execute(step: StepOf<BackendStepKind>, context: StepContext, signal: AbortSignal): Promise<StepOutput>;
  /** Present state of one container, or `undefined` when it is gone. */
  inspectState(containerId: string, signal: AbortSignal): Promise<ContainerState | undefined>;
  /** Resolves when the Engine reports something about the container, or after `timeoutMs`; never rejects but on abort. */
  waitForChange(containerId: string, timeoutMs: number, signal: AbortSignal): Promise<void>;
  /**
   * A look at a service of the cluster that begins after this call. All who wait share their looks: together they ask
   * the Engine at most once a second, and its events make looks come earlier.
   */
  lookAtService(serviceId: string, signal: AbortSignal): Promise<ServiceLook>;
  /** The story of a service for a report: its failed tasks, their last lines. Never rejects. */
  describeService(serviceId: string, signal: AbortSignal): Promise<readonly string[]>;
  /** The container's own story for a report: exit code, health log, last lines. Never rejects. */
  describeFailure(containerId: string, signal: AbortSignal): Promise<readonly string[]>;
  /** The request body that creating this workload would send, for `show --as engine`. Pure. */
  previewCreate(workload: WorkloadSpec): unknown;
  close(): Promise<void>;
}

/** A connection to an Engine, with what it offers besides carrying out steps. */
export interface ConnectedBackend extends Backend {
  hostName(): string;
  /** What it is in a Swarm, and why that cannot be used. */
  swarmRole(): SwarmRole;
  /** The memory of environments that is kept in this Engine, or in its cluster. */
  stateStore(clock: Clock, target: Target): StateStore;
  imageStore(): ImageStore;
  /**
   * Follows what happens on the Engine until the stream ends or breaks; then it resolves. Events may be lost or come
   * twice: they are hints.
   *
   * @throws ReconcilerError when the stream cannot be opened, and on abort
   */
  followEvents(listener: EngineEventListener, signal: AbortSignal): Promise<void>;
  /** The container that this program runs in, when it runs in one of this Engine. */
  ownContainer(signal: AbortSignal): Promise<OwnContainer | undefined>;
}

/** An Engine's part in a Swarm. */
export interface SwarmRole {
  readonly role: EngineFacts["swarm"];
  readonly problem?: string;
  /** The version of the API that is spoken with it. */
  readonly apiVersion?: string;
}

export interface EngineEventListener {
  /** The stream is open: what happens from now on is told. */
  readonly opened: () => void;
  readonly happened: (event: EngineEvent) => void;
}

/** Something that happened to an object of the Engine. */
export interface EngineEvent {
  readonly subject: "container" | "network" | "volume" | "image" | "service" | "node";
  /** `die`, `disconnect`, `health_status: unhealthy` … */
  readonly action: string;
  /** Of a container or network its id, of an image its reference or id. */
  readonly id: string;
  /** Labels of a container, and what the Engine says besides. */
  readonly attributes: Readonly<Record<string, string>>;
}

export interface OwnContainer {
  readonly id: string;
  /** As it was started, `mysysconfig:develop`. */
  readonly image: string;
  readonly imageId: string;
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

/**
 * What registries know about images, read without an Engine. Nothing is ever pulled, pushed or executed.
 *
 * @throws ReconcilerError `registry-unreachable`, `registry-busy`, `registry-denied` or `registry-answer-invalid`;
 *   that an image does not exist is an answer, not an error
 */
export interface ImageRegistry {
  /**
   * All tags of a repository over all pages, each once, in the registry's order. Empty for a repository that the
   * registry does not know. Never a part of them: a list that is too long is an error.
   */
  listTags(image: ImageRef, signal: AbortSignal): Promise<readonly string[]>;
  /**
   * The digest that a reference names now; of an index the index's own. `undefined`: there is none. A digest in the
   * reference wins over its tag, neither means `latest`.
   */
  resolveDigest(image: ImageRef, signal: AbortSignal): Promise<string | undefined>;
  /**
   * What the registry tells about the image, of an index for one platform.
   *
   * @param platform `os/architecture[/variant]`; by default `linux/amd64`
   */
  describe(image: ImageRef, signal: AbortSignal, platform?: string): Promise<ImageFacts | undefined>;
}

export interface Clock {
  /** Monotonic milliseconds, for durations and deadlines. */
  monotonicMs(): number;
  /** Wall clock, for records. */
  now(): Date;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/**
 * What the daemon says about itself, one fact a line. Messages are the same each time; what differs is data. Nothing here
 * throws, and no secret that was read gets through.
 */
export interface Log {
  info(fact: string, data?: LogData): void;
  warn(fact: string, data?: LogData): void;
  error(fact: string, data?: LogData): void;
  /** A log whose lines all carry this data, such as the run they are of. */
  child(data: LogData): Log;
}

/** Anything may be in it: errors are told by code, message and hint, and of objects of a class only the name. */
export type LogData = Readonly<Record<string, unknown>>;

/** Source of transaction ids: eight hexadecimal digits. */
export type NewTxn = () => string;
