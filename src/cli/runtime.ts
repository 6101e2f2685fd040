import type { Paint } from "../lib/paint.ts";
import type { Target } from "../model/actual-state.ts";
import type {
  Backend,
  Clock,
  ConfigRepository,
  ConfigSource,
  ConnectedBackend,
  ImageRegistry,
  NewTxn,
  SourcePlace,
} from "../ports.ts";

/** What the commands need from the process, so that they can be run in a test as in a shell. */
export interface Runtime {
  /** Results: text or one JSON document. */
  readonly stdout: (text: string) => void;
  /** Progress and errors. */
  readonly stderr: (text: string) => void;
  /** Standard error is a terminal: progress may be redrawn. */
  readonly interactive: boolean;
  readonly paint: Paint;
  /** Aborts on SIGTERM and SIGINT. */
  readonly signal: AbortSignal;
  readonly version: string;
  /** @param warn is told what people should know about the configuration; by default standard error is */
  readonly createApp: (flags: GlobalFlags, warn?: (text: string) => void) => Promise<App>;
  readonly daemonProcess: () => Promise<DaemonProcess>;
  readonly files: TextFiles;
}

/** What only a program that stays up needs to know about its process. */
export interface DaemonProcess {
  readonly clock: Clock;
  readonly random: () => number;
  /** Bytes of memory, and open files where the system tells them. */
  readonly usage: () => {
    readonly residentBytes: number;
    readonly heapBytes: number;
    readonly activeTimers: number;
    readonly openFiles?: number;
  };
  /** Standard output is a terminal: people read the log. */
  readonly isWatched: boolean;
}

/** Files that a person names on the command line. */
export interface TextFiles {
  read(path: string): Promise<string>;
  /** As it is, for what may turn out to be no text. */
  readBytes(path: string): Promise<Uint8Array>;
  /** Readable by its owner alone. */
  write(path: string, text: string): Promise<void>;
}

export interface GlobalFlags {
  readonly config?: string;
  /** A baked image to read the configuration from. */
  readonly image?: string;
  /** Take the one that the Engine has by this name, and pull nothing. */
  readonly noPull?: boolean;
  /** A repository on a Git server, and the branch, tag or commit of it. */
  readonly repo?: string;
  readonly branch?: string;
  /** Takes repositories on disk too. */
  readonly allowFileProtocol?: boolean;
  readonly environment?: string;
  /** Instead of the environment's choice, and of what is found. */
  readonly target?: Target;
  readonly json: boolean;
  readonly showValues: boolean;
  /** Milliseconds for the whole run. */
  readonly timeoutMs?: number;
}

export interface PlanFlags extends GlobalFlags {
  readonly yes: boolean;
  readonly adopt: readonly string[];
  readonly retry: readonly string[];
  /** Apply a revision although a newer one was applied before. */
  readonly rollback: boolean;
  /** Workloads whose service may be removed and made anew where a Swarm cannot change it. */
  readonly recreate: readonly string[];
}

export interface ApplyFlags extends PlanFlags {
  /** A plan that was saved with `plan --out`. */
  readonly file?: string;
}

export interface RunFlags extends GlobalFlags {
  /** `HOST:PORT` for health, hooks and metrics. */
  readonly listen: string;
  /** Another one for metrics. */
  readonly metricsListen?: string;
}

export interface DiffFlags extends GlobalFlags {
  readonly format: string;
  /** URL of the repository that revisions are of. */
  readonly repository?: string;
}

/** The wired program: ports with their adapters. */
export interface App {
  readonly source: ConfigSource;
  readonly inputs: RunInputsOfRun;
  readonly clock: Clock;
  readonly newTxn: NewTxn;
  /** Who starts the run. */
  readonly actor: string;
  /** Values that must never be shown, besides those of the configuration's secrets. */
  readonly credentials: readonly string[];
  /**
   * The configuration that a side of `diff` names.
   *
   * @throws ReconcilerError `usage` when the text names none
   */
  resolveSide(text: string, place: SourcePlace, signal: AbortSignal): Promise<ConfigSource>;
  connect(signal: AbortSignal): Promise<ConnectedBackend>;
  /** When the Engine's machine started, ISO 8601; `undefined` when it is another one than ours. */
  bootedAt(): string | undefined;
  registry(signal: AbortSignal): Promise<ImageRegistry>;
  /** The last commit of the clone whose root the configuration's folder is, if it is one. */
  committed(): Promise<ConfigSource | undefined>;
  /** Runs a program with our own output and answers its exit code. No shell reads its words. */
  runCheck(
    words: readonly string[],
    variables: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<number>;
  /** Why the Engine cannot come back at its address until the program is started again; `undefined`: it may. */
  engineLost(): Promise<string | undefined>;
  /** Opens the repository of `--repo`, which the caller disposes of. */
  repository(signal: AbortSignal): Promise<ConfigRepository>;
  /** A backend that only previews, for commands that need no Engine. */
  offlinePreview(): Promise<Pick<Backend, "previewCreate">>;
}

/** Values, secrets and choices that come with the run rather than with the configuration. */
export interface RunInputsOfRun {
  readonly environment?: string;
  readonly branch?: string;
  readonly target?: Target;
  readonly variables: ReadonlyMap<string, string>;
  readonly mountedValues: ReadonlyMap<string, string>;
  readonly secrets: ReadonlyMap<string, string>;
}
