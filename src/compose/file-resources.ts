import type { Position } from "../lib/diagnostic.ts";
import { didYouMean } from "../lib/suggest.ts";
import type { YamlNode } from "../lib/yaml.ts";
import { readText } from "../lib/yaml-read.ts";
import type { CompileContext } from "../model/compile.ts";
import { type KeyTable, type Reading, readKeys, withoutEffect } from "./key-table.ts";
import { type ComposeProject, type DeclaredFile, selectRepositoryFiles } from "./project.ts";
import { readSection, type SectionScope, swarmOnly } from "./resource-keys.ts";
import { readFlag } from "./scalars.ts";

/** Configs and secrets: single files that are delivered into containers. */

type FileSource = "file" | "content" | "environment";

interface FileReading extends Reading {
  readonly sources: { readonly key: FileSource; readonly text: string; readonly position: Position }[];
  external?: Position;
}

function source(doc: string, key: FileSource): KeyTable<FileReading>[string] {
  return {
    doc,
    read: (value, reading, what) => {
      const text = readText(value, what, reading.sink);
      if (text !== undefined) reading.sources.push({ key, text, position: value.position });
    },
  };
}

const sharedKeys: KeyTable<FileReading> = {
  file: source(
    "File of the repository, relative to this one; an absolute path is mounted from the host.",
    "file",
  ),
  environment: source("Name of the value or secret that is the content.", "environment"),
  external: {
    doc: "Only false: an Engine has no store for configs and secrets.",
    read: (value, reading, what) => {
      if (readFlag(value, what, reading.sink)) reading.external = value.position;
    },
  },
  name: withoutEffect("Name in a Swarm's store; no effect on an Engine.", readText),
  labels: swarmOnly("remove labels"),
  driver: swarmOnly("use file or environment"),
  driver_opts: swarmOnly("use file or environment"),
  template_driver: swarmOnly("put a .hbs template into units/ and let it be rendered"),
};

/** Keys of a config (Compose specification, "configs top-level element"). */
export const configKeys: KeyTable<FileReading> = {
  ...sharedKeys,
  content: source("The content itself.", "content"),
};

/** Keys of a secret (Compose specification, "secrets top-level element"). */
export const secretKeys: KeyTable<FileReading> = {
  ...sharedKeys,
  content: {
    refused: "a secret in the repository would be no secret",
    hint: "declare the name under secrets in mysysconfig.yaml and write environment: NAME",
  },
};

/** All declared configs or secrets by key. */
export function declareFiles(
  section: YamlNode | undefined,
  scope: SectionScope,
  project: ComposeProject,
): ReadonlyMap<string, DeclaredFile> {
  const files = new Map<string, DeclaredFile>();
  for (const { key, position, map, what } of readSection(section, scope)) {
    const reading: FileReading = { sink: scope.sink, sources: [] };
    const before = scope.sink.diagnostics.length;
    readKeys(map, scope.section === "configs" ? configKeys : secretKeys, what, reading);
    const isRead = scope.sink.diagnostics.length === before;
    files.set(key, isRead ? toFile({ what, position, reading }, project) : { kind: "broken" });
  }
  return files;
}

interface Declaration {
  readonly what: string;
  readonly position: Position;
  readonly reading: FileReading;
}

function toFile({ what, position, reading }: Declaration, project: ComposeProject): DeclaredFile {
  const [first, second] = reading.sources;
  if (reading.external) {
    const hint = "an Engine has no store for it: write file: or environment: instead";
    reading.sink.error(
      reading.external,
      "external-file",
      `${what} is external, which only a Swarm has`,
      hint,
    );
  } else if (!first) {
    reading.sink.error(position, "no-content", `${what} has no content`, "write file: or environment:");
  } else if (second) {
    const message = `${what} has its content from "${first.key}" and "${second.key}"`;
    reading.sink.error(second.position, "contradiction", message, "write only one of the two");
  } else if (first.key === "content") {
    return { kind: "content", content: new TextEncoder().encode(first.text) };
  } else if (first.key === "environment") {
    return fromVariable(first, project);
  } else if (first.text.startsWith("/")) {
    return { kind: "host", path: first.text };
  } else {
    return fromRepository(first, what, project);
  }
  return { kind: "broken" };
}

interface TextSource {
  readonly text: string;
  readonly position: Position;
}

function fromVariable({ text: name, position }: TextSource, project: ComposeProject): DeclaredFile {
  const value = project.context.variables.get(name);
  if (value !== undefined) return { kind: "content", content: new TextEncoder().encode(value) };
  const hint = variableHint(name, project.context);
  project.sink.error(position, "unset-variable", `variable "${name}" is not set`, hint);
  return { kind: "broken" };
}

function variableHint(name: string, context: CompileContext): string {
  return (
    didYouMean(name, context.variables.keys()) ?? "declare it under values or secrets in mysysconfig.yaml"
  );
}

function fromRepository({ text, position }: TextSource, what: string, project: ComposeProject): DeclaredFile {
  const selection = selectRepositoryFiles(project, { path: text, position });
  const [file] = selection?.files ?? [];
  if (!selection || !file) return { kind: "broken" };
  if (selection.isFile) return { kind: "content", content: file.content };
  project.sink.error(
    position,
    "not-a-file",
    `${what} takes one file, "${text}" is a folder`,
    "mount the folder under volumes",
  );
  return { kind: "broken" };
}
