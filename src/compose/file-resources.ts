import type { Position } from "../lib/diagnostic.ts";
import { didYouMean } from "../lib/suggest.ts";
import type { YamlMap, YamlNode } from "../lib/yaml.ts";
import { readText } from "../lib/yaml-read.ts";
import type { CompileContext } from "../model/compile.ts";
import { type KeyTable, type RefusedKey, readKeys } from "./key-table.ts";
import { type ComposeProject, type DeclaredFile, selectRepositoryFiles } from "./project.ts";
import {
  entryValue,
  externalKey,
  finishResource,
  nameKey,
  type ResourceReading,
  readSection,
  type SectionScope,
} from "./resource-keys.ts";
import { readRecord } from "./scalars.ts";

/** Configs and secrets: single files that are delivered into containers. */

type FileSource = "file" | "content" | "environment";

interface FileReading extends ResourceReading {
  readonly sources: { readonly key: FileSource; readonly text: string; readonly position: Position }[];
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
    ...externalKey,
    doc: "It is in the Swarm already and never created, changed or removed; an Engine has no store for it.",
  },
  name: { ...nameKey, doc: "Name of an external one; what a file brings is named after its content." },
  labels: {
    doc: "No effect, with a warning: what a file brings bears labels of mysysconfig alone.",
    read: (value, reading, what) => {
      readRecord(value, what, reading.sink);
      reading.sink.warning(value.position, "without-effect", `${what} has no effect`, "remove labels");
    },
  },
  driver: byHand("the content is in a store of its own", "docker secret create --driver"),
  driver_opts: byHand("the content is in a store of its own", "docker secret create --driver"),
  template_driver: byHand(
    "nobody knows the content before a container runs, so that no change of it could be seen",
    "docker config create --template-driver",
    "put a .hbs template into units/ to have it rendered, or ",
  ),
};

function byHand(reason: string, command: string, before = ""): RefusedKey {
  return { refused: reason, hint: `${before}make it by ${command} and write external: true` };
}

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
    const isRead = readKeys(map, scope.section === "configs" ? configKeys : secretKeys, what, reading);
    const declaration = { key, what, position, map, reading };
    files.set(key, isRead ? toFile(declaration, scope, project) : { kind: "broken" });
  }
  return files;
}

interface Declaration {
  readonly key: string;
  readonly what: string;
  readonly position: Position;
  readonly map: YamlMap;
  readonly reading: FileReading;
}

function toFile(declaration: Declaration, scope: SectionScope, project: ComposeProject): DeclaredFile {
  const { what, position, map, reading } = declaration;
  const [first, second] = reading.sources;
  if (reading.external) {
    if (project.context.target === "swarm") {
      return { kind: "stored", name: finishResource(declaration, reading, scope) };
    }
    const hint = "an Engine has no store for it: write file: or environment: instead";
    const place = entryValue(map, "external")?.position ?? position;
    reading.sink.error(place, "external-file", `${what} is external, which only a Swarm has`, hint);
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
