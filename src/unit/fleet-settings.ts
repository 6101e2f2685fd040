import type { Position } from "../lib/diagnostic.ts";
import type { Placement } from "../model/cluster.ts";
import { readBoolean } from "./boolean.ts";
import { type Machine, readMachine } from "./fleet-machine.ts";
import { type FleetValue, type FleetValues, readFleetValues, type Setting } from "./fleet-values.ts";
import { lastOf, type UnitFile } from "./unit-file.ts";
import { matchesUnit } from "./unit-pattern.ts";
import type { PlacedSettings, UnitScope } from "./unit-scope.ts";
import { wordPosition } from "./words.ts";

/** What fleet refuses beside one another (fleet, `api.ValidateOptions`). */
const rivals: readonly (readonly ["Global" | Setting, Setting])[] = [
  ["Global", "MachineID"],
  ["Global", "MachineBootID"],
  ["Global", "MachineOf"],
  ["Global", "Replaces"],
  ["MachineID", "MachineOf"],
  ["MachineID", "Conflicts"],
  ["Conflicts", "Replaces"],
];

/**
 * Reads [X-Fleet] (fleet, "Unit files and scheduling"). On an Engine, which is one machine, all of it holds but what
 * keeps units apart, which the linker sees; what an Engine cannot know of its machine is a warning. On a cluster, what
 * has no counterpart is an error.
 */
export function readFleetSettings(file: UnitFile, scope: UnitScope): PlacedSettings {
  const values = withoutItself(readFleetValues(file, scope), scope);
  const global = lastOf(file, "X-Fleet", "Global");
  const isGlobal = readBoolean(global, scope);
  checkRivals(values, isGlobal, scope);
  const patterns = readPatterns(values, scope);
  const apart = findOwnPattern(values, scope);
  if (scope.context.target === "swarm") refuseOthers(values, scope);
  const placed = readPlacement(readMachine(values, scope), isGlobal ? undefined : apart);
  const conflicts = [...patterns.keys()];
  return {
    cluster: {
      ...(isGlobal ? { mode: "global" } : {}),
      ...(placed ? { placement: placed.placement } : {}),
      ...(conflicts.length === 0 ? {} : { conflicts }),
    },
    positions: {
      ...(isGlobal && global ? { "cluster.mode": global.position } : {}),
      ...(placed ? { "cluster.placement": placed.position } : {}),
      ...Object.fromEntries([...patterns].map(([pattern, at]) => [`conflicts.${pattern}`, at])),
    },
  };
}

/** No unit runs beside itself. */
function withoutItself(values: FleetValues, { name }: UnitScope): FleetValues {
  return { ...values, Conflicts: values.Conflicts.filter(({ word }) => word.text !== name.full) };
}

interface PlacedPlacement {
  readonly placement: Placement;
  readonly position: Position;
}

/** A service that is on every node once needs nothing to keep it apart. */
function readPlacement(machine: Machine, apart: FleetValue | undefined): PlacedPlacement | undefined {
  const position = machine.position ?? (apart && wordPosition(apart.word));
  if (position === undefined) return undefined;
  const limit = apart === undefined ? {} : ({ maxReplicasPerNode: 1, keepsApart: true } as const);
  return { placement: { constraints: machine.constraints, spread: [], ...limit }, position };
}

function checkRivals(values: FleetValues, isGlobal: boolean, { sink }: UnitScope): void {
  for (const [first, second] of rivals) {
    const isFirst = first === "Global" ? isGlobal : values[first].length > 0;
    const [rival] = values[second];
    if (!isFirst || rival === undefined) continue;
    const message = `${rival.directive}= cannot stand beside ${first}=: a unit has one or the other`;
    sink.error(rival.position, "conflicting-directives", message, "remove one of them");
  }
  for (const { word } of values.MachineOf) {
    const rival = values.Conflicts.find(({ word: pattern }) => matchesUnit(pattern.text, word.text));
    if (rival === undefined) continue;
    const message = `MachineOf=${word.text} asks for what ${rival.directive}=${rival.word.text} rules out`;
    sink.error(wordPosition(word), "conflicting-directives", message, "remove one of them");
  }
}

/** The patterns of what must run elsewhere, with the place of each. */
function readPatterns({ Conflicts, Replaces }: FleetValues, scope: UnitScope): ReadonlyMap<string, Position> {
  const patterns = new Map<string, Position>();
  for (const { directive, word } of [...Conflicts, ...Replaces]) {
    const position = wordPosition(word);
    if (matchesUnit(word.text, scope.name.full) === undefined) {
      const message = `${directive}=${word.text} is no pattern`;
      scope.sink.error(position, "invalid-pattern", message, "close the [ of it");
    } else if (!patterns.has(word.text)) patterns.set(word.text, position);
  }
  return patterns;
}

function isOwn({ word }: FleetValue, { name }: UnitScope): boolean {
  const own = [name.full, ...(name.instance === undefined ? [] : [`${name.prefix}@.service`])];
  return own.some((unit) => matchesUnit(word.text, unit) === true);
}

/** A pattern that keeps the unit away from the other instances of its template. */
function findOwnPattern({ Conflicts }: FleetValues, scope: UnitScope): FleetValue | undefined {
  return Conflicts.find((value) => isOwn(value, scope));
}

/** A cluster keeps the instances of a template apart, and nothing else. */
function refuseOthers({ Conflicts, Replaces }: FleetValues, scope: UnitScope): void {
  const others = Conflicts.filter((value) => !isOwn(value, scope));
  for (const { directive, word } of [...others, ...Replaces]) {
    const message = `${directive}=${word.text} has no counterpart on a Swarm, which keeps no two services apart`;
    const hint =
      "label the nodes (docker node update --label-add) and write MachineMetadata= with another value in each unit";
    scope.sink.error(wordPosition(word), "fleet-on-swarm", message, hint);
  }
}
