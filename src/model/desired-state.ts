import type { Target } from "./actual-state.ts";
import type { Environment } from "./environment.ts";
import type { FileSet } from "./file-set.ts";
import type { NetworkSpec } from "./network.ts";
import type { Revision } from "./revision.ts";
import type { VolumeSpec } from "./volume.ts";
import type { WorkloadSpec } from "./workload.ts";

/** What one revision says should run in one environment. Lists are sorted by key or name. */
export interface DesiredState {
  readonly environment: Environment;
  /** What it is for: the environment's choice, or what was found. */
  readonly target: Target;
  readonly revision: Revision;
  readonly workloads: readonly WorkloadSpec[];
  readonly networks: readonly NetworkSpec[];
  readonly volumes: readonly VolumeSpec[];
  readonly fileSets: readonly FileSet[];
  /** Values that must never be shown or hashed. */
  readonly secretValues: readonly string[];
}
