import type { DiagnosticSink } from "../lib/diagnostic.ts";
import type { YamlEntry, YamlNode } from "../lib/yaml.ts";
import { readInteger, readList, readMap, readText } from "../lib/yaml-read.ts";
import type { DeviceRate, DeviceWeight } from "../model/device.ts";
import type { Ulimit } from "../model/workload.ts";
import { type KeyTable, nested, type Reading, readKeys, type SupportedKey } from "./key-table.ts";
import { parseTimeSpan, readBytes, readFlag, readNanoCpus, readOptionalText } from "./scalars.ts";
import { field, type ServiceReading } from "./service-reading.ts";

/** Keys of a service about what it may use (Compose specification, "services top-level elements"). */
export const limitKeys: KeyTable<ServiceReading> = {
  mem_limit: { doc: "Memory limit.", read: field("memory", readBytes) },
  mem_reservation: { doc: "Memory kept for it under pressure.", read: field("memoryReservation", readBytes) },
  memswap_limit: {
    doc: "Memory and swap together; -1 is without limit.",
    read: field("memorySwap", readSwap),
  },
  mem_swappiness: { doc: "0 to 100.", read: field("memorySwappiness", integer(0, 100)) },
  cpus: { doc: "How many CPUs it may use.", read: field("nanoCpus", readNanoCpus) },
  cpu_shares: { doc: "Relative weight.", read: field("cpuShares", integer(0, 262_144)) },
  cpu_period: {
    doc: "Scheduler period, microseconds or a time span.",
    read: field("cpuPeriod", readMicroseconds),
  },
  cpu_quota: {
    doc: "CPU time in each period, microseconds or a time span.",
    read: field("cpuQuota", readMicroseconds),
  },
  cpu_rt_period: {
    doc: "Period of the realtime scheduler, microseconds or a time span.",
    read: field("cpuRealtimePeriod", readMicroseconds),
  },
  cpu_rt_runtime: {
    doc: "Realtime CPU time in each of them, microseconds or a time span.",
    read: field("cpuRealtimeRuntime", readMicroseconds),
  },
  cpuset: { doc: "CPUs it may run on, 0-3 or 0,1.", read: field("cpusetCpus", readOptionalText) },
  pids_limit: { doc: "Number of processes; -1 is without limit.", read: field("pidsLimit", integer(-1)) },
  blkio_config: { doc: "Weight and throughput of block devices.", read: nested(() => blkioKeys) },
  oom_kill_disable: { doc: "Never kill it for memory.", read: field("oomKillDisable", readFlag) },
  oom_score_adj: { doc: "-1000 to 1000.", read: field("oomScoreAdj", integer(-1000, 1000)) },
  shm_size: { doc: "Size of /dev/shm.", read: field("shmSize", readBytes) },
  ulimits: { doc: "Limits of the process: a number, or soft and hard.", read: field("ulimits", readUlimits) },
};

interface ThrottleReading extends Reading {
  path?: string;
  number?: number;
}

type NumberReader = (node: YamlNode, what: string, sink: DiagnosticSink) => number | undefined;

function throttleKeys(name: "rate" | "weight", doc: string, read: NumberReader): KeyTable<ThrottleReading> {
  return {
    path: {
      doc: "The device, /dev/sda.",
      read: (value, reading, what) => {
        const path = readText(value, what, reading.sink);
        if (path !== undefined) reading.path = path;
      },
    },
    [name]: {
      doc,
      read: (value, reading, what) => {
        const number = read(value, what, reading.sink);
        if (number !== undefined) reading.number = number;
      },
    },
  };
}

/** Keys of items of `blkio_config` (Compose specification, "blkio_config"). */
export const rateKeys = throttleKeys(
  "rate",
  "At most so much a second; bytes may be written as 10mb.",
  readBytes,
);
export const weightKeys = throttleKeys("weight", "Relative weight, 10 to 1000.", integer(10, 1000));

