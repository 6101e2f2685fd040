import { isAlias, isMap, isScalar, type Node, parseDocument, visit, type YAMLMap } from "yaml";
import type { TextRange } from "./text-places.ts";

/** Where a value stands in the text of a YAML document. */
export type YamlPlace =
  | {
      readonly kind: "scalar";
      /** The scalar as written, with its quotes or its block header; anchor and tag excluded. */
      readonly range: TextRange;
      /** Anchors on the scalar and on the mappings around it that the document uses elsewhere. */
      readonly sharedAnchors: readonly string[];
    }
  /** The value, or a mapping around it, is written elsewhere and comes from an alias or a merge key. */
  | { readonly kind: "shared"; readonly anchors: readonly string[]; readonly range: TextRange }
  | { readonly kind: "missing" };

/**
 * The text of a YAML document whose values can be found by their keys; for texts that `parseYaml` finds
 * sound.
 */
export class YamlSource {
  private readonly contents: Node | null;
  private readonly usedAnchors = new Set<string>();

  constructor(text: string) {
    const document = parseDocument(text, { uniqueKeys: false, merge: false });
    this.contents = document.contents as Node | null;
    visit(document, { Alias: (_, alias) => void this.usedAnchors.add(alias.source) });
  }

  /** The value below the given keys, from the top of the document. */
  find(keys: readonly string[]): YamlPlace {
    let node: unknown = this.contents;
    const anchors: string[] = [];
    for (const key of keys) {
      if (!isMap(node)) return { kind: "missing" };
      if (node.anchor !== undefined) anchors.push(node.anchor);
      const value = entryValue(node, key);
      if (value === undefined) return mergedPlace(node) ?? { kind: "missing" };
      if (isAlias(value)) return { kind: "shared", anchors: [value.source], range: rangeOf(value) };
      node = value;
    }
    if (!isScalar(node)) return { kind: "missing" };
    if (node.anchor !== undefined) anchors.push(node.anchor);
    const sharedAnchors = anchors.filter((anchor) => this.usedAnchors.has(anchor));
    return { kind: "scalar", range: rangeOf(node), sharedAnchors };
  }
}

function entryValue(map: YAMLMap, name: string): Node | undefined {
  const pair = map.items.find(({ key }) => isScalar(key) && key.value === name);
  return (pair?.value ?? undefined) as Node | undefined;
}

/** The aliases behind the mapping's merge key (`<<`). */
function mergedPlace(map: YAMLMap): YamlPlace | undefined {
  const merged = entryValue(map, "<<");
  if (merged === undefined) return undefined;
  const anchors: string[] = [];
  visit(merged, { Alias: (_, alias) => void anchors.push(alias.source) });
  return anchors.length === 0 ? undefined : { kind: "shared", anchors, range: rangeOf(merged) };
}

function rangeOf(node: Node): TextRange {
  const [start = 0, end = start] = node.range ?? [];
  return { start, end };
}
