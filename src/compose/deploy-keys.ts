import type { YamlNode } from "../lib/yaml.ts";
import { readInteger, readList, readMap, readText, readWord } from "../lib/yaml-read.ts";
import { type GenericResource, type Reservations, serviceModes } from "../model/cluster.ts";
import { readReservedDevices } from "./device-keys.ts";
import { type KeyTable, nested, type Reading, readKeys, warnOnEngine } from "./key-table.ts";
import { readUserLabels } from "./keys-process.ts";
import { readPlacement } from "./placement-keys.ts";
import { readRestartPolicy } from "./restart.ts";
import { readBytes, readNanoCpus } from "./scalars.ts";
import { field, type ServiceReading, setCluster } from "./service-reading.ts";
import { readRollback, updateKeys } from "./update-keys.ts";

/** Keys of `deploy` (Compose Deploy specification). */
export const deployKeys: KeyTable<ServiceReading> = {
  replicas: { doc: "Number of containers; not with mode: global.", read: readReplicas },
  resources: { doc: "Limits and reservations.", read: nested(() => resourceKeys) },
  restart_policy: {
    doc: "Condition, number of attempts, delay and window; not together with restart.",
    read: readRestartPolicy,
  },
  update_config: { doc: "How replicas are replaced.", read: nested(() => updateKeys) },
  mode: {
    doc: "replicated, global (one container on each node: one on an Engine), replicated-job or global-job (a job).",
    read: (value, reading, what) =>
      setCluster(reading, "mode", readWord(value, what, serviceModes, reading.sink), value.position),
  },
  endpoint_mode: {
    doc: "On a Swarm vip gives the service one address; dnsrr answers with those of its containers, as an Engine does anyhow.",
    read: (value, reading, what) => {
      const mode = readWord(value, what, ["vip", "dnsrr"] as const, reading.sink);
      const hint = "on an Engine the name of a service leads to its containers themselves";
      if (mode === "vip") warnOnEngine(`${what}: vip`, value.position, hint, reading);
      setCluster(reading, "endpointMode", mode, value.position);
    },
  },
  labels: {
    doc: "Labels of the service, not of its containers.",
    swarmOnly: "write labels in the service for those of its containers",
    read: (value, reading, what) =>
      setCluster(reading, "labels", readUserLabels(value, what, reading.sink), value.position),
  },
  placement: {
    doc: "The nodes that the service may run on.",
    swarmOnly: "an Engine is one node",
    read: readPlacement,
  },
  rollback_config: {
    doc: "How a failed update is taken back.",
    swarmOnly: "on an Engine a failed replacement is rolled back anyway",
    read: readRollback,
  },
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
  cpus: {
    doc: "CPUs that a node must have to spare.",
    swarmOnly: "write cpu_shares in the service for a weight",
    read: (value, reading, what) => {
      const nanoCpus = readNanoCpus(value, what, reading.sink);
      if (nanoCpus !== undefined) reserve(reading, { nanoCpus }, value);
    },
  },
  generic_resources: {
    doc: "Resources that a node must advertise, a list of discrete_resource_spec: {kind, value}.",
    swarmOnly: "an Engine does not count what it has; write devices in the service",
    read: (value, reading, what) => {
      const generic = (readList(value, what, reading.sink) ?? []).flatMap((item) =>
        readGenericResource(item, what, reading),
      );
      reserve(reading, { generic }, value);
    },
  },
  pids: { refused: "processes are limited, never kept", hint: "write it under limits" },
  devices: {
    doc: "Devices that a driver of the Engine picks, such as GPUs.",
    read: readReservedDevices,
  },
};

function reserve(reading: ServiceReading, part: Reservations, { position }: YamlNode): void {
  setCluster(reading, "reservations", { ...reading.cluster.reservations, ...part }, position);
}

interface GenericReading extends Reading {
  kind?: string;
  value?: number;
}

/** Keys of an item of `generic_resources`. */
/** Keys of an item of `generic_resources`. */
export const genericResourceKeys: KeyTable<GenericReading> = {
  discrete_resource_spec: {
    doc: "A number of resources of a kind.",
    read: nested(() => discreteResourceKeys),
  },
};

/** Keys of `discrete_resource_spec`. */
export const discreteResourceKeys: KeyTable<GenericReading> = {
  kind: {
    doc: "Name of the resource, as the node's Engine advertises it.",
    read: (value, reading, what) => {
      const kind = readText(value, what, reading.sink);
      if (kind !== undefined) reading.kind = kind;
    },
  },
  value: {
    doc: "How many of them.",
    read: (value, reading, what) => {
      const count = readInteger(value, what, reading.sink, 1);
      if (count !== undefined) reading.value = count;
    },
  },
};

function readGenericResource(item: YamlNode, what: string, { sink }: Reading): readonly GenericResource[] {
  const map = readMap(item, `an item of ${what}`, sink);
  if (!map) return [];
  const reading: GenericReading = { sink };
  const isRead = readKeys(map, genericResourceKeys, what, reading);
  const { kind, value } = reading;
  if (kind !== undefined && value !== undefined) return [{ kind, value }];
  if (isRead) {
    const message = `an item of ${what} needs kind and value`;
    sink.error(item.position, "missing-key", message, "write discrete_resource_spec: {kind: gpu, value: 1}");
  }
  return [];
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