function throttles<T>(keys: KeyTable<ThrottleReading>, make: (path: string, number: number) => T) {
  return (node: YamlNode, what: string, sink: DiagnosticSink): readonly T[] | undefined =>
    readList(node, what, sink)?.flatMap((item) => {
      const map = readMap(item, `an item of ${what}`, sink);
      if (!map) return [];
      const reading: ThrottleReading = { sink };
      const isRead = readKeys(map, keys, what, reading);
      const { path, number } = reading;
      if (path !== undefined && number !== undefined) return [make(path, number)];
      const words = Object.keys(keys).join(" and ");
      if (isRead) sink.error(item.position, "missing-key", `an item of ${what} needs ${words}`);
      return [];
    });
}

const rates = throttles(rateKeys, (path, rate): DeviceRate => ({ path, rate }));
const weights = throttles(weightKeys, (path, weight): DeviceWeight => ({ path, weight }));

/** Keys of `blkio_config` (Compose specification, "blkio_config"). */
export const blkioKeys: KeyTable<ServiceReading> = {
  weight: { doc: "Relative weight, 10 to 1000.", read: field("blkioWeight", integer(10, 1000)) },
  weight_device: { doc: "Relative weight of single devices.", read: field("blkioWeightDevices", weights) },
  device_read_bps: { doc: "Bytes a second read from a device.", read: field("deviceReadBps", rates) },
  device_read_iops: { doc: "Reads a second from a device.", read: field("deviceReadIops", rates) },
  device_write_bps: { doc: "Bytes a second written to a device.", read: field("deviceWriteBps", rates) },
  device_write_iops: { doc: "Writes a second to a device.", read: field("deviceWriteIops", rates) },
};

function integer(min: number, max?: number) {
  return (node: YamlNode, what: string, sink: DiagnosticSink) => readInteger(node, what, sink, min, max);
}

function readSwap(node: YamlNode, what: string, sink: DiagnosticSink): number | undefined {
  return node.kind === "scalar" && node.text === "-1" ? -1 : readBytes(node, what, sink);
}

function readMicroseconds(node: YamlNode, what: string, sink: DiagnosticSink): number | undefined {
  if (node.kind === "scalar" && /[a-zµμ]$/.test(node.text)) {
    const ms = parseTimeSpan(node.text);
    if (ms !== undefined) return Math.round(ms * 1000);
  }
  return readInteger(node, what, sink);
}

function readUlimits(node: YamlNode, what: string, sink: DiagnosticSink): readonly Ulimit[] | undefined {
  return readMap(node, what, sink)?.entries.flatMap(
    (entry) => readUlimit(entry, `${what}.${entry.key}`, sink) ?? [],
  );
}

interface UlimitReading extends Reading {
  soft?: number;
  hard?: number;
}

function ulimit(doc: string, name: "soft" | "hard"): SupportedKey<UlimitReading> {
  return {
    doc,
    read: (value, reading, what) => {
      const limit = readInteger(value, what, reading.sink, -1);
      if (limit !== undefined) reading[name] = limit;
    },
  };
}

/** Keys of an entry of `ulimits` (Compose specification, "ulimits"). */
export const ulimitKeys: KeyTable<UlimitReading> = {
  soft: ulimit("The limit that is in force.", "soft"),
  hard: ulimit("How far it may be raised.", "hard"),
};

function readUlimit({ key, value }: YamlEntry, what: string, sink: DiagnosticSink): Ulimit | undefined {
  if (value.kind !== "map") {
    const limit = readInteger(value, what, sink, -1);
    return limit === undefined ? undefined : { name: key, soft: limit, hard: limit };
  }
  const reading: UlimitReading = { sink };
  const isRead = readKeys(value, ulimitKeys, what, reading);
  const { soft, hard } = reading;
  if (soft !== undefined && hard !== undefined) return { name: key, soft, hard };
  if (isRead) {
    sink.error(
      value.position,
      "missing-key",
      `${what} needs soft and hard`,
      `write one number, or {soft: N, hard: N}`,
    );
  }
  return undefined;
}
