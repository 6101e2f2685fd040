import type { DiagnosticSink } from "../lib/diagnostic.ts";
import { parseGoDuration } from "../lib/duration.ts";
import type { YamlEntry, YamlNode } from "../lib/yaml.ts";
import { readInteger, readMap } from "../lib/yaml-read.ts";
import type { Ulimit } from "../model/workload.ts";
import { type KeyTable, nested, type Reading, readKeys, type SupportedKey } from "./key-table.ts";
import { readBytes, readFlag, readNanoCpus, readOptionalText } from "./scalars.ts";
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
  cpuset: { doc: "CPUs it may run on, 0-3 or 0,1.", read: field("cpusetCpus", readOptionalText) },
  pids_limit: { doc: "Number of processes; -1 is without limit.", read: field("pidsLimit", integer(-1)) },
  blkio_config: { doc: "Block device weight.", read: nested(() => blkioKeys) },
  oom_kill_disable: { doc: "Never kill it for memory.", read: field("oomKillDisable", readFlag) },
  oom_score_adj: { doc: "-1000 to 1000.", read: field("oomScoreAdj", integer(-1000, 1000)) },
  shm_size: { doc: "Size of /dev/shm.", read: field("shmSize", readBytes) },
  ulimits: { doc: "Limits of the process: a number, or soft and hard.", read: field("ulimits", readUlimits) },
};

const perDevice = { refused: "limits for single devices are not supported yet", hint: "remove it" };

/** Keys of `blkio_config` (Compose specification, "blkio_config"). */
export const blkioKeys: KeyTable<ServiceReading> = {
  weight: { doc: "Relative weight, 10 to 1000.", read: field("blkioWeight", integer(10, 1000)) },
  weight_device: perDevice,
  device_read_bps: perDevice,
  device_read_iops: perDevice,
  device_write_bps: perDevice,
  device_write_iops: perDevice,
};

function integer(min: number, max?: number) {
  return (node: YamlNode, what: string, sink: DiagnosticSink) => readInteger(node, what, sink, min, max);
}

function readSwap(node: YamlNode, what: string, sink: DiagnosticSink): number | undefined {
  return node.kind === "scalar" && node.text === "-1" ? -1 : readBytes(node, what, sink);
}

function readMicroseconds(node: YamlNode, what: string, sink: DiagnosticSink): number | undefined {
  if (node.kind === "scalar" && /[a-zµμ]$/.test(node.text)) {
    const ms = parseGoDuration(node.text);
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
  const before = sink.diagnostics.length;
  readKeys(value, ulimitKeys, what, reading);
  const { soft, hard } = reading;
  if (soft !== undefined && hard !== undefined) return { name: key, soft, hard };
  if (sink.diagnostics.length === before) {
    sink.error(
      value.position,
      "missing-key",
      `${what} needs soft and hard`,
      `write one number, or {soft: N, hard: N}`,
    );
  }
  return undefined;
}
