import type { YamlEntry, YamlMap, YamlNode } from "../lib/yaml.ts";
import { byDelivery, byPath, byPort, bySubnet, byTarget, byText, type ItemKeys } from "./merge-items.ts";

/** How two values of one key become one. */
export type MergeRule =
  /** Mappings key by key, lists joined. */
  | { readonly kind: "plain" }
  /** The later one alone. */
  | { readonly kind: "replace" }
  /** Mappings or lists of `NAME=value`. */
  | { readonly kind: "pairs" }
  /** Mappings by name, or lists of names that stand for mappings. */
  | { readonly kind: "named"; readonly itemValue: (at: YamlNode) => YamlNode }
  /** Lists whose items replace one another when they stand for the same; a single value is a list of one. */
  | { readonly kind: "items"; readonly keysOf: ItemKeys }
  /** The later list alone, whose items are laid over what stands for the same. */
  | { readonly kind: "pools"; readonly keysOf: ItemKeys }
  | { readonly kind: "hosts" }
  /** Mappings that are merged only when they name the same driver. */
  | { readonly kind: "driver" }
  /** A list of device requests, or `all`. */
  | { readonly kind: "devices" };

const plain: MergeRule = { kind: "plain" };
const replace: MergeRule = { kind: "replace" };
const pairs: MergeRule = { kind: "pairs" };
const texts: MergeRule = { kind: "items", keysOf: byText };
const items = (keysOf: ItemKeys): MergeRule => ({ kind: "items", keysOf });

/** What is not plain (Compose specification, "Merge and override"; what it leaves open is as Compose 2.40 does it). */
const rules: Readonly<Record<string, MergeRule>> = {
  "services.*.annotations": pairs,
  "services.*.build": replace,
  "services.*.command": replace,
  "services.*.configs": items(byDelivery("/")),
  "services.*.depends_on": { kind: "named", itemValue: started },
  "services.*.deploy.labels": pairs,
  "services.*.develop": replace,
  "services.*.devices": items(byTarget),
  "services.*.dns": texts,
  "services.*.dns_opt": texts,
  "services.*.dns_search": texts,
  "services.*.entrypoint": replace,
  "services.*.env_file": items(byPath),
  "services.*.environment": pairs,
  "services.*.extra_hosts": { kind: "hosts" },
  "services.*.gpus": { kind: "devices" },
  "services.*.healthcheck.test": replace,
  "services.*.label_file": texts,
  "services.*.labels": pairs,
  "services.*.logging": { kind: "driver" },
  "services.*.networks": { kind: "named", itemValue: nothing },
  "services.*.ports": items(byPort),
  "services.*.secrets": items(byDelivery("/run/secrets/")),
  "services.*.sysctls": pairs,
  "services.*.tmpfs": texts,
  "services.*.ulimits.*": replace,
  "services.*.volumes": items(byTarget),
  "networks.*.ipam.config": { kind: "pools", keysOf: bySubnet },
  "networks.*.labels": pairs,
  "volumes.*.labels": pairs,
};

interface Pattern {
  readonly parts: readonly string[];
  readonly rule: MergeRule;
}

/** By what no `*` stands for: the section and the key below the name. Every value that meets another one is looked up. */
const patternsOf = new Map<string, Pattern[]>();
for (const [pattern, rule] of Object.entries(rules)) {
  const parts = pattern.split(".");
  const key = lookupKey(parts);
  patternsOf.set(key, [...(patternsOf.get(key) ?? []), { parts, rule }]);
}

export function mergeRuleOf(path: readonly string[]): MergeRule {
  const isMeant = ({ parts }: Pattern) => parts.every((part, index) => part === "*" || part === path[index]);
  return patternsOf.get(lookupKey(path))?.find(isMeant)?.rule ?? plain;
}

function lookupKey(path: readonly string[]): string {
  return `${path.length} ${path[0]} ${path[2]}`;
}

/** A name in a list of `depends_on` says its condition, and that it is required: both replace what is there. */
function started({ position }: YamlNode): YamlMap {
  const word = (key: string, text: string): YamlEntry => ({
    key,
    keyPosition: position,
    value: { kind: "scalar", position, value: text, text, quoted: false },
  });
  const entries = [word("condition", "service_started"), word("required", "true")];
  return { kind: "map", position, entries };
}

function nothing({ position }: YamlNode): YamlNode {
  return { kind: "scalar", position, value: null, text: "", quoted: false };
}
