import type { Parsed, Position } from "../lib/diagnostic.ts";
import type { Target } from "./actual-state.ts";
import type { FileSet } from "./file-set.ts";
import type { ImagePolicy } from "./image-policy.ts";
import type { ManifestTree } from "./manifest-tree.ts";
import type { NetworkSpec } from "./network.ts";
import type { Owner } from "./ownership.ts";
import type { TimerSpec } from "./timer.ts";
import type { VolumeSpec } from "./volume.ts";
import type { WorkloadSpec } from "./workload.ts";

/** What a manifest compiler may know besides its own file. Nothing here needs an Engine. */
export interface CompileContext {
  readonly owner: Owner;
  /** The rendered tree, for files that a manifest refers to. */
  readonly tree: ManifestTree;
  /** Values and secrets by name, for `${NAME}` in compose files. */
  readonly variables: ReadonlyMap<string, string>;
  /** Declared content of environment files of the host: path → variables. */
  readonly hostFiles: ReadonlyMap<string, ReadonlyMap<string, string>>;
  readonly images: ImagePolicy;
  /** The Engine's host name (`%H`), not our own container's. */
  readonly hostName: string;
  /**
   * What the output of a command of the shell is declared to be, by its text with single spaces; `undefined` for one that
   * is not declared. Absent: none is.
   */
  readonly substitute?: (command: string) => Parsed<string> | undefined;
  /** What the configuration is for: what has no effect there is said by a warning. */
  readonly target: Target;
}

/** What one manifest declares. Dependencies name workload keys that the linker checks. */
export interface CompiledManifest {
  readonly workloads: readonly WorkloadSpec[];
  readonly networks: readonly NetworkSpec[];
  readonly volumes: readonly VolumeSpec[];
  readonly fileSets: readonly FileSet[];
  /** Workloads that say of others that they come after them (`Before=`). */
  readonly precedence?: readonly Precedence[];
  /** Paths of the repository that were used, so that the rest can be reported. */
  readonly usedPaths: readonly string[];
}

/** One workload is started after another because that other one says so. */
export interface Precedence {
  readonly workload: string;
  readonly follower: string;
  readonly position: Position;
}

/** A timer unit, and the service that it starts; the linker puts the two together. */
export interface CompiledTimer {
  readonly timer: TimerSpec;
  /** Key of the service's workload. */
  readonly service: string;
  /** Where the service is named, or else the timer. */
  readonly position: Position;
}
