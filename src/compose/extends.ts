import type { Position } from "../lib/diagnostic.ts";
import { limits } from "../lib/limits.ts";
import { didYouMean } from "../lib/suggest.ts";
import type { YamlEntry, YamlMap, YamlNode } from "../lib/yaml.ts";
import { isNull, readMap, readText } from "../lib/yaml-read.ts";
import { resolveRepositoryPath } from "../model/repository-files.ts";
import { type KeyTable, type Reading, readKeys } from "./key-table.ts";
import {
  folderOf,
  type ModelScope,
  type OpenedFile,
  repositoryText,
  type WrittenPath,
} from "./load-scope.ts";
import { mergeMaps } from "./merge-nodes.ts";
import { interpolateService, parseLayer, startInterpolation } from "./read-layer.ts";
import { rebaseService } from "./rebase-paths.ts";
import { firstNames } from "./references.ts";
import { entryValue } from "./resource-keys.ts";

interface ExtendsReading extends Reading {
  service?: WrittenPath;
  file?: WrittenPath;
}

function written(doc: string, name: "service" | "file"): KeyTable<ExtendsReading>[string] {
  return {
    doc,
    read: (value, reading, what) => {
      const text = readText(value, what, reading.sink);
      if (text !== undefined) reading[name] = { text, position: value.position };
    },
  };
}

/** Keys of `extends` (Compose specification, "extends"). */
export const extendsKeys: KeyTable<ExtendsReading> = {
  service: written("The service that this one is laid over.", "service"),
  file: written("The file that has it, relative to this one; without it the same file.", "file"),
};

/** A file whose services extend one another. */
interface ExtendedFile {
  readonly path: string;
  readonly services: ReadonlyMap<string, YamlEntry>;
  readonly scope: ModelScope;
  /** Replaces the variables of one service; what is done already is left as it is. */
  readonly interpolate: (service: YamlNode) => YamlNode;
}

/**
 * Lays every service over the one that it extends, with the rules of several files (Compose specification, "extends").
 * What the other needs (networks, volumes, services) is not taken over: it has to be declared where it is used.
 */
export function applyExtends(model: YamlMap, path: string, scope: ModelScope): YamlMap {
  const services = entryValue(model, "services");
  if (services?.kind !== "map") return model;
  const byName = new Map(services.entries.map((entry) => [entry.key, entry]));
  const file: ExtendedFile = { path, services: byName, scope, interpolate: (service) => service };
  const entries = services.entries.map((entry) => ({
    ...entry,
    value: extendService(entry, file, []) ?? entry.value,
  }));
  return {
    ...model,
    entries: model.entries.map((entry) =>
      entry.key === "services" ? { ...entry, value: { ...services, entries } } : entry,
    ),
  };
}

/** @param chain what led here, as `service in file` */
function extendService(
  { key: name, value: raw }: YamlEntry,
  file: ExtendedFile,
  chain: readonly string[],
): YamlNode | undefined {
  const service = file.interpolate(raw);
  const wish = service.kind === "map" ? entryValue(service, "extends") : undefined;
  if (service.kind !== "map" || !wish) return service;
  const rest = { ...service, entries: service.entries.filter(({ key }) => key !== "extends") };
  const reading = readExtends(wish, `services.${name}.extends`, file.scope);
  // What cannot be extended keeps the key, so that nobody looks for what the other would have brought.
  if (!reading?.service) return service;
  const base = findBase(reading, { name, file, chain: [...chain, `"${name}" in ${file.path}`] });
  if (!base) return service;
  if (isNull(base)) return rest;
  const map = readMap(base, `services.${reading.service.text}`, file.scope.sink);
  return map
    ? mergeMaps(map, rest, { path: ["services", name], sink: file.scope.sink, keepResets: true })
    : service;
}

function readExtends(wish: YamlNode, what: string, { sink }: ModelScope): ExtendsReading | undefined {
  const reading: ExtendsReading = { sink };
  if (wish.kind === "map") readKeys(wish, extendsKeys, what, reading);
  else {
    const text = readText(wish, what, sink);
    if (text !== undefined) reading.service = { text, position: wish.position };
    return reading;
  }
  if (reading.service || entryValue(wish, "service")) return reading;
  sink.error(wish.position, "missing-key", `${what} has no service`, "write service: NAME");
  return undefined;
}

interface Extension {
  readonly name: string;
  readonly file: ExtendedFile;
  readonly chain: readonly string[];
}

/** The service that is extended, with what it extends itself, its paths as the extending file would write them. */
function findBase(reading: ExtendsReading, { name, file, chain }: Extension): YamlNode | undefined {
  const { service, file: other } = reading;
  if (!service) return undefined;
  const source = other ? readOther(other, file) : file;
  if (!source) return undefined;
  const { sink } = file.scope;
  if (chain.length > limits.extendsDepth.most) {
    const message = `more than ${limits.extendsDepth.most} services extend one another`;
    sink.error(service.position, "too-large", message, "write what they share into one service");
    return undefined;
  }
  const entry = source.services.get(service.text);
  if (!entry) {
    const message = `service "${name}" extends "${service.text}", which is not in ${source.path}`;
    const names = [...source.services.keys()];
    const hint = didYouMean(service.text, names) ?? `services there: ${firstNames(names)}`;
    sink.error(service.position, "undefined-service", message, hint);
    return undefined;
  }
  if (chain.includes(`"${service.text}" in ${source.path}`)) {
    return reportCycle(service.position, [...chain, `"${service.text}" in ${source.path}`], file.scope);
  }
  const id = JSON.stringify([source.scope.folder, source.path, service.text]);
  const { extended } = file.scope;
  if (!extended.has(id)) extended.set(id, extendService(entry, source, chain));
  const base = extended.get(id);
  return base && rebaseService(base, source.scope.folder, file.scope.folder);
}

function reportCycle(position: Position, chain: readonly string[], { sink }: ModelScope): undefined {
  const message = `services extend one another in a circle: ${chain.join(" extends ")}`;
  sink.error(position, "extends-cycle", message, "write what they share into a service of its own");
  return undefined;
}

/** Only the services that are asked for are looked at: the rest of the file need not make sense here. */
function readOther(wanted: WrittenPath, { path, scope }: ExtendedFile): ExtendedFile | undefined {
  const target = readOnce(wanted, scope);
  if (!target) return undefined;
  if (!target.services) {
    const message = `"${wanted.text}" has no services`;
    scope.sink.error(wanted.position, "undefined-service", message, `named in ${path}`);
    return undefined;
  }
  const interpolation = startInterpolation(scope);
  return {
    path: target.path,
    services: target.services,
    scope: { ...scope, folder: folderOf(target.path) },
    interpolate: (service) => interpolateService(service, interpolation),
  };
}

/** A file that many services extend is read once. */
function readOnce(wanted: WrittenPath, scope: ModelScope): OpenedFile | undefined {
  const known = scope.opened.get(resolveRepositoryPath(`${scope.folder}/`, wanted.text) ?? "");
  if (known) return known;
  const text = repositoryText(wanted, scope);
  const model = text && parseLayer(text, scope);
  if (!text || !model) return undefined;
  const services = entryValue(model, "services");
  const byName =
    services?.kind === "map" ? new Map(services.entries.map((entry) => [entry.key, entry])) : undefined;
  const opened: OpenedFile = { path: text.path, ...(byName ? { services: byName } : {}) };
  scope.opened.set(text.path, opened);
  return opened;
}
