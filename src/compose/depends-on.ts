import type { YamlEntry, YamlNode } from "../lib/yaml.ts";
import { readMap, readWord } from "../lib/yaml-read.ts";
import type { Dependency } from "../model/workload.ts";
import { type KeyTable, type Reading, readKeys } from "./key-table.ts";
import { checkService } from "./references.ts";
import { readFlag, readTexts } from "./scalars.ts";
import { declareDependency, type ServiceReading } from "./service-reading.ts";

interface DependencyReading extends Reading {
  condition?: Dependency["condition"];
  hasCondition: boolean;
  required: boolean;
  restart: boolean;
}

const conditions = {
  service_started: "started",
  service_healthy: "healthy",
  service_completed_successfully: "completed",
} as const;

type ConditionWord = keyof typeof conditions;
const conditionWords = Object.keys(conditions) as ConditionWord[];

/** Keys of an entry of `depends_on` (Compose specification, "depends_on", long syntax). */
export const dependencyKeys: KeyTable<DependencyReading> = {
  condition: {
    doc: "service_started, service_healthy or service_completed_successfully.",
    read: (value, reading, what) => {
      reading.hasCondition = true;
      const word = readWord(value, what, conditionWords, reading.sink);
      if (word !== undefined) reading.condition = conditions[word];
    },
  },
  required: {
    doc: "false: start also when the other failed or its profiles are not enabled.",
    read: (value, reading, what) => {
      reading.required = readFlag(value, what, reading.sink) ?? true;
    },
  },
  restart: {
    doc: "true: recreate when the other is replaced.",
    read: (value, reading, what) => {
      reading.restart = readFlag(value, what, reading.sink) ?? false;
    },
  },
};

/** `depends_on`, a list of services or a mapping. Cycles are found when everything is linked. */
export function readDependsOn(value: YamlNode, reading: ServiceReading, what: string): void {
  if (value.kind === "map") {
    for (const entry of value.entries) readDependency(entry, reading, `${what}.${entry.key}`);
    return;
  }
  for (const { text, position } of readTexts(value, what, reading.sink) ?? []) {
    if (!checkService(text, { reading, position, verb: "depends on" })) continue;
    declareDependency(
      reading,
      { service: text, position },
      { condition: "started", required: true, restart: false },
    );
  }
}

function readDependency(entry: YamlEntry, reading: ServiceReading, what: string): void {
  const { key: service, keyPosition: position } = entry;
  const map = readMap(entry.value, what, reading.sink);
  if (!map) return;
  const dependency: DependencyReading = {
    sink: reading.sink,
    hasCondition: false,
    required: true,
    restart: false,
  };
  readKeys(map, dependencyKeys, what, dependency);
  const { condition, required, restart } = dependency;
  if (!dependency.hasCondition) {
    const hint = `write one of: ${conditionWords.join(", ")}`;
    reading.sink.error(position, "missing-key", `${what} has no condition`, hint);
  }
  if (!required && reading.project.services.get(service)?.enabled === false) {
    const message = `service "${reading.name}" does without "${service}", whose profiles are not enabled`;
    reading.sink.warning(position, "optional-dependency", message);
    return;
  }
  if (!checkService(service, { reading, position, verb: "depends on" })) return;
  if (condition) declareDependency(reading, { service, position }, { condition, required, restart });
}
