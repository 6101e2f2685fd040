import type { YamlEntry, YamlMap, YamlNode, YamlScalar } from "../lib/yaml.ts";
import { entryValue } from "./resource-keys.ts";

/**
 * Paths of an included or extended file count from its own folder (Compose specification, "include" and "extends"): they
 * are written anew as they are from the folder of the file that takes them over.
 *
 * @param folder the folder they are relative to
 * @param from the folder they shall be relative to
 */
export function rebaseModel(model: YamlMap, folder: string, from: string): YamlMap {
  if (folder === from) return model;
  const move = mover(folder, from);
  const file = (node: YamlNode) => mapKeys(node, { file: move });
  return mapKeys(model, {
    services: eachEntry((service) => rebase(service, move)),
    configs: eachEntry(file),
    secrets: eachEntry(file),
  });
}

/** As `rebaseModel`, for one service. */
export function rebaseService(service: YamlNode, folder: string, from: string): YamlNode {
  return folder === from ? service : rebase(service, mover(folder, from));
}

type Change = (node: YamlNode) => YamlNode;

function rebase(service: YamlNode, move: Change): YamlNode {
  return mapKeys(service, {
    env_file: eachItem((item) => (item.kind === "map" ? mapKeys(item, { path: move }) : move(item))),
    label_file: eachItem(move),
    volumes: eachItem((item) => (item.kind === "map" ? rebaseBind(item, move) : rebaseMount(item, move))),
  });
}

function rebaseBind(mount: YamlMap, move: Change): YamlNode {
  const type = entryValue(mount, "type");
  return type?.kind === "scalar" && type.text === "bind" ? mapKeys(mount, { source: move }) : mount;
}

/** Only what begins with a dot is a relative path; other names are volumes. */
function rebaseMount(item: YamlNode, move: Change): YamlNode {
  if (item.kind !== "scalar" || !/^\.[^:]*:/.test(item.text)) return item;
  const colon = item.text.indexOf(":");
  const source = move({ ...item, text: item.text.slice(0, colon) });
  return source.kind === "scalar" ? withText(item, `${source.text}${item.text.slice(colon)}`) : item;
}

function mover(folder: string, from: string): Change {
  const prefix = relativeFolder(from, folder);
  return (node) => {
    if (node.kind !== "scalar" || node.value === null || /^[/~]|^$/.test(node.text)) return node;
    return withText(node, `./${prefix}/${node.text}`);
  };
}

function withText(node: YamlScalar, text: string): YamlScalar {
  return { ...node, text, value: text, quoted: true };
}

function relativeFolder(from: string, to: string): string {
  const [start, end] = [from, to].map((path) => path.split("/").filter((part) => part !== ""));
  let common = 0;
  while (common < (start?.length ?? 0) && start?.[common] === end?.[common]) common++;
  return [...(start ?? []).slice(common).map(() => ".."), ...(end ?? []).slice(common)].join("/");
}

function mapKeys(node: YamlNode, changes: Readonly<Record<string, Change>>): YamlMap;
function mapKeys(node: YamlNode, changes: Readonly<Record<string, Change>>): YamlNode {
  if (node.kind !== "map") return node;
  const change = (entry: YamlEntry): YamlEntry => {
    const apply = Object.hasOwn(changes, entry.key) ? changes[entry.key] : undefined;
    return apply ? { ...entry, value: apply(entry.value) } : entry;
  };
  return { ...node, entries: node.entries.map(change) };
}

function eachEntry(change: Change): Change {
  return (node) =>
    node.kind === "map"
      ? { ...node, entries: node.entries.map((entry) => ({ ...entry, value: change(entry.value) })) }
      : node;
}

function eachItem(change: Change): Change {
  return (node) => (node.kind === "list" ? { ...node, items: node.items.map(change) } : change(node));
}
