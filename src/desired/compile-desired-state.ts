import { type Diagnostic, DiagnosticSink, type Parsed, sortDiagnostics } from "../lib/diagnostic.ts";
import type { DesiredState } from "../model/desired-state.ts";
import { redactValues } from "../model/fingerprint.ts";
import type { ManifestTree } from "../model/manifest-tree.ts";
import type { Revision } from "../model/revision.ts";
import { type RenderedTree, renderTree } from "../render/render-tree.ts";
import { type ChosenEnvironment, chooseEnvironment } from "./choose-environment.ts";
import { compileManifests } from "./compile-manifests.ts";
import { linkManifests } from "./link.ts";
import { mapPositions } from "./map-positions.ts";
import type { RunInputs } from "./run-inputs.ts";
import { defaultSettings, parseSettings, type Settings, settingsPath } from "./settings-file.ts";
import { decodeText } from "./text.ts";
import { type ResolvedValues, resolveValues } from "./values.ts";

export interface CompileOptions {
  /** Puts `<secret NAME>` in the place of secrets that are not given, to check and show without them. */
  readonly allowMissingSecrets: boolean;
  /** The Engine's host name (`%H`). */
  readonly hostName: string;
}

/** No value when there is any error; then nothing may be changed. */
export interface CompiledConfiguration extends Parsed<DesiredState> {
  /** Texts of the files with findings, as they are in the repository, for excerpts. */
  readonly sources: ReadonlyMap<string, string>;
}

/**
 * Compiles the files of one revision for one environment: settings → environment → values → render → compile → link.
 * Synchronous and pure. Mistakes do not stop it, so that those of all files are reported at once.
 */
export function compileDesiredState(
  tree: ManifestTree,
  revision: Revision,
  inputs: RunInputs,
  options: CompileOptions,
): CompiledConfiguration {
  const sink = new DiagnosticSink();
  const settings = readSettingsFile(tree, sink);
  const branch = inputs.branch ?? revision.branch;
  const chosen = settings && chooseEnvironment(settings, { name: inputs.environment, branch }, sink);
  const environment = chosen?.environment;
  const values =
    settings && chosen ? valuesOf(settings, chosen, inputs, options.allowMissingSecrets, sink) : undefined;
  const rendered = values ? renderTree(tree, values.templateValues) : withoutTemplates(tree);
  const compiled = compileManifests(rendered, {
    settings: settings ?? defaultSettings,
    written: tree,
    owner: {
      project: settings?.project ?? defaultSettings.project,
      environment: environment?.name ?? "default",
    },
    images: chosen?.images ?? { own: settings?.ownImages ?? defaultSettings.ownImages },
    variables: values?.variables,
    hostName: options.hostName,
    areInstancesKnown: settings !== undefined,
  });
  const linked = linkManifests(compiled.manifests, compiled.isBroken);
  const secretValues = values?.secretValues ?? [];
  const diagnostics = finishDiagnostics(
    [...sink.diagnostics, ...rendered.diagnostics, ...compiled.diagnostics, ...linked.diagnostics],
    rendered,
    secretValues,
  );
  const sources = sourcesOf(tree, diagnostics);
  if (diagnostics.some(({ severity }) => severity === "error") || !environment || !linked.value)
    return { diagnostics, sources };
  const state = mapPositions(linked.value, rendered.mapPosition);
  return { value: { environment, revision, ...state, secretValues }, diagnostics, sources };
}

function valuesOf(
  settings: Settings,
  { environment, values }: ChosenEnvironment,
  inputs: RunInputs,
  allowMissingSecrets: boolean,
  sink: DiagnosticSink,
): ResolvedValues {
  const { project, name, branch } = environment;
  const given = {
    layers: [settings.values, values],
    secrets: settings.secrets,
    inputs,
    builtIns: { project, environment: name, branch },
    allowMissingSecrets,
  };
  return resolveValues(given, sink);
}

function readSettingsFile(tree: ManifestTree, sink: DiagnosticSink): Settings | undefined {
  const file = tree.get(settingsPath);
  if (!file) return defaultSettings;
  const text = decodeText(file, sink);
  if (text === undefined) return undefined;
  const { value, diagnostics } = parseSettings(text);
  sink.addAll(diagnostics);
  return value;
}

/** Without values no template can be rendered; each counts as failed, with nothing said about it. */
function withoutTemplates(tree: ManifestTree): RenderedTree {
  const isTemplate = (path: string) => path.startsWith("units/") && path.endsWith(".hbs");
  return {
    tree: new Map([...tree].filter(([path]) => !isTemplate(path))),
    diagnostics: [],
    failedPaths: new Set([...tree.keys()].filter(isTemplate).map((path) => path.slice(0, -".hbs".length))),
    mapPosition: (position) => position,
  };
}

/** The repository's own places, no secret in any word, each finding once, in order. */
function finishDiagnostics(
  diagnostics: readonly Diagnostic[],
  rendered: RenderedTree,
  secretValues: readonly string[],
): readonly Diagnostic[] {
  const unique = new Map<string, Diagnostic>();
  for (const diagnostic of diagnostics) {
    const { position, message, hint } = diagnostic;
    const finished = {
      ...diagnostic,
      position: rendered.mapPosition(position),
      message: redactValues(message, secretValues),
      ...(hint === undefined ? {} : { hint: redactValues(hint, secretValues) }),
    };
    unique.set(JSON.stringify(finished), finished);
  }
  return sortDiagnostics([...unique.values()]);
}

function sourcesOf(tree: ManifestTree, diagnostics: readonly Diagnostic[]): ReadonlyMap<string, string> {
  const files = new Set(diagnostics.map((diagnostic) => diagnostic.position.file));
  return new Map(
    [...files].flatMap((path) => {
      const file = tree.get(path);
      return file ? [[path, new TextDecoder().decode(file.content)] as const] : [];
    }),
  );
}
