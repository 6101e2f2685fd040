import type { YamlNode } from "../lib/yaml.ts";
import { readInteger, readMap, readNumber, readWord } from "../lib/yaml-read.ts";
import type { ClusterSettings, RollbackSettings } from "../model/cluster.ts";
import type { UpdatePolicy } from "../model/workload.ts";
import { type KeyTable, type Reading, readKeys, type SupportedKey, warnOnEngine } from "./key-table.ts";
import { readDuration } from "./scalars.ts";
import { type ServiceReading, setCluster } from "./service-reading.ts";

type ValueReader<T> = (value: YamlNode, what: string, sink: Reading["sink"]) => T | undefined;

const readCount: ValueReader<number> = (value, what, sink) => readInteger(value, what, sink);
const readOrder: ValueReader<"start-first" | "stop-first"> = (value, what, sink) =>
  readWord(value, what, ["start-first", "stop-first"], sink);

function update<K extends keyof UpdatePolicy>(
  doc: string,
  name: K,
  read: ValueReader<UpdatePolicy[K]>,
): SupportedKey<ServiceReading> {
  return {
    doc,
    read: (value, reading, what) => {
      const part = read(value, what, reading.sink);
      if (part !== undefined) reading.update = { ...reading.update, [name]: part };
    },
  };
}

/** Keys of `deploy.update_config`. */
export const updateKeys: KeyTable<ServiceReading> = {
  parallelism: update("Replicas replaced at a time; 0 is all of them.", "parallelism", readCount),
  delay: update("Pause between two batches.", "delayMs", readDuration),
  monitor: update("How long a new container must stay good.", "monitorMs", readDuration),
  order: update(
    "start-first or stop-first; without it start-first unless something can be held by one container only.",
    "order",
    readOrder,
  ),
  failure_action: {
    doc: "rollback, which is what always happens on an Engine; on a Swarm pause and continue as well.",
    read: readFailureAction,
  },
  max_failure_ratio: {
    doc: "Share of the containers that may fail, 0 to 1.",
    swarmOnly: "on an Engine the first failure ends the update",
    read: (value, reading, what) => {
      const maxFailureRatio = readRatio(value, what, reading.sink);
      if (maxFailureRatio !== undefined) setUpdate(reading, { maxFailureRatio }, value);
    },
  },
};

function setUpdate(reading: ServiceReading, part: ClusterSettings["update"], { position }: YamlNode): void {
  setCluster(reading, "update", { ...reading.cluster.update, ...part }, position);
}

function readFailureAction(value: YamlNode, reading: ServiceReading, what: string): void {
  const failureAction = readWord(value, what, ["rollback", "pause", "continue"] as const, reading.sink);
  if (failureAction === undefined) return;
  setUpdate(reading, { failureAction }, value);
  if (failureAction === "rollback") return;
  const hint = "on an Engine a failed replacement is rolled back";
  warnOnEngine(`${what} "${failureAction}"`, value.position, hint, reading);
}

const readRatio: ValueReader<number> = (value, what, sink) => {
  const ratio = readNumber(value, what, sink);
  if (ratio === undefined || (ratio >= 0 && ratio <= 1)) return ratio;
  sink.error(value.position, "out-of-range", `${what} must be from 0 to 1, not ${ratio}`);
  return undefined;
};

interface RollbackReading extends Reading {
  settings: RollbackSettings;
}

function rollback<K extends keyof RollbackSettings>(
  doc: string,
  name: K,
  read: ValueReader<RollbackSettings[K]>,
): SupportedKey<RollbackReading> {
  return {
    doc,
    read: (value, reading, what) => {
      const part = read(value, what, reading.sink);
      if (part !== undefined) reading.settings = { ...reading.settings, [name]: part };
    },
  };
}

/** Keys of `deploy.rollback_config` (Compose Deploy specification, "rollback_config"). */
export const rollbackKeys: KeyTable<RollbackReading> = {
  parallelism: rollback("Replicas put back at a time; 0 is all of them.", "parallelism", readCount),
  delay: rollback("Pause between two batches.", "delayMs", readDuration),
  monitor: rollback("How long a container that was put back must stay good.", "monitorMs", readDuration),
  order: rollback("start-first or stop-first.", "order", readOrder),
  failure_action: rollback("pause or continue.", "failureAction", (value, what, sink) =>
    readWord(value, what, ["pause", "continue"], sink),
  ),
  max_failure_ratio: rollback("Share of the containers that may fail, 0 to 1.", "maxFailureRatio", readRatio),
};

/** `deploy.rollback_config`. */
export function readRollback(value: YamlNode, reading: ServiceReading, what: string): void {
  const map = readMap(value, what, reading.sink);
  if (!map) return;
  const { sink } = reading;
  const rollbackReading: RollbackReading = { sink, settings: {} };
  readKeys(map, rollbackKeys, what, rollbackReading);
  setCluster(reading, "rollback", rollbackReading.settings, value.position);
}
