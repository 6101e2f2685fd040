import type { DiagnosticSink, Position } from "../lib/diagnostic.ts";
import type { YamlMap, YamlNode, YamlScalar } from "../lib/yaml.ts";
import { readMap } from "../lib/yaml-read.ts";
import type { TemplateMap, TemplateValue } from "../render/template-value.ts";

/** Values of one layer, with the places where they were given. */
export interface ValueLayer {
  readonly values: TemplateMap;
  /** By dotted name. */
  readonly positions: ReadonlyMap<string, Position>;
}

export const noValues: ValueLayer = { values: emptyMap(), positions: new Map() };

/** Names that every template has; a value cannot take their place. */
export const builtInNames: readonly string[] = ["secrets", "environment", "branch", "project"];

/** Names of inherited members: nothing good can come of them in any language. */
export const refusedNames: readonly string[] = ["__proto__", "constructor", "prototype"];

/** Reads a mapping of values; lists and mappings may be nested. */
export function readValues(
  node: YamlNode,
  what: string,
  secretNames: ReadonlySet<string>,
  sink: DiagnosticSink,
): ValueLayer {
  const map = readMap(node, what, sink);
  if (!map) return noValues;
  for (const { key, keyPosition } of map.entries) {
    if (builtInNames.includes(key)) {
      sink.error(
        keyPosition,
        "reserved-name",
        `${what}: "${key}" is a name of the tool's own`,
        "take another name",
      );
    } else if (secretNames.has(key)) {
      const hint = "remove the value from the repository and change the secret";
      sink.error(keyPosition, "secret-in-values", `${what}: "${key}" is declared under secrets`, hint);
    }
  }
  const positions = new Map<string, Position>();
  return { values: toMap(map, "", positions, sink), positions };
}

function toMap(
  map: YamlMap,
  prefix: string,
  positions: Map<string, Position>,
  sink: DiagnosticSink,
): TemplateMap {
  const values = emptyMap();
  for (const { key, keyPosition, value } of map.entries) {
    if (refusedNames.includes(key)) {
      sink.error(keyPosition, "reserved-name", `a value cannot be named "${key}"`);
      continue;
    }
    positions.set(prefix + key, value.position);
    values[key] = toValue(value, `${prefix}${key}.`, positions, sink);
  }
  return values;
}

function toValue(
  node: YamlNode,
  prefix: string,
  positions: Map<string, Position>,
  sink: DiagnosticSink,
): TemplateValue {
  if (node.kind === "map") return toMap(node, prefix, positions, sink);
  if (node.kind === "list") return node.items.map((item) => toValue(item, prefix, positions, sink));
  return toScalar(node);
}

/** Numbers that YAML would write differently (`1.10`, `0644`, `1e3`) stay the text that was written. */
function toScalar({ value, text }: YamlScalar): TemplateValue {
  return typeof value === "number" && String(value) !== text ? text : value;
}

/** A map without a prototype, so that every name is an ordinary one. */
export function emptyMap(): Record<string, TemplateValue> {
  return Object.create(null);
}
