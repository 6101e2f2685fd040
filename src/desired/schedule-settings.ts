import type { DiagnosticSink } from "../lib/diagnostic.ts";
import { parseGoDuration, parseSystemdDuration } from "../lib/duration.ts";
import { didYouMean } from "../lib/suggest.ts";
import type { YamlNode } from "../lib/yaml.ts";
import { entryOf, knownEntries, readBoolean, readMap, readText } from "../lib/yaml-read.ts";
import { type ScheduleName, type ScheduleSettings, scheduleNames } from "../model/daemon-settings.ts";
import { cronProblem } from "./cron-expression.ts";

export const scheduleKeys = ["cron", "timeZone", "jitter", "catchUp"] as const;

/** A run that is put off by more would come after the next one of most schedules. */
const longestJitterMs = 3_600_000;

/**
 * `schedules: {reconcile: {cron: "0 4 * * *"}}`; of a schedule that is only its times the text alone will do. Sorted by
 * name.
 */
export function readSchedules(node: YamlNode, sink: DiagnosticSink): readonly ScheduleSettings[] {
  const entries = readMap(node, "schedules", sink)?.entries ?? [];
  const schedules = entries.flatMap(({ key, keyPosition, value }): ScheduleSettings[] => {
    const name = scheduleNames.find((known) => known === key);
    if (name === undefined) {
      const hint = didYouMean(key, scheduleNames) ?? `schedules: ${scheduleNames.join(", ")}`;
      sink.error(keyPosition, "unknown-schedule", `unknown schedule "${key}"`, hint);
      return [];
    }
    return readSchedule(name, value, sink);
  });
  return schedules.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function readSchedule(name: ScheduleName, node: YamlNode, sink: DiagnosticSink): ScheduleSettings[] {
  const what = `schedules.${name}`;
  if (node.kind === "scalar") return scheduleOf(name, node, {}, sink);
  const map = readMap(node, what, sink);
  if (map === undefined) return [];
  const entries = new Map(knownEntries(map, scheduleKeys, what, sink).map(({ key, value }) => [key, value]));
  const cron = entryOf(map, "cron")?.value;
  if (cron === undefined) {
    sink.error(map.position, "missing-key", `${what} has no "cron"`, 'write cron: "0 4 * * *"');
    return [];
  }
  const [zone, jitter, catchUp] = [entries.get("timeZone"), entries.get("jitter"), entries.get("catchUp")];
  return scheduleOf(
    name,
    cron,
    {
      timeZone: zone && readZone(zone, `${what}.timeZone`, sink),
      jitterMs: jitter && readJitter(jitter, `${what}.jitter`, sink),
      catchUp: catchUp && readBoolean(catchUp, `${what}.catchUp`, sink),
    },
    sink,
  );
}

interface Details {
  readonly timeZone?: string | undefined;
  readonly jitterMs?: number | undefined;
  readonly catchUp?: boolean | undefined;
}

function scheduleOf(
  name: ScheduleName,
  node: YamlNode,
  { timeZone = "UTC", jitterMs = 0, catchUp = true }: Details,
  sink: DiagnosticSink,
): ScheduleSettings[] {
  const cron = readText(node, `schedules.${name}.cron`, sink);
  if (cron === undefined) return [];
  const problem = cronProblem(cron);
  if (problem !== undefined) {
    const hint = "minute hour day-of-month month day-of-week: */5 * * * * is every five minutes";
    sink.error(node.position, "invalid-cron", `schedules.${name}: "${cron}": ${problem}`, hint);
    return [];
  }
  return [{ name, cron, timeZone, jitterMs, catchUp, position: node.position }];
}

function readZone(node: YamlNode, what: string, sink: DiagnosticSink): string | undefined {
  const text = readText(node, what, sink);
  if (text === undefined || isZone(text)) return text;
  const hint = "write a name of the IANA database, such as Europe/Berlin or UTC";
  sink.error(node.position, "unknown-time-zone", `${what}: "${text}" is no time zone`, hint);
  return undefined;
}

function isZone(text: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: text });
    return /^[A-Za-z]/.test(text);
  } catch {
    return false;
  }
}

function readJitter(node: YamlNode, what: string, sink: DiagnosticSink): number | undefined {
  const text = readText(node, what, sink);
  if (text === undefined) return undefined;
  const ms = parseGoDuration(text) ?? parseSystemdDuration(text);
  if (ms !== undefined && ms >= 0 && ms <= longestJitterMs) return Math.round(ms);
  const message = `${what}: "${text}" is no time span of up to an hour`;
  sink.error(node.position, "invalid-duration", message, "write 30s or 5m");
  return undefined;
}
