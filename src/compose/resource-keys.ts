import type { DiagnosticSink, Position } from "../lib/diagnostic.ts";
import type { YamlMap, YamlNode } from "../lib/yaml.ts";
import { entryOf, readMap, readText } from "../lib/yaml-read.ts";
import { type KeyTable, type Reading, readKeys, type SupportedKey } from "./key-table.ts";
import { readFlag, readRecord } from "./scalars.ts";

/** What the entries of top-level `networks`, `volumes`, `configs` and `secrets` have in common. */
export interface ResourceReading extends Reading {
  name?: string;
  external?: boolean;
  driver?: string;
  driverOptions?: Record<string, string>;
  labels?: Record<string, string>;
}

/** The scope of one section: `networks` of stack `shop`. */
export interface SectionScope {
  readonly section: "networks" | "volumes" | "configs" | "secrets";
  readonly stack: string;
  readonly sink: DiagnosticSink;
}

export const nameKey: SupportedKey<ResourceReading> = {
  doc: "Name on the Engine, used as it is; otherwise <stack>_<key>, or <key> when external.",
  read: (value, reading, what) => {
    const name = readText(value, what, reading.sink);
    if (name !== undefined) reading.name = checkName(name, { position: value.position, what }, reading.sink);
  },
};

export const externalKey: SupportedKey<ResourceReading> = {
  doc: "The resource exists already; it is never created, changed or removed.",
  read: (value, reading, what) => {
    if (value.kind === "map") return readExternalMap(value, reading, what);
    const external = readFlag(value, what, reading.sink);
    if (external !== undefined) reading.external = external;
  },
};

/** The form of version 2 files: `external: {name: x}`. */
function readExternalMap(map: YamlMap, reading: ResourceReading, what: string): void {
  reading.external = true;
  reading.sink.warning(
    map.position,
    "obsolete",
    `${what} as a mapping is obsolete`,
    "write external: true and name: beside it",
  );
  readKeys(map, externalKeys, what, reading);
}

/** Keys of `external` in that form. */
export const externalKeys: KeyTable<ResourceReading> = { name: nameKey };

export const driverKey: SupportedKey<ResourceReading> = {
  doc: "Driver on the Engine.",
  read: (value, reading, what) => {
    const driver = readText(value, what, reading.sink);
    if (driver) reading.driver = driver;
  },
};

export const driverOptsKey: SupportedKey<ResourceReading> = {
  doc: "Options of the driver.",
  read: (value, reading, what) => {
    const options = readRecord(value, what, reading.sink);
    if (options) reading.driverOptions = options;
  },
};

export const labelsKey: SupportedKey<ResourceReading> = {
  doc: "Labels, as a mapping or a list.",
  read: (value, reading, what) => {
    const labels = readRecord(value, what, reading.sink);
    if (labels) reading.labels = labels;
  },
};

/** Keys and values of one section; a mistake in the form is reported. */
export function readSection(
  section: YamlNode | undefined,
  scope: SectionScope,
): readonly { key: string; position: Position; map: YamlMap; what: string }[] {
  const map = section && readMap(section, scope.section, scope.sink);
  return (map?.entries ?? []).flatMap(({ key, keyPosition, value }) => {
    const what = `${scope.section}.${key}`;
    checkName(key, { position: keyPosition, what }, scope.sink);
    const declaration = readMap(value, what, scope.sink);
    return declaration ? [{ key, position: keyPosition, map: declaration, what }] : [];
  });
}

/** The name on the Engine; an external resource takes nothing but a name. */
export function finishResource(
  declaration: { readonly key: string; readonly map: YamlMap; readonly what: string },
  reading: ResourceReading,
  scope: SectionScope,
): string {
  const { key, map, what } = declaration;
  if (reading.external) {
    for (const entry of map.entries) {
      if (entry.key === "external" || entry.key === "name" || entry.key.startsWith("x-")) continue;
      const message = `${what} is external, "${entry.key}" cannot be said about it`;
      scope.sink.error(entry.keyPosition, "external-declared", message, `remove ${entry.key}, or external`);
    }
    return reading.name ?? key;
  }
  return reading.name ?? `${scope.stack}_${key}`;
}

/** Names of Engine objects: letters, digits, `_`, `.` and `-`. */
export function checkName(
  name: string,
  place: { readonly position: Position; readonly what: string },
  sink: DiagnosticSink,
): string {
  if (/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(name)) return name;
  const hint = "use letters, digits, _ . and -, with a letter or digit first";
  sink.error(
    place.position,
    "bad-name",
    `${place.what} has the name "${name}", which the Engine refuses`,
    hint,
  );
  return name;
}

/** The value of a key, when it is there. */
export function entryValue(map: YamlMap, key: string): YamlNode | undefined {
  return entryOf(map, key)?.value;
}
