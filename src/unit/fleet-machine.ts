import type { Position } from "../lib/diagnostic.ts";
import { formatConstraint, parseConstraint } from "../model/cluster.ts";
import type { FleetValue, FleetValues } from "./fleet-values.ts";
import type { UnitScope } from "./unit-scope.ts";
import { wordPosition } from "./words.ts";

/** Which machines a unit may run on. */
export interface Machine {
  readonly constraints: readonly string[];
  /** Of the first of them. */
  readonly position?: Position;
}

/** IDs of nodes of a Swarm; those of machines (machine-id(5)) are 32 hexadecimal digits. */
const nodeId = /^[a-z0-9]{25}$/;

const labelHint =
  "give the node a label (docker node update --label-add NAME=VALUE NODE) and write MachineMetadata=NAME=VALUE";

/** Reads what fleet asks of a machine as constraints of a Swarm, all of which must hold. */
export function readMachine(values: FleetValues, scope: UnitScope): Machine {
  const found = [...readId(values, scope), ...readMetadata(values.MachineMetadata, scope)];
  if (scope.context.target === "swarm") refuseRest(values, scope);
  else warnUnchecked(values, scope);
  const [first] = found;
  return {
    constraints: found.map(({ constraint }) => constraint),
    ...(first === undefined ? {} : { position: first.position }),
  };
}

interface Found {
  readonly constraint: string;
  readonly position: Position;
}

function readId({ MachineID }: FleetValues, { context, sink }: UnitScope): readonly Found[] {
  const [first, second] = MachineID;
  if (first === undefined) return [];
  const { text } = first.word;
  const position = wordPosition(first.word);
  if (second !== undefined && second.word.text !== text) {
    const message = `${second.directive}= is given twice, and a machine has one ID`;
    sink.error(wordPosition(second.word), "duplicate-directive", message, "write one of them");
  }
  if (nodeId.test(text)) return [{ constraint: `node.id==${text}`, position }];
  if (context.target === "swarm") {
    const message = `${first.directive}=${text} is the ID of a machine, which a Swarm does not know`;
    sink.error(position, "fleet-on-swarm", message, labelHint);
  }
  return [];
}

/** One value of a key is a label of the node; several are an "or", which constraints cannot say. */
function readMetadata(metadata: readonly FleetValue[], { context, sink }: UnitScope): readonly Found[] {
  const onSwarm = context.target === "swarm";
  const pairs = metadata.flatMap((value) => {
    const [, key, wanted] = /^([^=]+)=([^=]+)$/.exec(value.word.text) ?? [];
    if (key !== undefined && wanted !== undefined) return [{ key, wanted, value }];
    const message = `${value.directive}= cannot be "${value.word.text}"`;
    sink.error(wordPosition(value.word), "invalid-metadata", message, "write key=value");
    return [];
  });
  return [...Map.groupBy(pairs, ({ key }) => key)].flatMap(([key, group]): readonly Found[] => {
    const [first] = group;
    if (first === undefined) return [];
    const wanted = [...new Set(group.map((pair) => pair.wanted))];
    const position = wordPosition(first.value.word);
    if (wanted.length > 1) {
      const either = wanted.map((value) => `${key}=${value}`).join(" or ");
      const last = group.find((pair) => pair.wanted === wanted[1]) ?? first;
      const message = `${last.value.directive}= means ${either}, but a Swarm has no "or": all constraints must hold`;
      const hint = `give those nodes a label of their own (docker node update --label-add ${key}-any=true NODE) and write MachineMetadata=${key}-any=true`;
      if (onSwarm) sink.error(wordPosition(last.value.word), "fleet-on-swarm", message, hint);
      return [];
    }
    const constraint = parseConstraint(`node.labels.${key}==${wanted[0]}`);
    if (typeof constraint !== "string") return [{ constraint: formatConstraint(constraint), position }];
    const message = `${first.value.directive}=${first.value.word.text} cannot be a label of a node: ${constraint}`;
    if (onSwarm) sink.error(position, "fleet-on-swarm", message, "use letters, digits, _ . and -");
    return [];
  });
}

/** What a Swarm has no word for. */
function refuseRest({ MachineOf, MachineBootID }: FleetValues, { sink }: UnitScope): void {
  for (const { directive, word } of MachineOf) {
    const message = `${directive}=${word.text} has no counterpart on a Swarm, which places no service beside another`;
    const hint =
      "give one node a label (docker node update --label-add NAME=VALUE NODE) and write MachineMetadata=NAME=VALUE in both units";
    sink.error(wordPosition(word), "fleet-on-swarm", message, hint);
  }
  for (const { directive, word } of MachineBootID) {
    const message = `${directive}=${word.text} is the ID of a boot, which a Swarm does not know`;
    sink.error(wordPosition(word), "fleet-on-swarm", message, labelHint);
  }
}

/** An Engine takes every unit, whatever machine it is on. */
function warnUnchecked(values: FleetValues, { sink }: UnitScope): void {
  for (const setting of ["MachineID", "MachineBootID", "MachineMetadata"] as const) {
    const [first] = values[setting];
    if (first === undefined) continue;
    const message = `${first.directive}= is not checked on an Engine: the unit runs here whatever the machine is`;
    const hint = "it places the unit on a Swarm; for another machine use another environment";
    sink.warning(first.position, "fleet-unchecked", message, hint);
  }
}
