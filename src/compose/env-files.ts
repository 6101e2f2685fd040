import type { Position } from "../lib/diagnostic.ts";
import type { YamlNode } from "../lib/yaml.ts";
import { isNull, readMap, readText, readWord } from "../lib/yaml-read.ts";
import { resolveRepositoryPath } from "../model/repository-files.ts";
import { parseEnvFile } from "./env-file.ts";
import { type KeyTable, type Reading, readKeys } from "./key-table.ts";
import { decodeUtf8 } from "./load-scope.ts";
import { selectRepositoryFiles } from "./project.ts";
import { readFlag } from "./scalars.ts";
import { markField, type ServiceEnvFile, type ServiceReading } from "./service-reading.ts";

interface EnvFileReading extends Reading {
  path?: { readonly text: string; readonly position: Position };
  required: boolean;
  format: "compose" | "raw";
}

/** Keys of the long syntax of `env_file` (Compose specification, "env_file"). */
export const envFileKeys: KeyTable<EnvFileReading> = {
  path: {
    doc: "The file, relative to the compose file; an absolute path must be declared under hostFiles.",
    read: (value, reading, what) => {
      const text = readText(value, what, reading.sink);
      if (text !== undefined) reading.path = { text, position: value.position };
    },
  },
  required: {
    doc: "false: the file may be missing.",
    read: (value, reading, what) => {
      reading.required = readFlag(value, what, reading.sink) ?? true;
    },
  },
  format: {
    doc: "raw: values are taken as they stand.",
    read: (value, reading, what) => {
      if (readWord(value, what, ["raw"], reading.sink)) reading.format = "raw";
    },
  },
};

/** `env_file`: one path, a list of paths, or a list of long forms. */
export function readEnvFiles(value: YamlNode, reading: ServiceReading, what: string): void {
  markField(reading, "environment", value.position);
  if (isNull(value)) return;
  if (value.kind === "map") {
    const message = `${what} must be a path or a list, not a mapping`;
    reading.sink.error(value.position, "wrong-type", message, "put - in front: a list with one item");
    return;
  }
  // What is named twice is read once, in the first place, as the last one says.
  const files = new Map<string, EnvFileReading>();
  for (const item of value.kind === "list" ? value.items : [value]) {
    const envFile: EnvFileReading = { sink: reading.sink, required: true, format: "compose" };
    if (item.kind === "map") {
      const map = readMap(item, what, reading.sink);
      if (map) readKeys(map, envFileKeys, what, envFile);
      if (!envFile.path)
        reading.sink.error(item.position, "missing-key", `${what} has no path`, "write path: FILE");
    } else {
      const text = readText(item, what, reading.sink);
      if (text !== undefined) envFile.path = { text, position: item.position };
    }
    if (envFile.path) files.set(envFile.path.text, envFile);
  }
  for (const envFile of files.values()) readEnvFile(envFile, reading);
}

function readEnvFile(envFile: EnvFileReading, reading: ServiceReading): void {
  if (!envFile.path) return;
  const { text: path, position } = envFile.path;
  if (path === "") {
    reading.sink.error(position, "bad-path", "the path is empty", "name a file");
    return;
  }
  const found = path.startsWith("/") ? hostValues(envFile.path, reading) : repositoryFile(envFile, reading);
  if (found) reading.envFiles.push(found);
}

/** Files of the host cannot be read from where we run; their values have to be declared. */
function hostValues(
  { text, position }: { readonly text: string; readonly position: Position },
  reading: ServiceReading,
): ServiceEnvFile | undefined {
  const values = reading.project.context.hostFiles.get(text);
  if (values) return { kind: "values", values };
  const hint = "declare its values under hostFiles in mysysconfig.yaml, or put the file into the repository";
  reading.sink.error(
    position,
    "host-file",
    `"${text}" is a file of the host and cannot be read from here`,
    hint,
  );
  return undefined;
}

function repositoryFile(envFile: EnvFileReading, reading: ServiceReading): ServiceEnvFile | undefined {
  if (!envFile.path) return undefined;
  const { project } = reading;
  const resolved = resolveRepositoryPath(project.path, envFile.path.text);
  const isMissing = resolved !== undefined && !project.context.tree.has(resolved);
  if (isMissing && !envFile.required) return undefined;
  const file = readTextFile(envFile.path, reading);
  return file && { kind: "file", file: { ...file, format: envFile.format } };
}

/** One file of the repository as text, or `undefined` after reporting why there is none. */
export function readTextFile(
  written: { readonly text: string; readonly position: Position },
  { project, sink }: Pick<ServiceReading, "project" | "sink">,
): { readonly path: string; readonly text: string } | undefined {
  const { text: path, position } = written;
  const selection = selectRepositoryFiles(project, { path, position });
  const [file] = selection?.files ?? [];
  const [usedPath] = selection?.usedPaths ?? [];
  if (!selection || !file || usedPath === undefined) return undefined;
  if (!selection.isFile) {
    sink.error(position, "not-a-file", `"${path}" is a folder`, "name the file in it");
    return undefined;
  }
  const text = decodeUtf8(file.content);
  if (text === undefined) sink.error(position, "not-a-text", `"${path}" is no UTF-8 text`);
  return text === undefined ? undefined : { path: usedPath, text };
}

/**
 * The container's variables: files first, later ones over earlier ones, then `environment`. A reference in a file sees the
 * run's variables, then `environment`, then earlier files, as in Compose; a bare name in `environment` takes the run's
 * variable, and without one removes the name.
 */
export function resolveEnvironment(reading: ServiceReading): Readonly<Record<string, string>> {
  const { variables } = reading.project.context;
  const own = new Map<string, string>();
  const removed = new Set<string>();
  for (const { key, value, position } of reading.environment) {
    const resolved = value ?? variables.get(key);
    if (resolved !== undefined) own.set(key, resolved);
    else {
      removed.add(key);
      const hint = `declare ${key} under values in mysysconfig.yaml, or write ${key}=value`;
      reading.sink.warning(position, "no-value", `variable "${key}" has no value and is left out`, hint);
    }
  }
  const fromFiles = new Map<string, string>();
  for (const source of reading.envFiles) {
    const known = new Map([...fromFiles, ...own, ...variables]);
    const values =
      source.kind === "values"
        ? source.values
        : parseEnvFile({ ...source.file, variables: known }, reading.sink);
    for (const [key, value] of values) fromFiles.set(key, value);
  }
  const all = new Map([...fromFiles, ...own]);
  for (const key of removed) if (!own.has(key)) all.delete(key);
  return Object.fromEntries(all);
}
