import { deepEqual } from "../lib/stable-json.ts";
import type { YamlEntry, YamlMap, YamlNode } from "../lib/yaml.ts";
import { isNull, readList, readMap, readText } from "../lib/yaml-read.ts";
import { type KeyTable, type Reading, readKeys } from "./key-table.ts";
import type { WrittenPath } from "./load-scope.ts";
import { readTexts } from "./scalars.ts";

/** One item of `include`, as written. */
export interface Include extends Reading {
  paths: readonly WrittenPath[];
  envFiles?: readonly WrittenPath[];
  projectDirectory?: WrittenPath;
}

/** Keys of an item of `include` (Compose specification, "include", long syntax). */
export const includeKeys: KeyTable<Include> = {
  path: {
    doc: "The file, or a list of files that are laid over one another.",
    read: (value, reading, what) => {
      reading.paths = readPaths(value, what, reading);
    },
  },
  project_directory: {
    doc: "What relative paths in it count from; the folder of the first file unless declared.",
    read: (value, reading, what) => {
      const text = readText(value, what, reading.sink);
      if (text !== undefined) reading.projectDirectory = { text, position: value.position };
    },
  },
  env_file: {
    doc: "Files with defaults of its variables; .env in its folder unless declared.",
    read: (value, reading, what) => {
      reading.envFiles = readPaths(value, what, reading);
    },
  },
};

function readPaths(value: YamlNode, what: string, { sink }: Reading): readonly WrittenPath[] {
  const isText = value.kind === "scalar" && !isNull(value);
  const items = isText ? [{ text: value.text, position: value.position }] : readTexts(value, what, sink);
  return items ?? [];
}

/** `include`: a list of paths, or of long forms. */
export function readIncludes(value: YamlNode, sink: Reading["sink"]): readonly Include[] {
  return (readList(value, "include", sink) ?? []).flatMap((item) => {
    const include: Include = { sink, paths: [] };
    if (item.kind === "map") readKeys(item, includeKeys, "include", include);
    else {
      const text = readText(item, "an item of include", sink);
      if (text !== undefined) include.paths = [{ text, position: item.position }];
    }
    if (include.paths.length > 0) return [include];
    if (item.kind === "map" && !item.entries.some(({ key }) => key === "path")) {
      sink.error(item.position, "missing-key", "an item of include has no path", "write path: FILE");
    }
    return [];
  });
}

const importedSections: readonly string[] = [
  "services",
  "networks",
  "volumes",
  "configs",
  "secrets",
  "models",
];

/** Adds what an included model declares. The same name may come twice only if it means the same. */
export function importModel(model: YamlMap, imported: YamlMap, sink: Reading["sink"]): YamlMap {
  const entries = new Map(model.entries.map((entry) => [entry.key, entry]));
  for (const section of imported.entries) {
    if (!importedSections.includes(section.key)) continue;
    const added = readMap(section.value, section.key, sink);
    const own = entries.get(section.key);
    if (!added || isNull(section.value)) continue;
    if (!own || isNull(own.value)) entries.set(section.key, section);
    else if (own.value.kind === "map") {
      const value = importSection(own.value, added, section.key, sink);
      entries.set(section.key, { ...own, value });
    }
  }
  return { ...model, entries: [...entries.values()] };
}

function importSection(own: YamlMap, imported: YamlMap, section: string, sink: Reading["sink"]): YamlMap {
  const known = new Map(own.entries.map((entry) => [entry.key, entry]));
  const added: YamlEntry[] = [];
  for (const entry of imported.entries) {
    const rival = known.get(entry.key);
    if (!rival) added.push(entry);
    else if (!deepEqual(plainOf(rival.value), plainOf(entry.value))) {
      const { file, line } = entry.keyPosition;
      const message = `${section}.${entry.key} is declared here and in what is included (${file}:${line})`;
      const hint = "rename one of the two, or change the included one in an override file";
      sink.error(rival.keyPosition, "include-conflict", message, hint);
    }
  }
  return { ...own, entries: [...own.entries, ...added] };
}

/** The value without its places, keys in order. */
function plainOf(node: YamlNode): unknown {
  if (node.kind === "scalar") return node.value === null ? null : node.text;
  if (node.kind === "list") return node.items.map(plainOf);
  const entries = node.entries.map(({ key, value }) => [key, plainOf(value)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
