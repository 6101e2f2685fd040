import type { DiagnosticSink } from "../lib/diagnostic.ts";
import type { YamlNode } from "../lib/yaml.ts";
import { readMap } from "../lib/yaml-read.ts";
import type { WebhookSettings } from "../model/daemon-settings.ts";

/** `webhooks: {push: {provider: github, secret: HOOK}}`. */
export function readWebhooks(
  node: YamlNode,
  _secretNames: ReadonlySet<string>,
  sink: DiagnosticSink,
): readonly WebhookSettings[] {
  readMap(node, "webhooks", sink);
  return [];
}
