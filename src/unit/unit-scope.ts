import type { DiagnosticSink } from "../lib/diagnostic.ts";
import type { ClusterSettings } from "../model/cluster.ts";
import type { CompileContext } from "../model/compile.ts";
import type { WorkloadSpec } from "../model/workload.ts";
import type { Room } from "./room.ts";
import type { UnitName } from "./unit-name.ts";

/** What a section says for a cluster, and where. */
export interface PlacedSettings {
  readonly cluster: ClusterSettings;
  readonly positions: WorkloadSpec["positions"];
}

/** What every part of the compiler of one unit needs: where it is, what it may know, where findings go. */
export interface UnitScope {
  readonly path: string;
  readonly name: UnitName;
  readonly context: CompileContext;
  readonly sink: DiagnosticSink;
  /** Files of the repository that the unit refers to. */
  readonly usedPaths: Set<string>;
  readonly room: Room;
}
