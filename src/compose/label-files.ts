import type { YamlNode } from "../lib/yaml.ts";
import { isNull, readText } from "../lib/yaml-read.ts";
import { labelPrefix } from "../model/ownership.ts";
import { parseEnvFile } from "./env-file.ts";
import { readTextFile } from "./env-files.ts";
import { markField, type ServiceReading } from "./service-reading.ts";

/** `label_file`: one path, or a list of paths to files of `NAME=value`; later ones win (Compose specification, "label_file"). */
export function readLabelFiles(value: YamlNode, reading: ServiceReading, what: string): void {
  const { sink, project } = reading;
  markField(reading, "labels", value.position);
  if (isNull(value)) return;
  for (const item of value.kind === "list" ? value.items : [value]) {
    const path = readText(item, what, sink);
    if (path === undefined) continue;
    const { position } = item;
    if (path.startsWith("/")) {
      const message = `"${path}" is a file of the host and cannot be read from here`;
      sink.error(position, "host-file", message, "put the file into the repository, or write labels");
      continue;
    }
    const file = readTextFile({ text: path, position }, reading);
    if (!file) continue;
    // A later file may refer to labels of an earlier one.
    const variables = new Map([...project.context.variables, ...Object.entries(reading.fileLabels)]);
    for (const [name, text] of parseEnvFile({ ...file, format: "compose", variables }, sink)) {
      if (name.startsWith(labelPrefix)) {
        const message = `label "${name}" in "${path}" is reserved: ${labelPrefix}* says who owns a container`;
        sink.error(position, "reserved-label", message, "use a prefix of your own");
      }
      reading.fileLabels[name] = text;
    }
  }
}
