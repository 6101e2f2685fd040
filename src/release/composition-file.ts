import { DiagnosticSink, hasErrors, type Parsed } from "../lib/diagnostic.ts";
import { stableJson } from "../lib/stable-json.ts";
import { parseYaml, type YamlEntry, type YamlMap, type YamlNode } from "../lib/yaml.ts";
import {
  isNull,
  knownEntries,
  readInteger,
  readList,
  readMap,
  readText,
  readWord,
} from "../lib/yaml-read.ts";
import { parseImageRef } from "../model/image-ref.ts";
import type { Component, Composition } from "./composition.ts";

/** Version of the JSON form; it grows when a reader would have to change. */
const compositionVersion = 1;

/** The composition as a JSON text; equal compositions give equal texts. */
export function compositionJson(composition: Composition): string {
  return `${stableJson({ version: compositionVersion, ...composition }, 2)}\n`;
}

/**
 * Reads what `compositionJson` has written, perhaps edited by hand. JSON is YAML, so that every mistake has its place.
 *
 * @param file the name that positions bear
 */
export function parseComposition(text: string, file: string): Parsed<Composition> {
  const sink = new DiagnosticSink();
  const { root, mistakes } = parseYaml(text, file);
  for (const mistake of mistakes) sink.error(mistake.position, "json-syntax", mistake.message);
  if (mistakes.length > 0) return { diagnostics: sink.diagnostics };
  if (root === undefined) {
    sink.error(
      { file, line: 1, column: 1 },
      "wrong-type",
      "the file is empty",
      "write one with mysysconfig composition --json",
    );
    return { diagnostics: sink.diagnostics };
  }
  const map = readMap(root, "the composition", sink);
  const value = map && readComposition(map, sink);
  return hasErrors(sink.diagnostics) || value === undefined
    ? { diagnostics: sink.diagnostics }
    : { value, diagnostics: sink.diagnostics };
}

function readComposition(map: YamlMap, sink: DiagnosticSink): Composition | undefined {
  const keys = ["version", "project", "environment", "revision", "components"] as const;
  const members = new Members(map, keys, "the composition", sink);
  const version = members.node("version");
  const found = version && readInteger(version, "version", sink, 1);
  if (version && found !== undefined && found !== compositionVersion)
    sink.error(
      version.position,
      "wrong-version",
      `version ${found} is not known`,
      `this reads ${compositionVersion}`,
    );
  const [project, environment] = [members.text("project"), members.text("environment")];
  const revisionNode = members.node("revision");
  const revision = revisionNode && readRevision(revisionNode, sink);
  const list = members.node("components");
  const items = list && readList(list, "components", sink);
  const components = (items ?? []).flatMap((item) => readComponent(item, sink) ?? []);
  if (items !== undefined) refuseDuplicates(items, sink);
  if (project === undefined || environment === undefined || revision === undefined) return undefined;
  return { project, environment, revision, components: components.sort((a, b) => (a.key < b.key ? -1 : 1)) };
}

function readRevision(node: YamlNode, sink: DiagnosticSink): Composition["revision"] | undefined {
  const map = readMap(node, "revision", sink);
  if (map === undefined) return undefined;
  const members = new Members(map, ["id"], "revision", sink, ["branch"]);
  const [id, branch] = [members.text("id"), members.text("branch")];
  return id === undefined ? undefined : { id, ...(branch === undefined ? {} : { branch }) };
}

function readComponent(node: YamlNode, sink: DiagnosticSink): Component | undefined {
  const map = readMap(node, "a component", sink);
  if (map === undefined) return undefined;
  const optional = ["tag", "digest", "build", "branch"];
  const members = new Members(map, ["key", "image", "form"], "a component", sink, optional);
  const [key, image, tag] = [members.text("key"), members.text("image"), members.text("tag")];
  const [digest, branch] = [members.text("digest"), members.text("branch")];
  const formNode = members.node("form");
  const form = formNode && readWord(formNode, "form", ["build", "date", "semver", "other"], sink);
  const buildNode = members.node("build");
  const build = buildNode && readInteger(buildNode, "build", sink);
  if (key === undefined || image === undefined || form === undefined) return undefined;
  const reference = `${image}${tag === undefined ? "" : `:${tag}`}${digest === undefined ? "" : `@${digest}`}`;
  const parsed = parseImageRef(reference);
  if (typeof parsed === "string")
    sink.error(node.position, "invalid-image", `"${reference}" is not an image: ${parsed}`);
  return {
    key,
    image,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
    form,
    ...(build === undefined ? {} : { build }),
    ...(branch === undefined ? {} : { branch }),
  };
}

function refuseDuplicates(items: readonly YamlNode[], sink: DiagnosticSink): void {
  const seen = new Set<string>();
  for (const item of items) {
    const key = item.kind === "map" ? item.entries.find((entry) => entry.key === "key")?.value : undefined;
    if (key?.kind !== "scalar") continue;
    if (seen.has(key.text))
      sink.error(key.position, "duplicate-name", `component "${key.text}" is listed twice`);
    seen.add(key.text);
  }
}

/** Members of a mapping: unknown ones and missing ones are mistakes. */
class Members {
  private readonly nodes: ReadonlyMap<string, YamlNode>;
  private readonly sink: DiagnosticSink;
  private readonly what: string;

  constructor(
    map: YamlMap,
    required: readonly string[],
    what: string,
    sink: DiagnosticSink,
    optional: readonly string[] = [],
  ) {
    const isGiven = ({ value }: YamlEntry) => !isNull(value);
    const entries = knownEntries(map, [...required, ...optional], what, sink).filter(isGiven);
    this.nodes = new Map(entries.map(({ key, value }) => [key, value]));
    this.sink = sink;
    this.what = what;
    for (const key of required)
      if (!this.nodes.has(key)) sink.error(map.position, "missing-key", `${what} has no "${key}"`);
  }

  node(key: string): YamlNode | undefined {
    return this.nodes.get(key);
  }

  text(key: string): string | undefined {
    const node = this.nodes.get(key);
    return node && readText(node, `${key} of ${this.what}`, this.sink);
  }
}
