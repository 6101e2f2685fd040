import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type ScalarTag,
} from "yaml";
import type { Position } from "./diagnostic.ts";

/**
 * YAML as a plain tree with positions. Aliases and merge keys (`<<`) are already resolved; scalars keep the text they
 * were written with, because `0644`, `22:22` or `1.10` mean different things to different readers.
 */
export type YamlNode = YamlMap | YamlList | YamlScalar;

export interface YamlMap {
  readonly kind: "map";
  readonly position: Position;
  readonly entries: readonly YamlEntry[];
}

export interface YamlEntry {
  readonly key: string;
  readonly keyPosition: Position;
  readonly value: YamlNode;
}

export interface YamlList {
  readonly kind: "list";
  readonly position: Position;
  readonly items: readonly YamlNode[];
}

export interface YamlScalar {
  readonly kind: "scalar";
  readonly position: Position;
  readonly value: string | number | boolean | null;
  /** The scalar as written, without quotes. */
  readonly text: string;
  readonly quoted: boolean;
}

export interface YamlMistake {
  readonly position: Position;
  readonly message: string;
}

/** Larger texts and trees are refused, so that aliases cannot blow up a small file. */
const maxBytes = 1024 * 1024;
const maxNodes = 100_000;

/** YAML 1.1 octal integers (`0644`), which compose files use for modes; decimal in YAML 1.2. */
const octalInteger: ScalarTag = {
  tag: "tag:yaml.org,2002:int",
  default: true,
  identify: () => false,
  test: /^[-+]?0[0-7]+$/,
  resolve: (text) => Number.parseInt(text, 8),
};

/**
 * Parses one YAML document (https://yaml.org/spec/1.2.2/, plus octal integers and merge keys of 1.1).
 *
 * @returns the tree, absent for an empty document, and all mistakes with their positions
 */
export function parseYaml(text: string, file: string): { root?: YamlNode; mistakes: readonly YamlMistake[] } {
  if (text.length > maxBytes) {
    return {
      mistakes: [
        { position: { file, line: 1, column: 1 }, message: `file is larger than ${maxBytes} bytes` },
      ],
    };
  }
  const lineCounter = new LineCounter();
  const document = parseDocument(text, {
    lineCounter,
    uniqueKeys: false,
    merge: false,
    customTags: (tags) => [octalInteger, ...tags],
  });
  const at = (start: number, end = start): Position => {
    const { line, col } = lineCounter.linePos(start);
    const newline = text.indexOf("\n", start);
    const length = Math.min(end, newline < 0 ? text.length : newline) - start;
    return { file, line: Math.max(line, 1), column: Math.max(col, 1), ...(length > 0 ? { length } : {}) };
  };
  const mistakes = [...document.errors, ...document.warnings].map((error) => ({
    position: at(error.pos[0]),
    message: firstLine(error.message),
  }));
  if (mistakes.length > 0 || document.contents === null) return { mistakes };
  const converter = new Converter(document, at);
  const root = converter.convert(document.contents as Node);
  return { root, mistakes: converter.mistakes };
}

function firstLine(message: string): string {
  return (message.split("\n")[0] ?? message).replace(/ at line \d+, column \d+:?$/, "");
}

class Converter {
  readonly mistakes: YamlMistake[] = [];
  private count = 0;
  private readonly document: Document;
  private readonly at: (start: number, end?: number) => Position;

  constructor(document: Document, at: (start: number, end?: number) => Position) {
    this.document = document;
    this.at = at;
  }

  convert(node: Node | null | undefined, fallback?: Position): YamlNode {
    const position = node?.range ? this.at(node.range[0], node.range[1]) : (fallback ?? this.at(0));
    this.count++;
    if (this.count > maxNodes) {
      if (this.count === maxNodes + 1)
        this.mistake(position, `document has more than ${maxNodes} values (aliases counted)`);
      return nullScalar(position);
    }
    if (isAlias(node)) return this.convertAlias(node, position);
    if (isMap(node)) return { kind: "map", position, entries: this.convertEntries(node, position) };
    if (isSeq(node)) {
      return {
        kind: "list",
        position,
        items: node.items.map((item) => this.convert(item as Node, position)),
      };
    }
    if (isScalar(node)) {
      const value = typeof node.value === "bigint" ? Number(node.value) : node.value;
      const quoted = node.type !== undefined && node.type !== "PLAIN";
      const plain = value as string | number | boolean | null;
      return {
        kind: "scalar",
        position,
        value: plain,
        text: quoted ? String(plain) : (node.source ?? ""),
        quoted,
      };
    }
    return nullScalar(position);
  }

  private convertAlias(alias: Alias, position: Position): YamlNode {
    const target = alias.resolve(this.document);
    if (!target) {
      this.mistake(position, `alias "*${alias.source}" has no anchor`);
      return nullScalar(position);
    }
    return this.convert(target, position);
  }

  /** Own keys win over merged ones, earlier merge sources over later ones (https://yaml.org/type/merge.html). */
  private convertEntries(node: { items: unknown[] }, position: Position): YamlEntry[] {
    const own = new Map<string, YamlEntry>();
    const merged = new Map<string, YamlEntry>();
    for (const pair of node.items as { key: unknown; value: unknown }[]) {
      const keyNode = pair.key as Node | null;
      const key = isAlias(keyNode) ? keyNode.resolve(this.document) : keyNode;
      const keyPosition = keyNode?.range ? this.at(keyNode.range[0], keyNode.range[1]) : position;
      if (!isScalar(key)) {
        this.mistake(keyPosition, "a key must be a plain name");
        continue;
      }
      const name = typeof key.value === "string" ? key.value : (key.source ?? String(key.value));
      const value = this.convert(pair.value as Node | null, keyPosition);
      if (name === "<<" && key.type === "PLAIN") {
        this.mergeInto(merged, value, keyPosition);
      } else if (own.has(name)) {
        this.mistake(keyPosition, `key "${name}" is given twice`);
      } else {
        own.set(name, { key: name, keyPosition, value });
      }
    }
    return [...own.values(), ...[...merged.values()].filter((entry) => !own.has(entry.key))];
  }

  private mergeInto(merged: Map<string, YamlEntry>, value: YamlNode, position: Position): void {
    const sources = value.kind === "list" ? value.items : [value];
    for (const source of sources) {
      if (source.kind !== "map") {
        this.mistake(position, "a merge key (<<) takes a mapping or a list of mappings");
        continue;
      }
      for (const entry of source.entries) if (!merged.has(entry.key)) merged.set(entry.key, entry);
    }
  }

  private mistake(position: Position, message: string): void {
    this.mistakes.push({ position, message });
  }
}

function nullScalar(position: Position): YamlScalar {
  return { kind: "scalar", position, value: null, text: "", quoted: false };
}
