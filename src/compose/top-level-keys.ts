import type { YamlNode } from "../lib/yaml.ts";
import { type KeyTable, type Reading, type SupportedKey, withoutEffect } from "./key-table.ts";
import { modelsKey } from "./refused-keys.ts";
import { readOptionalText } from "./scalars.ts";

/** The top level of a file: sections are kept and read in an order of our own. */
export interface FileReading extends Reading {
  readonly sections: Map<string, YamlNode>;
}

function section(name: string, doc: string): SupportedKey<FileReading> {
  return {
    doc,
    read: (value, reading) => {
      reading.sections.set(name, value);
    },
  };
}

/** Keys of the top level (Compose specification, "Compose file"). */
export const topLevelKeys: KeyTable<FileReading> = {
  name: section("name", "The stack's name; it must be the one that the file's name gives."),
  services: section("services", "The services."),
  networks: section("networks", "Networks; also for other files when there are no services."),
  volumes: section("volumes", "Named volumes."),
  configs: section("configs", "Files that are delivered into containers."),
  secrets: section("secrets", "Secret files that are delivered into containers."),
  version: withoutEffect("Obsolete, with a warning.", (value, what, sink) => {
    sink.warning(value.position, "obsolete", "version is obsolete and has no meaning", "remove it");
    return readOptionalText(value, what, sink);
  }),
  include: {
    doc: "Files of the repository whose services and other declarations belong to this stack.",
    read: () => undefined,
  },
  models: modelsKey,
};
