import type { DiagnosticSink } from "../lib/diagnostic.ts";
import type { YamlNode } from "../lib/yaml.ts";
import { readMap } from "../lib/yaml-read.ts";
import type { NotificationSettings } from "../model/daemon-settings.ts";

/** `notifications: {chat: {kind: slack, url: CHAT_URL}}`. */
export function readNotifications(
  node: YamlNode,
  _secretNames: ReadonlySet<string>,
  sink: DiagnosticSink,
): readonly NotificationSettings[] {
  readMap(node, "notifications", sink);
  return [];
}
