import {
  type Diagnostic,
  DiagnosticSink,
  type Parsed,
  type Position,
  sortDiagnostics,
} from "../lib/diagnostic.ts";
import { parseYaml, type YamlMap, type YamlNode } from "../lib/yaml.ts";
import { isNull, readMap, readText } from "../lib/yaml-read.ts";
import type { CompileContext, CompiledManifest } from "../model/compile.ts";
import type { WorkloadSpec } from "../model/workload.ts";
import { finishService, readService, type ServiceDraft } from "./compile-service.ts";
import { declareFiles } from "./file-resources.ts";
import { interpolateTree, isInterpolationCode, type TreeInterpolation } from "./interpolate.ts";
import { readKeys } from "./key-table.ts";
import { declareNetworks } from "./networks.ts";
import type { ComposeProject } from "./project.ts";
import type { SectionScope } from "./resource-keys.ts";
import { declareServices } from "./services.ts";
import { type FileReading, topLevelKeys } from "./top-level-keys.ts";
import { declareVolumes } from "./volumes.ts";

/**
 * Compiles one compose file (https://github.com/compose-spec/compose-spec/blob/main/spec.md) as Compose v2 reads it.
 * Whatever is not supported is an error at its place, never ignored; all mistakes of the file are reported at once.
 *
 * @param path the file in the repository
 * @param stack the project's name, from the name of the file or its folder
 * @returns no value when there are errors
 */
export function compileCompose(
  path: string,
  text: string,
  stack: string,
  context: CompileContext,
): Parsed<CompiledManifest> {
  const sink = new DiagnosticSink();
  const broken = new Set<Position>();
  const value = compileFile(text, { path, stack, context, sink, broken });
  const first = sink.diagnostics.filter(({ position, code }) => isFirstCause(code) || !broken.has(position));
  const diagnostics = withoutRepeats(sortDiagnostics(first));
  return sink.hasErrors || !value ? { diagnostics } : { value, diagnostics };
}

/** Mistakes in the text itself; whatever else is found at their places follows from them. */
function isFirstCause(code: string): boolean {
  return code === "yaml" || isInterpolationCode(code);
}

interface FileScope extends Pick<ComposeProject, "path" | "stack" | "context" | "sink"> {
  readonly broken: Set<Position>;
}

function compileFile(text: string, scope: FileScope): CompiledManifest | undefined {
  const { path, sink } = scope;
  const start: Position = { file: path, line: 1, column: 1 };
  const { root, mistakes } = parseYaml(text, path);
  for (const { position, message } of mistakes) {
    sink.error(position, "yaml", message);
    scope.broken.add(position);
  }
  if (!root && mistakes.length > 0) return undefined;
  if (!root || isNull(root)) {
    sink.error(start, "empty-file", "the file is empty", "write services:, or delete the file");
    return undefined;
  }
  const map = readMap(root, "a compose file", sink);
  if (!map) return undefined;
  const file: FileReading = { sink, sections: new Map() };
  readKeys(interpolateFile(map, scope), topLevelKeys, "", file);
  checkName(file, scope, start);
  const project = declareProject(file, scope);
  const workloads = compileServices(file.sections.get("services"), project);
  if (project.services.size + project.networks.size + project.volumes.size === 0) {
    sink.error(start, "empty-file", "the file declares no service, network or volume", "write services:");
  }
  return toManifest(project, workloads);
}

/** Extensions (`x-…`) are interpolated only where an anchor brings them into something that is read. */
function interpolateFile(map: YamlMap, { context, sink, broken }: FileScope): YamlMap {
  const scope: TreeInterpolation = { variables: context.variables, sink, broken, done: new Map() };
  const entries = map.entries.map((entry) => {
    if (entry.key.startsWith("x-")) return entry;
    const isService = entry.key === "services" && entry.value.kind === "map";
    const value = isService ? interpolateServices(entry.value, scope) : interpolateTree(entry.value, scope);
    return { ...entry, value };
  });
  return { ...map, entries };
}

function interpolateServices(services: YamlNode, scope: TreeInterpolation): YamlNode {
  if (services.kind !== "map") return services;
  const entries = services.entries.map((service) => {
    if (service.value.kind !== "map") return { ...service, value: interpolateTree(service.value, scope) };
    const keys = service.value.entries.map((entry) => {
      const isFree = entry.key.startsWith("x-") && entry.key !== "x-job";
      return isFree ? entry : { ...entry, value: interpolateTree(entry.value, scope) };
    });
    return { ...service, value: { ...service.value, entries: keys } };
  });
  return { ...services, entries };
}

function checkName(file: FileReading, { stack, sink }: FileScope, start: Position): void {
  if (!/^[a-z0-9][a-z0-9_-]*$/.test(stack)) {
    const hint = "name the file or folder with lowercase letters, digits, - and _";
    sink.error(start, "bad-stack-name", `"${stack}" cannot be the name of a stack`, hint);
  }
  const node = file.sections.get("name");
  const name = node && readText(node, "name", sink);
  if (!node || name === undefined || name === stack) return;
  const hint = `remove name, or rename the file to ${name}.compose.yaml`;
  sink.error(node.position, "stack-name", `name "${name}" differs from the stack's name "${stack}"`, hint);
}

function declareProject(file: FileReading, scope: FileScope): ComposeProject {
  const section = (name: SectionScope["section"]): SectionScope => ({
    section: name,
    stack: scope.stack,
    sink: scope.sink,
  });
  const { path, stack, context, sink } = scope;
  const project: ComposeProject = {
    path,
    stack,
    context,
    sink,
    services: declareServices(file.sections.get("services"), scope.sink),
    networks: declareNetworks(file.sections.get("networks"), section("networks")),
    volumes: declareVolumes(file.sections.get("volumes"), section("volumes")),
    configs: new Map(),
    secrets: new Map(),
    fileSets: new Map(),
    usedPaths: new Set(),
  };
  const configs = declareFiles(file.sections.get("configs"), section("configs"), project);
  const secrets = declareFiles(file.sections.get("secrets"), section("secrets"), project);
  return Object.assign(project, { configs, secrets });
}

function compileServices(services: YamlNode | undefined, project: ComposeProject): readonly WorkloadSpec[] {
  if (services?.kind !== "map") return [];
  const drafts = services.entries.flatMap((entry): readonly ServiceDraft[] => {
    if (!project.services.get(entry.key)?.enabled) return [];
    const draft = readService(entry, project);
    return draft ? [draft] : [];
  });
  const awaited = new Set(
    drafts.flatMap(({ reading }) =>
      [...reading.dependencies].flatMap(([name, { condition }]) => (condition === "completed" ? [name] : [])),
    ),
  );
  return drafts.map((draft) => finishService(draft, awaited.has(draft.reading.name)));
}

function toManifest(project: ComposeProject, workloads: readonly WorkloadSpec[]): CompiledManifest {
  const declared = [...project.networks].filter(([key]) => key !== "default").map(([, network]) => network);
  const implied = project.defaultNetwork ? [project.defaultNetwork] : [];
  return {
    workloads,
    networks: [...implied, ...declared],
    volumes: [...project.volumes.values()],
    fileSets: [...project.fileSets.values()],
    usedPaths: [...project.usedPaths].sort(),
  };
}

/** What an anchor shares is read more than once, but reported once. */
function withoutRepeats(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const seen = new Set<string>();
  return diagnostics.filter(({ position, code, message }) => {
    const key = JSON.stringify([position.file, position.line, position.column, code, message]);
    return !seen.has(key) && seen.add(key);
  });
}
