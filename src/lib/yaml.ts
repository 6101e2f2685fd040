import {
  type Alias,
  type CollectionTag,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Node,
  parseDocument,
  type Scalar,
  type ScalarTag,
  type YAMLMap,
  type YAMLParseError,
  type YAMLSeq,
  type YAMLWarning,
} from "yaml";
import type { Position } from "./diagnostic.ts";
import { limits } from "./limits.ts";
import { TextPlaces } from "./text-places.ts";
import { refusedText } from "./yaml-text.ts";

/**
 * YAML as a plain tree with positions. Aliases and merge keys (`<<`) are already resolved; scalars keep the text they
 * were written with, because `0644`, `22:22` or `1.10` mean different things to different readers.
 */
export type YamlNode = YamlMap | YamlList | YamlScalar;

interface YamlTagged {
  /** One of the tags that the caller allows, `!reset`. */
  readonly tag?: string;
}

export interface YamlMap extends YamlTagged {
  readonly kind: "map";
  readonly position: Position;
  readonly entries: readonly YamlEntry[];
}

export interface YamlEntry {
  readonly key: string;
  readonly keyPosition: Position;
  readonly value: YamlNode;
}

export interface YamlList extends YamlTagged {
  readonly kind: "list";
  readonly position: Position;
  readonly items: readonly YamlNode[];
}

export interface YamlScalar extends YamlTagged {
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

/** Larger trees are refused, so that aliases cannot blow up a small file. */
const maxNodes = limits.yamlValues.most;
/** Everything that walks a tree does so by recursion. */
const maxDepth = limits.yamlDepth.most;

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
 * @param tags tags of the document's own that a value may have; any other is a mistake
 * @returns all mistakes with their positions, and the tree; it is absent for an empty document, for one that cannot be
 *   parsed and for one that is too large, and holds `null` in place of values that are mistaken
 */
export function parseYaml(
  text: string,
  file: string,
  tags: readonly string[] = [],
): { root?: YamlNode; mistakes: readonly YamlMistake[] } {
  const refusal = refusedText(text, file);
  if (refusal !== undefined) return { mistakes: [refusal] };
  const document = parseDocument(text, {
    uniqueKeys: false,
    merge: false,
    // Each excerpt would be searched from the start of the text.
    prettyErrors: false,
    customTags: (known) => [octalInteger, ...known, ...tags.flatMap(bareTags)],
  });
  const places = new TextPlaces(text);
  const at = (start: number, end = start): Position => {
    const lineEnd = places.endOfLine(start);
    const length = Math.min(end, lineEnd) - start;
    return { file, ...places.placeOf(start), ...(length > 0 ? { length } : {}) };
  };
  const problems = [...document.errors, ...document.warnings];
  const exhausted = problems.filter((error) => error.message.includes(stackExhausted));
  const mistakes = (exhausted.length > 0 ? exhausted.slice(0, 1) : problems).map((error) => ({
    position: at(error.pos[0]),
    message: toMessage(error),
  }));
  if (mistakes.length > 0 || document.contents === null) return { mistakes: mistakes.slice(0, maxMistakes) };
  const converter = new Converter(at, new Set(tags));
  const root = converter.convert(document.contents as Node);
  return { ...(converter.isComplete ? { root } : {}), mistakes: converter.mistakes };
}

/** A tag that leaves the value as it is; a plain scalar is a text, or null. */
function bareTags(tag: string): (ScalarTag | CollectionTag)[] {
  return [
    { tag, resolve: (text: string) => (/^(?:null|Null|NULL|~|)$/.test(text) ? null : text) },
    { tag, collection: "map" },
    { tag, collection: "seq" },
  ];
}

/** One broken bracket can be reported by everything after it. */
const maxMistakes = 20;

/** How the parser reports that it was nested too deeply for its stack. */
const stackExhausted = "Maximum call stack size exceeded";

/** The parser's own words, first line, without the position that we print ourselves. */
function toMessage(error: YAMLParseError | YAMLWarning): string {
  if (error.code === "MULTIPLE_DOCS") return "a file holds one document: remove the second ---";
  if (error.message.includes(stackExhausted)) return "values are nested too deeply";
  return (error.message.split("\n")[0] ?? error.message).replace(/ at line \d+, column \d+:?$/, "");
}

class Converter {
  readonly mistakes: YamlMistake[] = [];
  /** False once a limit has cut values off. */
  isComplete = true;
  private count = 0;
  private depth = 0;
  private readonly at: (start: number, end?: number) => Position;
  /** The node that an anchor names at this point of the document; a later anchor of the same name replaces it. */
  private readonly anchors = new Map<string, Node>();
  /** What anchored nodes were converted to, and how many values that is; absent while a node is open. */
  private readonly anchored = new Map<Node, { readonly value: YamlNode; readonly size: number }>();

