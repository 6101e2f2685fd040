import type { DiagnosticSink } from "../lib/diagnostic.ts";
import type { YamlNode } from "../lib/yaml.ts";
import type { DaemonSettings } from "../model/daemon-settings.ts";
import { readNotifications } from "./notification-settings.ts";
import { readSchedules } from "./schedule-settings.ts";
import { readWebhooks } from "./webhook-settings.ts";

type DaemonKey = keyof DaemonSettings;

/**
 * `schedules:`, `webhooks:` and `notifications:`.
 *
 * @param secretNames names under `secrets:`; nothing else can be referred to
 */
export function readDaemonSettings(
  nodeOf: (key: DaemonKey) => YamlNode | undefined,
  secretNames: ReadonlySet<string>,
  sink: DiagnosticSink,
): DaemonSettings {
  const [schedules, webhooks, notifications] = [
    nodeOf("schedules"),
    nodeOf("webhooks"),
    nodeOf("notifications"),
  ];
  return {
    schedules: schedules === undefined ? [] : readSchedules(schedules, sink),
    webhooks: webhooks === undefined ? [] : readWebhooks(webhooks, secretNames, sink),
    notifications: notifications === undefined ? [] : readNotifications(notifications, secretNames, sink),
  };
}
