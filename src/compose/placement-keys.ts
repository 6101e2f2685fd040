import type { YamlNode } from "../lib/yaml.ts";
import { readInteger, readList, readMap } from "../lib/yaml-read.ts";
import { type Constraint, formatConstraint, parseConstraint } from "../model/cluster.ts";
import { type KeyTable, type Reading, readKeys } from "./key-table.ts";
import { readTexts } from "./scalars.ts";
import { type ServiceReading, setCluster } from "./service-reading.ts";

interface PlacementReading extends Reading {
  constraints: readonly string[];
  readonly spread: string[];
  maxReplicasPerNode?: number;
}

/** Keys of `deploy.placement` (Compose Deploy specification, "placement"). */
export const placementKeys: KeyTable<PlacementReading> = {
  constraints: {
    doc: "What must hold for a node, all of it: node.labels.zone==west, node.role!=manager.",
    read: readConstraints,
  },
  preferences: {
    doc: "A list of spread: what the containers are spread over.",
    read: (value, reading, what) => {
      for (const item of readList(value, what, reading.sink) ?? []) {
        const map = readMap(item, `an item of ${what}`, reading.sink);
        if (map?.entries.length === 0)
          reading.sink.error(
            item.position,
            "missing-key",
            `an item of ${what} has no spread`,
            "write spread: node.labels.NAME",
          );
        else if (map) readKeys(map, preferenceKeys, what, reading);
      }
    },
  },
  max_replicas_per_node: {
    doc: "How many containers one node may have; 0 is any number.",
    read: (value, reading, what) => {
      const count = readInteger(value, what, reading.sink);
      if (count !== undefined && count > 0) reading.maxReplicasPerNode = count;
    },
  },
};

/** Keys of an item of `preferences`. */
export const preferenceKeys: KeyTable<PlacementReading> = {
  spread: {
    doc: "A label of the nodes, node.labels.zone.",
    read: (value, reading, what) => {
      const text = value.kind === "scalar" ? value.text : "";
      if (/^(?:node|engine)\.labels\.[A-Za-z0-9_.-]+$/i.test(text)) reading.spread.push(text);
      else {
        const message = `${what} cannot be "${text}": containers are spread over labels`;
        reading.sink.error(value.position, "bad-placement", message, "write node.labels.NAME");
      }
    },
  },
};

function readConstraints(value: YamlNode, reading: PlacementReading, what: string): void {
  const known: Constraint[] = [];
  for (const { text, position } of readTexts(value, what, reading.sink) ?? []) {
    const constraint = parseConstraint(text);
    if (typeof constraint === "string") {
      const message = `constraint "${text}" is not valid: ${constraint}`;
      reading.sink.error(position, "bad-placement", message, constraintHint(text));
      continue;
    }
    const rival = known.find((other) => excludes(other, constraint));
    if (rival) {
      const message = `constraint "${text}" and "${formatConstraint(rival)}" hold on no node together`;
      const hint = "a Swarm has no or: give the nodes that are meant one label, and ask for that";
      reading.sink.error(position, "bad-placement", message, hint);
    }
    known.push(constraint);
  }
  reading.constraints = known.map(formatConstraint);
}

/** Swarm compares values, and all keys but the names of labels, without regard to case. */
function excludes(a: Constraint, b: Constraint): boolean {
  const isSameValue = a.value.toLowerCase() === b.value.toLowerCase();
  if (a.key !== b.key || (a.operator === "!=" && b.operator === "!=")) return false;
  return a.operator === b.operator ? !isSameValue : isSameValue;
}

function constraintHint(text: string): string {
  const [, label, value] = /^\s*((?:node|engine)\.labels\.[\w.-]+)\s*=\s*([^=]+)$/.exec(text) ?? [];
  if (label !== undefined) return `write ${label}==${value}`;
  return "write node.labels.NAME==VALUE, node.role==worker, node.hostname!=NAME or the like";
}

/** `deploy.placement`. */
export function readPlacement(value: YamlNode, reading: ServiceReading, what: string): void {
  const map = readMap(value, what, reading.sink);
  if (!map) return;
  const placement: PlacementReading = { sink: reading.sink, constraints: [], spread: [] };
  readKeys(map, placementKeys, what, placement);
  const { constraints, spread, maxReplicasPerNode } = placement;
  const limit = maxReplicasPerNode === undefined ? {} : { maxReplicasPerNode };
  setCluster(reading, "placement", { constraints, spread, ...limit }, value.position);
}