  private readonly tags: ReadonlySet<string>;

  constructor(at: (start: number, end?: number) => Position, tags: ReadonlySet<string>) {
    this.at = at;
    this.tags = tags;
  }

  convert(node: Node | null | undefined, fallback?: Position): YamlNode {
    const position = node?.range ? this.at(node.range[0], node.range[1]) : (fallback ?? this.at(0));
    if (isAlias(node)) return this.convertAlias(node, position);
    const before = this.count;
    if (!this.admit(1, position)) return nullScalar(position);
    if (!node?.anchor) return this.convertTagged(node, position);
    this.anchors.set(node.anchor, node);
    const value = this.convertTagged(node, position);
    this.anchored.set(node, { value, size: this.count - before });
    return value;
  }

  private convertTagged(node: Node | null | undefined, position: Position): YamlNode {
    const value = this.convertContent(node, position);
    const tag = isNode(node) ? node.tag : undefined;
    return tag !== undefined && this.tags.has(tag) ? { ...value, tag } : value;
  }

  private convertContent(node: Node | null | undefined, position: Position): YamlNode {
    if (isScalar(node)) return this.convertScalar(node, position);
    if (!isMap(node) && !isSeq(node)) return nullScalar(position);
    this.depth++;
    const value = this.convertCollection(node, position);
    this.depth--;
    return value;
  }

  private convertCollection(node: YAMLMap | YAMLSeq, position: Position): YamlNode {
    if (this.depth > maxDepth) {
      this.mistake(position, `values are nested deeper than ${maxDepth} levels`);
      this.isComplete = false;
      return nullScalar(position);
    }
    if (isMap(node)) return { kind: "map", position, entries: this.convertEntries(node, position) };
    return {
      kind: "list",
      position,
      items: node.items.map((item) => this.convert(item as Node, position)),
    };
  }

  private convertScalar(node: Scalar, position: Position): YamlNode {
    const value = typeof node.value === "bigint" ? Number(node.value) : node.value;
    if (value !== null && typeof value === "object") {
      this.mistake(position, `a value with the tag ${node.tag} has no meaning here`);
      return nullScalar(position);
    }
    const isText = node.tag === "tag:yaml.org,2002:str";
    const quoted = isText || (node.type !== undefined && node.type !== "PLAIN");
    const plain = value as YamlScalar["value"];
    const text = quoted ? String(plain) : (node.source ?? "");
    return { kind: "scalar", position, value: plain, text, quoted };
  }

  /** An alias is the value of its anchor, shared; its size counts again, so that nesting cannot blow up. */
  private convertAlias(alias: Alias, position: Position): YamlNode {
    const target = this.anchors.get(alias.source);
    if (!target) {
      this.mistake(position, `alias "*${alias.source}" has no anchor before it`);
      return nullScalar(position);
    }
    const known = this.anchored.get(target);
    if (!known) {
      this.mistake(position, `alias "*${alias.source}" contains itself`);
      return nullScalar(position);
    }
    return this.admit(known.size, position) ? known.value : nullScalar(position);
  }

  /** Whether so many more values fit; the first that does not is reported. */
  private admit(values: number, position: Position): boolean {
    this.count += values;
    if (this.count <= maxNodes) return true;
    if (this.isComplete)
      this.mistake(position, `document has more than ${maxNodes} values (aliases counted)`);
    this.isComplete = false;
    return false;
  }

  /** Own keys win over merged ones, earlier merge sources over later ones (https://yaml.org/type/merge.html). */
  private convertEntries(node: { items: unknown[] }, position: Position): YamlEntry[] {
    const own = new Map<string, YamlEntry>();
    const merged = new Map<string, YamlEntry>();
    for (const pair of node.items as { key: unknown; value: unknown }[]) {
      const keyNode = pair.key as Node | null;
      const keyPosition = keyNode?.range ? this.at(keyNode.range[0], keyNode.range[1]) : position;
      const key = isAlias(keyNode) ? this.anchors.get(keyNode.source) : keyNode;
      if (key?.anchor && key === keyNode) this.anchorKey(key, keyPosition);
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

  private anchorKey(key: Node, position: Position): void {
    if (key.anchor) this.anchors.set(key.anchor, key);
    this.anchored.set(key, { value: this.convertContent(key, position), size: 1 });
  }

  /** What is found behind a cut is no finding about the text. */
  private mistake(position: Position, message: string): void {
    if (this.isComplete) this.mistakes.push({ position, message });
  }
}

function nullScalar(position: Position): YamlScalar {
  return { kind: "scalar", position, value: null, text: "", quoted: false };
}
