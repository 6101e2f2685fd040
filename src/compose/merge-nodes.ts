import type { DiagnosticSink } from "../lib/diagnostic.ts";
import type { YamlEntry, YamlList, YamlMap, YamlNode, YamlScalar } from "../lib/yaml.ts";
import { isNull } from "../lib/yaml-read.ts";
import { byText, type ItemKeys, MergedItems } from "./merge-items.ts";
import { mergeRuleOf } from "./merge-rules.ts";
import { entryValue } from "./resource-keys.ts";
import { readPairs } from "./scalars.ts";

/** Tags with which a later file removes or replaces what an earlier one says. */
export const mergeTags = { reset: "!reset", override: "!override" } as const;

/** Where two values meet. */
export interface MergePlace {
  /** `["services", "web", "ports"]` */
  readonly path: readonly string[];
  readonly sink: DiagnosticSink;
  /** The result is laid over another file in turn, where a `!reset` removes the same once more. */
  readonly keepResets?: boolean;
}

/**
 * Lays one value over another (Compose specification, "Merge and override"): mappings are merged key by key, lists are
 * joined, a scalar is replaced; `merge-rules.ts` has what is otherwise. An empty value leaves the one below it, a
 * `!override` replaces it whatever it is. Neither value is changed.
 */
export function mergeNodes(base: YamlNode, over: YamlNode, place: MergePlace): YamlNode {
  if (over.tag === mergeTags.override || base.tag === mergeTags.reset) return over;
  const rule = mergeRuleOf(place.path);
  if (rule.kind === "replace") return over;
  if (isNull(over)) return base;
  if (isNull(base)) return over;
  switch (rule.kind) {
    case "pairs":
      return mergePairs(base, over, place);
    case "named":
      return mergeNamed(base, over, place, rule.itemValue);
    case "items":
      return mergeLists(toList(base), toList(over), place, rule.keysOf);
    case "pools":
      return mergePools(base, over, place, rule.keysOf);
    case "hosts":
      return mergeLists(toHosts(base), toHosts(over), place, byText);
    case "driver":
      return hasOtherDriver(base, over) ? over : mergePlain(base, over, place);
    case "devices":
      return mergePlain(allDevices(base), over, place);
    case "plain":
      return mergePlain(base, over, place);
    default:
      return rule satisfies never;
  }
}

function mergePlain(base: YamlNode, over: YamlNode, place: MergePlace): YamlNode {
  if (base.kind === "map" && over.kind === "map") return mergeMaps(base, over, place);
  if (base.kind === "list" && over.kind === "list") return mergeLists(base, over, place, byText);
  if (base.kind === over.kind) return over;
  const nouns = { map: "a mapping", list: "a list", scalar: "a single value" } as const;
  const { file, line } = base.position;
  const message = `${place.path.join(".")} is ${nouns[over.kind]}, but ${nouns[base.kind]} at ${file}:${line}, which it is laid over`;
  const hint = "write it in the same form, or !override in front of it to replace the other";
  place.sink.error(over.position, "cannot-merge", message, hint);
  return over;
}

function isRemoved({ value }: YamlEntry, { keepResets = false }: MergePlace): boolean {
  return value.tag === mergeTags.reset && !keepResets;
}

/** Keys keep their order; a `!reset` removes its key. */
export function mergeMaps(base: YamlMap, over: YamlMap, place: MergePlace): YamlMap {
  const entries = new Map(base.entries.map((entry) => [entry.key, entry]));
  for (const entry of over.entries) {
    const below = entries.get(entry.key);
    if (isRemoved(entry, place)) entries.delete(entry.key);
    else if (!below || entry.value.tag === mergeTags.reset) entries.set(entry.key, entry);
    else {
      const value = mergeNodes(below.value, entry.value, { ...place, path: [...place.path, entry.key] });
      entries.set(entry.key, value === below.value ? below : { ...entry, value });
    }
  }
  return { ...base, entries: [...entries.values()] };
}

function mergeLists(base: YamlNode, over: YamlNode, place: MergePlace, keysOf: ItemKeys): YamlNode {
  if (base.kind !== "list" || over.kind !== "list") return mergePlain(base, over, place);
  const merged = new MergedItems(base.items, keysOf);
  for (const item of over.items) merged.put(item);
  return { ...over, items: merged.items() };
}

