import type { DiagnosticSink } from "../lib/diagnostic.ts";
import type { YamlNode } from "../lib/yaml.ts";
import { readMap } from "../lib/yaml-read.ts";
import type { ScheduleSettings } from "../model/daemon-settings.ts";

/** `schedules: {reconcile: {cron: "* /5 * * * *"}}`. */
export function readSchedules(node: YamlNode, sink: DiagnosticSink): readonly ScheduleSettings[] {
  readMap(node, "schedules", sink);
  return [];
}
