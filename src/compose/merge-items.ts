import type { YamlMap, YamlNode } from "../lib/yaml.ts";
import { isNull } from "../lib/yaml-read.ts";
import { parsePort } from "./ports.ts";
import { entryValue } from "./resource-keys.ts";

/** What an item of a list stands for; two items with the same keys are one thing, of which the later counts. */
export type ItemKeys = (item: YamlNode) => readonly string[];

/** The item's own text; an item of several keys is never the same as another. */
export const byText: ItemKeys = (item) => {
  const text = textOf(item);
  return text === undefined ? [] : [text];
};

/** `ports`: address, port of the host, port of the container and protocol, one key for each port of a range. */
export const byPort: ItemKeys = (item) => {
  if (item.kind !== "map") {
    const ports = parsePort(textOf(item) ?? "");
    if (typeof ports === "string") return [];
    return ports.map((port) => portKey(port.hostIp, port.hostPort, port.containerPort, port.protocol));
  }
  const part = (key: string, otherwise: string) => textAt(item, key) ?? otherwise;
  const target = part("target", "");
  return target === ""
    ? []
    : [portKey(part("host_ip", ""), part("published", ""), target, part("protocol", "tcp"))];
};

/** A port without an address is one of all addresses. */
function portKey(hostIp: string, hostPort: string, target: number | string, protocol: string): string {
  return `${hostIp === "0.0.0.0" ? "" : hostIp} ${hostPort} ${target}/${protocol}`;
}

/** `volumes` and `devices`: the place in the container. */
export const byTarget: ItemKeys = (item) => {
  if (item.kind === "map") return oneKey(textAt(item, "target") ?? textAt(item, "source"), cleanPath);
  const [source, target] = (textOf(item) ?? "").split(":");
  return oneKey(target ?? source, cleanPath);
};

/** `configs` and `secrets`: the place in the container, below a folder where only a name is given. */
export function byDelivery(folder: string): ItemKeys {
  return (item) => {
    const named = item.kind === "map" ? textAt(item, "source") : textOf(item);
    const target = item.kind === "map" ? textAt(item, "target") : undefined;
    return oneKey(target ?? named, (text) => (text.startsWith("/") ? text : `${folder}${text}`));
  };
}

/** `env_file`: the path. */
export const byPath: ItemKeys = (item) => oneKey(item.kind === "map" ? textAt(item, "path") : textOf(item));

/** Pools of addresses: the subnet. */
export const bySubnet: ItemKeys = (item) => (item.kind === "map" ? oneKey(textAt(item, "subnet") ?? "") : []);

/** Items of a list over which further ones are laid; looking one up takes as long in a long list as in a short one. */
export class MergedItems {
  private readonly slots: (YamlNode | undefined)[] = [];
  private readonly keys: (readonly string[])[] = [];
  private readonly slotsOf = new Map<string, Set<number>>();
  private readonly keysOf: ItemKeys;

  constructor(base: readonly YamlNode[], keysOf: ItemKeys) {
    this.keysOf = keysOf;
    for (const item of base) this.append(item, keysOf(item));
  }

  /** Replaces what stands for the same, in the place of the first of them; otherwise the item comes last. */
  put(item: YamlNode): void {
    const keys = this.keysOf(item);
    const [first, ...others] = this.slotsOfSame(keys);
    if (first === undefined) {
      this.append(item, keys);
      return;
    }
    this.fill(first, item, keys);
    for (const slot of others) this.fill(slot, undefined, []);
  }

  items(): readonly YamlNode[] {
    return this.slots.filter((item) => item !== undefined);
  }

  /** Slots of items that stand for nothing which these keys do not stand for as well. */
  private slotsOfSame(keys: readonly string[]): readonly number[] {
    const near = new Set(keys.flatMap((key) => [...(this.slotsOf.get(key) ?? [])]));
    const asked = new Set(keys);
    const isSame = (slot: number) => this.keys[slot]?.every((key) => asked.has(key)) === true;
    return [...near].filter(isSame).sort((a, b) => a - b);
  }

  private append(item: YamlNode, keys: readonly string[]): void {
    this.fill(this.slots.length, item, keys);
  }

  private fill(slot: number, item: YamlNode | undefined, keys: readonly string[]): void {
    for (const key of this.keys[slot] ?? []) this.slotsOf.get(key)?.delete(slot);
    this.slots[slot] = item;
    this.keys[slot] = keys;
    for (const key of keys) {
      const known = this.slotsOf.get(key);
      if (known) known.add(slot);
      else this.slotsOf.set(key, new Set([slot]));
    }
  }
}

function oneKey(text: string | undefined, clean: (text: string) => string = (same) => same): string[] {
  return text === undefined ? [] : [clean(text)];
}

function cleanPath(path: string): string {
  return path.replace(/(?<=.)\/+$/, "");
}

function textAt(map: YamlMap, key: string): string | undefined {
  const node = entryValue(map, key);
  return node && textOf(node);
}

function textOf(node: YamlNode): string | undefined {
  return node.kind === "scalar" && !isNull(node) ? node.text : undefined;
}
