import { DiagnosticSink } from "../lib/diagnostic.ts";
import type { YamlMap } from "../lib/yaml.ts";
import type { CompileContext } from "../model/compile.ts";
import { checkClientVariables } from "./client-variables.ts";
import { parseEnvFile } from "./env-file.ts";
import { applyExtends } from "./extends.ts";
import { type Include, importModel, readIncludes } from "./include.ts";
import { readKeys } from "./key-table.ts";
import {
  folderOf,
  type LoadScope,
  type ModelScope,
  pathInRepository,
  type RepositoryText,
  repositoryText,
  type WrittenPath,
} from "./load-scope.ts";
import { mergeMaps, withoutResets } from "./merge-nodes.ts";
import { interpolateLayer, parseLayer, startInterpolation } from "./read-layer.ts";
import { rebaseModel } from "./rebase-paths.ts";
import { entryValue } from "./resource-keys.ts";
import { type FileReading, topLevelKeys } from "./top-level-keys.ts";

/** All files of a stack as one tree, and the variables that hold in it. */
export interface LoadedModel {
  readonly model: YamlMap;
  readonly variables: ReadonlyMap<string, string>;
}

/** How many files one stack may read. */
const maxFiles = 500;

export function startLoading(context: CompileContext, sink: DiagnosticSink): LoadScope {
  return {
    context,
    sink,
    broken: new Set(),
    usedPaths: new Set(),
    opened: new Map(),
    budget: { files: maxFiles },
  };
}

/**
 * Reads the files of a stack: variables are replaced, services laid over those that they extend, what is included is
 * added, and then each file is laid over the ones before it. Nothing of what is written is checked here but its form.
 *
 * @param files the main file and those that are laid over it
 */
export function loadStack(
  files: readonly RepositoryText[],
  stack: string,
  scope: LoadScope,
): LoadedModel | undefined {
  const folder = folderOf(files[0]?.path ?? "");
  const run = new Map([["COMPOSE_PROJECT_NAME", stack], ...scope.context.variables]);
  const root: ModelScope = { ...scope, folder, variables: run, chain: [], extended: new Map() };
  const defaults = dotEnv(root);
  const variables = withEnvFiles(defaults, root);
  for (const file of defaults) {
    const own = parseEnvFile({ ...file, format: "compose", variables: run }, new DiagnosticSink());
    checkClientVariables(file, own, stack, scope.sink);
  }
  const model = mergeFiles(files, { ...root, variables });
  return model && { model: withoutResets(model) as YamlMap, variables };
}

function mergeFiles(files: readonly RepositoryText[], scope: ModelScope): YamlMap | undefined {
  const [main] = files;
  const chain = main ? [...scope.chain, main.path] : scope.chain;
  let model: YamlMap | undefined;
  for (const file of files) {
    const parsed = parseLayer(file, scope, file !== main);
    if (!parsed) continue;
    const interpolated = interpolateLayer(parsed, startInterpolation(scope));
    const extended = applyExtends(interpolated, file.path, scope);
    const layer = applyIncludes(extended, { ...scope, chain });
    model = model ? mergeMaps(model, layer, { path: [], sink: scope.sink }) : layer;
  }
  return model;
}

function applyIncludes(model: YamlMap, scope: ModelScope): YamlMap {
  const value = entryValue(model, "include");
  if (!value) return model;
  return readIncludes(value, scope.sink).reduce((before, include) => {
    const imported = loadIncluded(include, scope);
    return imported ? importModel(before, imported, scope.sink) : before;
  }, model);
}

function loadIncluded(include: Include, scope: ModelScope): YamlMap | undefined {
  const files = include.paths.flatMap((path) => repositoryText(path, scope) ?? []);
  const [main] = files;
  const [first] = include.paths;
  if (!main || !first || files.length < include.paths.length) return undefined;
  if (scope.chain.includes(main.path)) {
    const message = `files include one another in a circle: ${[...scope.chain, main.path].join(" includes ")}`;
    scope.sink.error(first.position, "include-cycle", message, "move what they share into a file of its own");
    return undefined;
  }
  const folder = include.projectDirectory
    ? pathInRepository(include.projectDirectory, scope)
    : folderOf(main.path);
  if (folder === undefined) return undefined;
  const own = { ...scope, folder, extended: new Map() };
  const envFiles = include.envFiles?.flatMap((path) => repositoryText(path, scope) ?? []) ?? dotEnv(own);
  const model = mergeFiles(files, { ...own, variables: withEnvFiles(envFiles, scope) });
  if (!model) return undefined;
  checkKeys(model, scope);
  return rebaseModel(model, folder, scope.folder);
}

/** The sections themselves are read where they are included. */
function checkKeys(model: YamlMap, { sink }: ModelScope): void {
  const reading: FileReading = { sink, sections: new Map() };
  readKeys(model, topLevelKeys, "", reading);
}

/** `.env` in the folder of a model, when there is one. */
function dotEnv(scope: ModelScope): readonly RepositoryText[] {
  const path = scope.folder === "" ? ".env" : `${scope.folder}/.env`;
  if (!scope.context.tree.has(path)) return [];
  const written: WrittenPath = { text: ".env", position: { file: path, line: 1, column: 1 } };
  const text = repositoryText(written, scope);
  return text ? [text] : [];
}

/** Environment files have defaults: what is known already wins, later files over earlier ones. */
function withEnvFiles(
  files: readonly RepositoryText[],
  { variables, sink }: ModelScope,
): ReadonlyMap<string, string> {
  const defaults = new Map<string, string>();
  for (const { path, text } of files) {
    const known = new Map([...defaults, ...variables]);
    const values = parseEnvFile({ path, text, format: "compose", variables: known }, sink);
    for (const [name, value] of values) defaults.set(name, value);
  }
  return new Map([...defaults, ...variables]);
}
