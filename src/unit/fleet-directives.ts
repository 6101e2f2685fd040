import type { DirectiveTable } from "./directive-rows.ts";

const mapped = (doc: string) => ({ handling: "mapped", doc }) as const;

const machineId = mapped("on a Swarm the ID of a node; on an Engine a warning");
const machineOf = mapped("satisfied on an Engine, which is one machine; on a Swarm an error");
const machineMetadata = mapped(
  "key=value: on a Swarm a label of the node; several values of one key are an error there; on an Engine a warning",
);
const conflicts = mapped(
  "patterns of units that must not run on the same machine: two of a configuration are an error on an Engine; on a " +
    "Swarm only instances of one template can be kept apart",
);

/** Directives of [X-Fleet] (fleet, "Unit files and scheduling"), with the spellings of its first releases. */
export const fleetDirectives: DirectiveTable = {
  MachineID: machineId,
  "X-ConditionMachineID": machineId,
  "X-ConditionMachineBootID": mapped("on a Swarm an error, on an Engine a warning"),
  MachineOf: machineOf,
  "X-ConditionMachineOf": machineOf,
  MachineMetadata: machineMetadata,
  "X-ConditionMachineMetadata": machineMetadata,
  Conflicts: conflicts,
  "X-Conflicts": conflicts,
  Replaces: mapped("as Conflicts= on an Engine; on a Swarm an error"),
  Global: mapped("true: one container on every node, which is one on an Engine"),
};
