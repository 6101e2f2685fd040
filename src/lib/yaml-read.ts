import type { DiagnosticSink } from "./diagnostic.ts";
import { limits } from "./limits.ts";
import { didYouMean } from "./suggest.ts";
import type { YamlEntry, YamlMap, YamlNode } from "./yaml.ts";

/**
 * Typed reading of a YAML tree. Every reader reports to the sink and returns `undefined` when the value is not what it
 * should be, so that one pass finds all mistakes. `what` names the value in messages: `services.web.image`.
 */

export function readMap(node: YamlNode, what: string, sink: DiagnosticSink): YamlMap | undefined {
  if (node.kind === "map") return node;
  if (isNull(node)) return { kind: "map", position: node.position, entries: [] };
  sink.error(
    node.position,
    "wrong-type",
    `${what} must be a mapping, not ${describe(node)}`,
    "write NAME: VALUE, one a line",
  );
  return undefined;
}

/** Entries whose key is known; unknown ones are errors that name the nearest known key. */
export function knownEntries(
  map: YamlMap,
  known: readonly string[],
  what: string,
  sink: DiagnosticSink,
): readonly YamlEntry[] {
  return map.entries.filter((entry) => {
    if (known.includes(entry.key)) return true;
    const place = what === "" ? "" : ` in ${what}`;
    const hint = didYouMean(entry.key, known) ?? `known keys: ${known.join(", ")}`;
    sink.error(entry.keyPosition, "unknown-key", `unknown key "${entry.key}"${place}`, hint);
    return false;
  });
}

/** The entries of a mapping each of which is held against all others; more than a limit are refused. */
export function limitedEntries(map: YamlMap, what: string, sink: DiagnosticSink): readonly YamlEntry[] {
  const { most } = limits.settingsEntries;
  const first = map.entries[most];
  if (first === undefined) return map.entries;
  sink.error(
    first.keyPosition,
    "too-large",
    `${what} has more than ${most} entries`,
    "use patterns, or several repositories",
  );
  return map.entries.slice(0, most);
}

export function entryOf(map: YamlMap, key: string): YamlEntry | undefined {
  return map.entries.find((entry) => entry.key === key);
}

/** Any scalar as the text that was written; YAML types do not matter (`1.10` stays `1.10`). */
export function readText(node: YamlNode, what: string, sink: DiagnosticSink): string | undefined {
  if (node.kind === "scalar" && node.value !== null) return node.text;
  sink.error(
    node.position,
    "wrong-type",
    `${what} must be a text, not ${describe(node)}`,
    "write one text; quotes make a text of anything",
  );
  return undefined;
}

export function readNumber(node: YamlNode, what: string, sink: DiagnosticSink): number | undefined {
  if (node.kind === "scalar") {
    if (typeof node.value === "number") return node.value;
    if (typeof node.value === "string" && /^-?\d+(\.\d+)?$/.test(node.value)) return Number(node.value);
  }
  sink.error(
    node.position,
    "wrong-type",
    `${what} must be a number, not ${describe(node)}`,
    "write digits: 3 or 0.5",
  );
  return undefined;
}

/** A whole number within bounds. */
export function readInteger(
  node: YamlNode,
  what: string,
  sink: DiagnosticSink,
  min = 0,
  max = Number.MAX_SAFE_INTEGER,
): number | undefined {
  const value = readNumber(node, what, sink);
  if (value === undefined || (Number.isInteger(value) && value >= min && value <= max)) return value;
  sink.error(
    node.position,
    "out-of-range",
    `${what} must be a whole number from ${min} to ${max}, not ${value}`,
  );
  return undefined;
}

/** `true` or `false`, also as text, because interpolated values are text. */
export function readBoolean(node: YamlNode, what: string, sink: DiagnosticSink): boolean | undefined {
  if (node.kind === "scalar") {
    if (typeof node.value === "boolean") return node.value;
    if (node.text === "true") return true;
    if (node.text === "false") return false;
  }
  sink.error(
    node.position,
    "wrong-type",
    `${what} must be true or false, not ${describe(node)}`,
    "write true or false",
  );
  return undefined;
}

export function readList(
  node: YamlNode,
  what: string,
  sink: DiagnosticSink,
): readonly YamlNode[] | undefined {
  if (node.kind === "list") return node.items;
  if (isNull(node)) return [];
  sink.error(
    node.position,
    "wrong-type",
    `${what} must be a list, not ${describe(node)}`,
    "write - ITEM, one a line, or [a, b]",
  );
  return undefined;
}

export function readTextList(
  node: YamlNode,
  what: string,
  sink: DiagnosticSink,
): readonly string[] | undefined {
  return readList(node, what, sink)?.flatMap((item) => readText(item, `an item of ${what}`, sink) ?? []);
}

/** One of a few words. */
export function readWord<W extends string>(
  node: YamlNode,
  what: string,
  words: readonly W[],
  sink: DiagnosticSink,
): W | undefined {
  const text = readText(node, what, sink);
  if (text === undefined) return undefined;
  const word = words.find((candidate) => candidate === text);
  if (word === undefined) {
    const hint = didYouMean(text, words) ?? `one of: ${words.join(", ")}`;
    sink.error(node.position, "unknown-value", `${what} cannot be "${text}"`, hint);
  }
  return word;
}

export function isNull(node: YamlNode): boolean {
  return node.kind === "scalar" && node.value === null;
}

function describe(node: YamlNode): string {
  if (node.kind === "map") return "a mapping";
  if (node.kind === "list") return "a list";
  return node.value === null ? "empty" : `"${node.text}"`;
}

/** The tree as plain values, for templates and settings of free form. */
export function toPlainValue(node: YamlNode): unknown {
  if (node.kind === "list") return node.items.map(toPlainValue);
  if (node.kind === "scalar") return node.value;
  const plain: Record<string, unknown> = Object.create(null);
  for (const entry of node.entries) plain[entry.key] = toPlainValue(entry.value);
  return plain;
}
