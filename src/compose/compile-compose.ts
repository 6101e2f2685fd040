import {
  type Diagnostic,
  DiagnosticSink,
  type Parsed,
  type Position,
  sortDiagnostics,
} from "../lib/diagnostic.ts";
import type { YamlMap, YamlNode } from "../lib/yaml.ts";
import { readText } from "../lib/yaml-read.ts";
import type { CompileContext, CompiledManifest } from "../model/compile.ts";
import type { WorkloadSpec } from "../model/workload.ts";
import { finishService, readService, type ServiceDraft } from "./compile-service.ts";
import { declareFiles } from "./file-resources.ts";
import { isInterpolationCode } from "./interpolate.ts";
import { readKeys } from "./key-table.ts";
import { loadStack, startLoading } from "./load-model.ts";
import { decodeUtf8, type LoadScope, type RepositoryText } from "./load-scope.ts";
import { declareNetworks } from "./networks.ts";
import { activeProfiles } from "./profiles.ts";
import type { ComposeProject } from "./project.ts";
import type { SectionScope } from "./resource-keys.ts";
import { declareServices } from "./services.ts";
import { type FileReading, topLevelKeys } from "./top-level-keys.ts";
import { declareVolumes } from "./volumes.ts";

/**
 * Compiles one stack (https://github.com/compose-spec/compose-spec/blob/main/spec.md) as Compose v2 reads it. Whatever
 * is not supported is an error at its place, never ignored; all mistakes are reported at once.
 *
 * @param path the main file in the repository
 * @param stack the project's name, from the name of the file or its folder
 * @param overrides paths of files that are laid over it
 * @returns no value when there are errors
 */
export function compileCompose(
  path: string,
  text: string,
  stack: string,
  context: CompileContext,
  overrides: readonly string[] = [],
): Parsed<CompiledManifest> {
  const sink = new DiagnosticSink();
  const load = startLoading(context, sink);
  const files = [{ path, text }, ...overrides.flatMap((other) => readOverride(other, load) ?? [])];
  const loaded = loadStack(files, stack, load);
  const scope: FileScope = {
    path,
    stack,
    sink,
    context: loaded ? { ...context, variables: loaded.variables } : context,
    usedPaths: new Set([...load.usedPaths, ...overrides]),
  };
  const value = loaded && compileModel(loaded.model, scope);
  const first = sink.diagnostics.filter(
    ({ position, code }) => isFirstCause(code) || !load.broken.has(position),
  );
  const diagnostics = withoutRepeats(sortDiagnostics(first));
  return sink.hasErrors || !value ? { diagnostics } : { value, diagnostics };
}

function readOverride(path: string, { context, sink }: LoadScope): RepositoryText | undefined {
  const text = decodeUtf8(context.tree.get(path)?.content ?? new Uint8Array());
  if (text !== undefined) return { path, text };
  sink.error(
    { file: path, line: 1, column: 1 },
    "not-text",
    "the file is not UTF-8 text",
    "save it as UTF-8",
  );
  return undefined;
}

/** Mistakes in the text itself; whatever else is found at their places follows from them. */
function isFirstCause(code: string): boolean {
  return code === "yaml" || isInterpolationCode(code);
}

type FileScope = Pick<ComposeProject, "path" | "stack" | "context" | "sink" | "usedPaths">;

function compileModel(model: YamlMap, scope: FileScope): CompiledManifest {
  const { path, sink } = scope;
  const start: Position = { file: path, line: 1, column: 1 };
  const file: FileReading = { sink, sections: new Map() };
  readKeys(model, topLevelKeys, "", file);
  checkName(file, scope, start);
  const project = declareProject(file, scope);
  const workloads = compileServices(file.sections.get("services"), project);
  if (project.services.size + project.networks.size + project.volumes.size === 0) {
    sink.error(start, "empty-file", "the file declares no service, network or volume", "write services:");
  }
  return toManifest(project, workloads);
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
  const project: ComposeProject = {
    ...scope,
    services: declareServices(file.sections.get("services"), activeProfiles(scope.context), scope.sink),
    networks: declareNetworks(file.sections.get("networks"), section("networks")),
    volumes: declareVolumes(file.sections.get("volumes"), section("volumes")),
    configs: new Map(),
    secrets: new Map(),
    fileSets: new Map(),
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
