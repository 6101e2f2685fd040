import { parseYaml, type YamlNode } from "../../../../src/lib/yaml.ts";
import type { ComposeCase } from "./oracle-case.ts";
import { specificationKeys } from "./specification-keys.ts";

/** Places whose keys are named after what they are, `services.*` and the like. */
const named = new Set(["services", "networks", "volumes", "configs", "secrets", "depends_on", "ulimits"]);

/** The keys of the specification in a document, as `PLACE KEY`. */
export function keysIn({ files }: ComposeCase): ReadonlySet<string> {
  const found = new Set<string>();
  for (const [path, text] of Object.entries(files)) {
    if (!path.endsWith(".yaml")) continue;
    const { root } = parseYaml(text, path, ["!reset", "!override"]);
    if (root) walk(root, "", found);
  }
  return found;
}

function walk(node: YamlNode, place: string, found: Set<string>): void {
  if (node.kind === "list") for (const item of node.items) walk(item, `${place}[]`, found);
  if (node.kind !== "map") return;
  const isNamed = named.has(place.split(".").at(-1) ?? "") && !Object.hasOwn(specificationKeys, place);
  for (const { key, value } of node.entries) {
    if (specificationKeys[place]?.includes(key)) found.add(`${place} ${key}`);
    const below = isNamed ? "*" : key;
    walk(value, place === "" ? below : `${place}.${below}`, found);
  }
}
