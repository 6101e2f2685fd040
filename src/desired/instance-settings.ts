import type { DiagnosticSink, Position } from "../lib/diagnostic.ts";
import type { YamlNode } from "../lib/yaml.ts";
import { readList, readMap, readText } from "../lib/yaml-read.ts";

/** Instances of one template unit: `worker: [1, 2]` runs `worker@1` and `worker@2`. */
export interface InstanceSettings {
  /** Name of the template unit without `@.service`. */
  readonly template: string;
  readonly position: Position;
  readonly names: readonly { readonly name: string; readonly position: Position }[];
}

export const instanceName: RegExp = /^[A-Za-z0-9_.-]+$/;

/** `worker` and `worker@` mean the same; giving both is a mistake. */
export function readInstances(node: YamlNode, sink: DiagnosticSink): readonly InstanceSettings[] {
  const instances = new Map<string, InstanceSettings>();
  for (const { key, keyPosition, value } of readMap(node, "instances", sink)?.entries ?? []) {
    const template = key.replace(/@$/, "");
    if (instances.has(template)) {
      sink.error(keyPosition, "duplicate-name", `instances of "${template}@" are given twice`);
      continue;
    }
    instances.set(template, { template, position: keyPosition, names: readNames(value, key, sink) });
  }
  return [...instances.values()];
}

function readNames(node: YamlNode, key: string, sink: DiagnosticSink): InstanceSettings["names"] {
  const names = new Map<string, Position>();
  for (const item of readList(node, `instances.${key}`, sink) ?? []) {
    const name = readText(item, `an item of instances.${key}`, sink);
    if (name === undefined) continue;
    if (!instanceName.test(name)) {
      const message = `instance "${name}" is no valid name`;
      sink.error(item.position, "invalid-name", message, "letters, digits, - _ and .");
    } else if (names.has(name)) {
      sink.error(item.position, "duplicate-name", `instance "${name}" is listed twice`);
    } else {
      names.set(name, item.position);
    }
  }
  return [...names].map(([name, position]) => ({ name, position }));
}
