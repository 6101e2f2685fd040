import type { DiagnosticSink, Position } from "../lib/diagnostic.ts";
import type { Target } from "../model/actual-state.ts";
import type { WorkloadSpec } from "../model/workload.ts";
import { unitNameOf } from "../unit/unit-name.ts";
import { matchesUnit } from "../unit/unit-pattern.ts";
import { comparePlaces, formatPlace, placeOf } from "./places.ts";

/** A unit that asks to be kept away from another one. */
interface Conflict {
  readonly unit: Unit;
  readonly other: Unit;
  readonly pattern: string;
  readonly position: Position;
}

interface Unit {
  readonly workload: WorkloadSpec;
  /** `worker@1.service` */
  readonly name: string;
  readonly template?: string;
}

/**
 * Units that must not run on the same machine (fleet, `Conflicts=` and `Replaces=`). A single Engine is one machine for
 * all of them. A cluster keeps the instances of one template apart, but no two services: whoever asks for that learns it
 * here when the pattern has more than the own template in it, and from the compiler of the unit otherwise.
 */
export function checkConflicts(
  workloads: readonly WorkloadSpec[],
  target: Target,
  sink: DiagnosticSink,
): void {
  const conflicts = conflictsOf(workloads.flatMap(toUnit));
  const unmet = conflicts.filter(({ unit, other }) => target === "engine" || !isKeptApart(unit, other));
  const why =
    target === "engine" ? "but an Engine is one machine" : "but a Swarm keeps no two services apart";
  const hint =
    target === "engine"
      ? "leave one of the two out, or remove the conflict"
      : "place each with MachineMetadata= on nodes of its own, or remove the conflict";
  for (const { unit, other, pattern, position } of firstOfPairs(unmet)) {
    const place = formatPlace(other.workload.origin);
    const message = `"${unit.name}" must not run beside "${other.name}" of ${place} (${pattern}), ${why}`;
    sink.error(position, "unit-conflict", message, hint);
  }
}

function isKeptApart({ workload, template }: Unit, other: Unit): boolean {
  return (
    workload.cluster?.placement?.keepsApart === true && template !== undefined && template === other.template
  );
}

/** Services of compose files have no unit name that a pattern could mean. */
function toUnit(workload: WorkloadSpec): readonly Unit[] {
  if (!workload.origin.file.endsWith(".service") || workload.containerNames.length === 0) return [];
  const { full, prefix, instance } = unitNameOf(`${workload.key}.service`);
  return [{ workload, name: full, ...(instance === undefined ? {} : { template: prefix }) }];
}

function conflictsOf(units: readonly Unit[]): readonly Conflict[] {
  return units.flatMap((unit) =>
    (unit.workload.cluster?.conflicts ?? []).flatMap((pattern) => {
      const position = placeOf(unit.workload, `conflicts.${pattern}`, "cluster.conflicts");
      return units
        .filter((other) => other !== unit && matchesUnit(pattern, other.name))
        .map((other) => ({ unit, other, pattern, position }));
    }),
  );
}

/** Two that name each other are one conflict, and each unit is told of one: the rest goes away with it, or comes up then. */
function firstOfPairs(conflicts: readonly Conflict[]): readonly Conflict[] {
  const told = new Set<string>();
  const pairs = new Set<string>();
  return [...conflicts]
    .sort((a, b) => comparePlaces(a.position, b.position))
    .filter(({ unit, other }) => {
      const pair = [unit.name, other.name].sort().join(" ");
      if (pairs.has(pair)) return false;
      pairs.add(pair);
      return !told.has(unit.name) && told.add(unit.name);
    });
}
