import type { YamlNode } from "../lib/yaml.ts";
import { readInteger, readWord } from "../lib/yaml-read.ts";
import { type KeyTable, nested } from "./key-table.ts";
import { notYet, swarmOnly } from "./resource-keys.ts";
import { readRestartPolicy } from "./restart.ts";
import { readBytes, readDuration, readNanoCpus } from "./scalars.ts";
import { field, type ServiceReading } from "./service-reading.ts";

/** Keys of `deploy` (Compose Deploy specification). */
export const deployKeys: KeyTable<ServiceReading> = {
  replicas: { doc: "Number of containers.", read: readReplicas },
  resources: { doc: "Limits and reservations.", read: nested(() => resourceKeys) },
  restart_policy: {
    doc: "Condition and number of attempts; not together with restart.",
    read: readRestartPolicy,
  },
  update_config: { doc: "How replicas are replaced.", read: nested(() => updateKeys) },
  mode: { doc: "Only replicated.", read: readMode },
  endpoint_mode: swarmOnly("remove it"),
  labels: swarmOnly("write labels in the service"),
  placement: swarmOnly("remove it: an Engine is one node"),
  rollback_config: swarmOnly("remove it: a failed replacement is rolled back anyway"),
};

/** Keys of `deploy.resources`. */
export const resourceKeys: KeyTable<ServiceReading> = {
  limits: { doc: "What it may use at most.", read: nested(() => resourceLimitKeys) },
  reservations: { doc: "What is kept for it.", read: nested(() => reservationKeys) },
};

/** Keys of `deploy.resources.limits`. */
export const resourceLimitKeys: KeyTable<ServiceReading> = {
  cpus: { doc: "Number of CPUs.", read: field("nanoCpus", readNanoCpus) },
  memory: { doc: "Memory limit.", read: field("memory", readBytes) },
  pids: {
    doc: "Number of processes.",
    read: field("pidsLimit", (node, what, sink) => readInteger(node, what, sink, -1)),
  },
};

/** Keys of `deploy.resources.reservations`. */
export const reservationKeys: KeyTable<ServiceReading> = {
  memory: { doc: "Memory kept for it under pressure.", read: field("memoryReservation", readBytes) },
  cpus: swarmOnly("write cpu_shares in the service for a weight"),
  pids: swarmOnly("remove it"),
  generic_resources: swarmOnly("remove it"),
  devices: notYet("write devices in the service"),
};

/** Keys of `deploy.update_config`. */
export const updateKeys: KeyTable<ServiceReading> = {
  parallelism: {
    doc: "Replicas replaced at a time; 0 is all of them.",
    read: (value, reading, what) => {
      const parallelism = readInteger(value, what, reading.sink);
      if (parallelism !== undefined) reading.update = { ...reading.update, parallelism };
    },
  },
  delay: {
    doc: "Pause between two batches.",
    read: (value, reading, what) => {
      const delayMs = readDuration(value, what, reading.sink);
      if (delayMs !== undefined) reading.update = { ...reading.update, delayMs };
    },
  },
  monitor: {
    doc: "How long a new container must stay good.",
    read: (value, reading, what) => {
      const monitorMs = readDuration(value, what, reading.sink);
      if (monitorMs !== undefined) reading.update = { ...reading.update, monitorMs };
    },
  },
  order: {
    doc: "start-first or stop-first; without it start-first unless something can be held by one container only.",
    read: (value, reading, what) => {
      const order = readWord(value, what, ["start-first", "stop-first"], reading.sink);
      if (order !== undefined) reading.update = { ...reading.update, order };
    },
  },
  failure_action: { doc: "Only rollback, which is what always happens.", read: readFailureAction },
  max_failure_ratio: swarmOnly("remove it: the first failure ends the update"),
};

function readMode(value: YamlNode, reading: ServiceReading, what: string): void {
  const modes = ["replicated", "global", "replicated-job", "global-job"] as const;
  const mode = readWord(value, what, modes, reading.sink);
  if (mode === undefined || mode === "replicated") return;
  const hint = mode.endsWith("-job")
    ? "write x-job: true in the service"
    : "remove it: an Engine is one node";
  reading.sink.error(
    value.position,
    "unsupported-value",
    `${what} "${mode}" has a meaning only on a Swarm`,
    hint,
  );
}

function readFailureAction(value: YamlNode, reading: ServiceReading, what: string): void {
  const action = readWord(value, what, ["rollback", "pause", "continue"] as const, reading.sink);
  if (action === undefined || action === "rollback") return;
  const message = `${what} "${action}" is not supported: a failed replacement is rolled back`;
  reading.sink.error(value.position, "unsupported-value", message, "write rollback, or remove it");
}

/** `deploy.replicas` and `scale` say the same. */
export function readReplicas(value: YamlNode, reading: ServiceReading, what: string): void {
  const count = readInteger(value, what, reading.sink, 0, 1000);
  if (count === undefined) return;
  if (reading.replicas && reading.replicas.count !== count) {
    const message = `${what} contradicts the other number of replicas (${reading.replicas.count})`;
    reading.sink.error(value.position, "contradiction", message, "write only scale or deploy.replicas");
    return;
  }
  reading.replicas = { count, position: value.position };
}
