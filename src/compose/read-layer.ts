import type { DiagnosticSink, Position } from "../lib/diagnostic.ts";
import { parseYaml, type YamlMap, type YamlNode } from "../lib/yaml.ts";
import { isNull, readMap } from "../lib/yaml-read.ts";
import { interpolateTree, type TreeInterpolation } from "./interpolate.ts";
import type { LoadScope, ModelScope, RepositoryText } from "./load-scope.ts";
import { mergeTags } from "./merge-nodes.ts";

/** Parses one compose file; nothing is replaced in it. `undefined` after reporting why there is nothing to read. */
export function parseLayer(
  { path, text }: RepositoryText,
  scope: LoadScope,
  isOverride = false,
): YamlMap | undefined {
  const { sink, broken } = scope;
  const start: Position = { file: path, line: 1, column: 1 };
  const { root, mistakes } = parseYaml(text, path, Object.values(mergeTags));
  for (const { position, message } of mistakes) {
    sink.error(position, "yaml", message);
    broken.add(position);
  }
  if (!root && mistakes.length > 0) return undefined;
  if (!root || isNull(root)) {
    const found = ["empty-file", "the file is empty", "write services:, or delete the file"] as const;
    if (isOverride) sink.warning(start, ...found);
    else sink.error(start, ...found);
    return undefined;
  }
  reportTightColons(root, text, sink);
  return readMap(root, "a compose file", sink);
}

/**
 * `{A:, B: 1}` has the keys `A` and `B` (https://yaml.org/spec/1.2.2/#742-flow-mappings), but Compose's YAML reads `A:`. Who
 * wrote it meant the former, and gets the latter from `docker compose`.
 */
function reportTightColons(root: YamlNode, text: string, sink: DiagnosticSink): void {
  if (!/[^\s"']:[,}]/.test(text)) return;
  const lines = text.split(/\r?\n/);
  const visit = (node: YamlNode): void => {
    if (node.kind === "list") node.items.forEach(visit);
    if (node.kind !== "map") return;
    for (const { key, keyPosition, value } of node.entries) {
      if (!isNull(value)) {
        visit(value);
        continue;
      }
      const { line, column, length = 0 } = keyPosition;
      const after = lines[line - 1]?.slice(column - 1 + length) ?? "";
      const isPlain = lines[line - 1]?.startsWith(key, column - 1) === true;
      if (isPlain && /^:[,}]/.test(after))
        sink.error(
          keyPosition,
          "yaml",
          `Compose reads "${key}:" here, with the colon`,
          `write ${key}: with a blank behind it`,
        );
    }
  };
  visit(root);
}

export function startInterpolation({ variables, sink, broken }: ModelScope): TreeInterpolation {
  return { variables, sink, broken, done: new Map() };
}

/**
 * Replaces the variables of a file. Extensions (`x-…`) are interpolated only where an anchor brings them into something
 * that is read.
 */
export function interpolateLayer(map: YamlMap, scope: TreeInterpolation): YamlMap {
  const entries = map.entries.map((entry) => {
    if (entry.key.startsWith("x-")) return entry;
    const isServices = entry.key === "services" && entry.value.kind === "map";
    const value = isServices ? interpolateServices(entry.value, scope) : interpolateTree(entry.value, scope);
    return { ...entry, value };
  });
  return { ...map, entries };
}

function interpolateServices(services: YamlNode, scope: TreeInterpolation): YamlNode {
  if (services.kind !== "map") return services;
  const entries = services.entries.map((entry) => ({
    ...entry,
    value: interpolateService(entry.value, scope),
  }));
  return { ...services, entries };
}

export function interpolateService(service: YamlNode, scope: TreeInterpolation): YamlNode {
  if (service.kind !== "map") return interpolateTree(service, scope);
  const entries = service.entries.map((entry) => {
    const isFree = entry.key.startsWith("x-") && entry.key !== "x-job";
    return isFree ? entry : { ...entry, value: interpolateTree(entry.value, scope) };
  });
  return { ...service, entries };
}