/** The later list alone, with each item laid over its counterpart. */
function mergePools(base: YamlNode, over: YamlNode, place: MergePlace, keysOf: ItemKeys): YamlNode {
  if (base.kind !== "list" || over.kind !== "list") return mergePlain(base, over, place);
  const below = new Map(base.items.flatMap((item) => keysOf(item).map((key) => [key, item] as const)));
  const items = over.items.map((item) => {
    const counterpart = keysOf(item).flatMap((key) => below.get(key) ?? [])[0];
    return counterpart ? mergePlain(counterpart, item, place) : item;
  });
  return { ...over, items };
}

/** A mapping and a list of `NAME=value` are two ways to write one thing; a bare name replaces a value as well. */
function mergePairs(base: YamlNode, over: YamlNode, place: MergePlace): YamlNode {
  const [below, above] = [toPairs(base, place), toPairs(over, place)];
  if (below?.kind !== "map" || above?.kind !== "map") return mergePlain(base, over, place);
  const entries = new Map(below.entries.map((entry) => [entry.key, entry]));
  for (const entry of above.entries) {
    if (isRemoved(entry, place)) entries.delete(entry.key);
    else entries.set(entry.key, entry);
  }
  return { ...above, entries: [...entries.values()] };
}

function toPairs(node: YamlNode, { path, sink }: MergePlace): YamlNode {
  if (node.kind !== "list") return node;
  const pairs = readPairs(node, path.join("."), sink) ?? [];
  const entries = pairs.map(
    ({ key, value, position }): YamlEntry => ({
      key,
      keyPosition: position,
      value: { kind: "scalar", position, value, text: value ?? "", quoted: value !== null },
    }),
  );
  return { kind: "map", position: node.position, entries };
}

/** A list of names is a mapping without further words. */
function mergeNamed(
  base: YamlNode,
  over: YamlNode,
  place: MergePlace,
  itemValue: (at: YamlNode) => YamlNode,
): YamlNode {
  return mergePlain(toNamed(base, itemValue), toNamed(over, itemValue), place);
}

function toNamed(node: YamlNode, itemValue: (at: YamlNode) => YamlNode): YamlNode {
  if (node.kind !== "list" || node.items.some((item) => item.kind !== "scalar")) return node;
  const entries = node.items.flatMap((item): YamlEntry[] =>
    item.kind === "scalar" ? [{ key: item.text, keyPosition: item.position, value: itemValue(item) }] : [],
  );
  return { kind: "map", position: node.position, entries };
}

function toList(node: YamlNode): YamlNode {
  return node.kind === "scalar" ? { kind: "list", position: node.position, items: [node] } : node;
}

/** `host=address`, so that a mapping and a list can be joined. */
function toHosts(node: YamlNode): YamlNode {
  if (node.kind === "scalar") return node;
  const items =
    node.kind === "list"
      ? node.items.map((item) =>
          item.kind === "scalar" ? { ...item, text: item.text.replace(/[=:]/, "=") } : item,
        )
      : node.entries.flatMap(({ key, value }) =>
          (value.kind === "list" ? value.items : [value]).map((address) => hostLine(key, address)),
        );
  return { kind: "list", position: node.position, items };
}

function hostLine(host: string, address: YamlNode): YamlScalar {
  const text = `${host}=${address.kind === "scalar" ? address.text : ""}`;
  return { kind: "scalar", position: address.position, value: text, text, quoted: true };
}

/** Options of one log driver mean nothing to another. */
function hasOtherDriver(base: YamlNode, over: YamlNode): boolean {
  const [below, above] = [base, over].map((node) => {
    const driver = node.kind === "map" ? entryValue(node, "driver") : undefined;
    return driver?.kind === "scalar" && !isNull(driver) ? driver.text : undefined;
  });
  return below !== undefined && above !== undefined && below !== above;
}

/** `gpus: all` is a list of one request. */
function allDevices(node: YamlNode): YamlNode {
  if (node.kind !== "scalar" || node.text !== "all") return node;
  const { position } = node;
  const request: YamlMap = {
    kind: "map",
    position,
    entries: [{ key: "count", keyPosition: position, value: node }],
  };
  const list: YamlList = { kind: "list", position, items: [request] };
  return list;
}

/** The tree without what is still marked to be removed: it had nothing below it. */
export function withoutResets(node: YamlNode): YamlNode {
  if (node.kind === "scalar") return node;
  if (node.kind === "list") {
    const items = node.items.filter(({ tag }) => tag !== mergeTags.reset);
    return { ...node, items: items.map(withoutResets) };
  }
  const entries = node.entries.filter(({ value }) => value.tag !== mergeTags.reset);
  return { ...node, entries: entries.map((entry) => ({ ...entry, value: withoutResets(entry.value) })) };
}
