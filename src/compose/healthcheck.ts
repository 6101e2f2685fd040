import type { YamlNode } from "../lib/yaml.ts";
import { isNull, readInteger, readMap, readText } from "../lib/yaml-read.ts";
import type { Healthcheck } from "../model/workload.ts";
import { type KeyTable, type Reading, readKeys, type SupportedKey } from "./key-table.ts";
import { readDuration, readFlag, readTexts } from "./scalars.ts";
import { type ServiceReading, setField } from "./service-reading.ts";

type CommandCheck = Extract<Healthcheck, { kind: "command" }>;

interface HealthcheckReading extends Reading {
  check: { -readonly [K in keyof CommandCheck]: CommandCheck[K] };
  isOff: boolean;
}

type SpanField = "intervalMs" | "timeoutMs" | "startPeriodMs" | "startIntervalMs";

function span(doc: string, name: SpanField): SupportedKey<HealthcheckReading> {
  return {
    doc,
    read: (value, reading, what) => {
      const ms = readDuration(value, what, reading.sink);
      if (ms === undefined) return;
      if (ms === 0 || ms >= 1) reading.check[name] = ms;
      else reading.sink.error(value.position, "out-of-range", `${what} must be at least 1ms`);
    },
  };
}

/** Keys of `healthcheck` (Compose specification, "healthcheck"). */
export const healthcheckKeys: KeyTable<HealthcheckReading> = {
  test: { doc: "A line for the shell, or a list that begins with CMD, CMD-SHELL or NONE.", read: readTest },
  interval: span("Time between two checks.", "intervalMs"),
  timeout: span("Longest time one check may take.", "timeoutMs"),
  start_period: span("Time in which failures do not count.", "startPeriodMs"),
  start_interval: span("Time between two checks in the start period.", "startIntervalMs"),
  retries: {
    doc: "Failures in a row that make it unhealthy.",
    read: (value, reading, what) => {
      const retries = readInteger(value, what, reading.sink);
      if (retries !== undefined) reading.check.retries = retries;
    },
  },
  disable: {
    doc: "true: no health check, not even the image's.",
    read: (value, reading, what) => {
      if (readFlag(value, what, reading.sink)) reading.isOff = true;
    },
  },
};

export function readHealthcheck(value: YamlNode, reading: ServiceReading, what: string): void {
  const map = readMap(value, what, reading.sink);
  if (!map || isNull(value)) return;
  const healthcheck: HealthcheckReading = { sink: reading.sink, check: { kind: "command" }, isOff: false };
  readKeys(map, healthcheckKeys, what, healthcheck);
  const { check, isOff } = healthcheck;
  setField(reading, "healthcheck", isOff ? { kind: "none" } : check, { position: value.position, what });
}

function readTest(value: YamlNode, reading: HealthcheckReading, what: string): void {
  if (value.kind === "scalar") {
    const line = readText(value, what, reading.sink);
    if (line === undefined) return;
    if (line.trim() !== "" && line !== "NONE") {
      reading.check.test = ["CMD-SHELL", line];
      return;
    }
    const message = `${what} is ${line === "NONE" ? 'a text, so that "NONE" would be a command' : "empty"}`;
    reading.sink.error(value.position, "bad-healthcheck", message, "write disable: true for no check");
    return;
  }
  const words = readTexts(value, what, reading.sink)?.map((item) => item.text);
  if (!words) return;
  const [first] = words;
  if (first === "NONE" && words.length === 1) reading.isOff = true;
  else if ((first === "CMD" && words.length > 1) || (first === "CMD-SHELL" && words.length === 2)) {
    reading.check.test = words;
  } else {
    const hint = 'write ["CMD", "program", "argument"], ["CMD-SHELL", "line"] or ["NONE"]';
    reading.sink.error(
      value.position,
      "bad-healthcheck",
      `${what} must begin with CMD, CMD-SHELL or NONE`,
      hint,
    );
  }
}
