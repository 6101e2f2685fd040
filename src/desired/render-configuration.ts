import { type Diagnostic, DiagnosticSink } from "../lib/diagnostic.ts";
import type { Environment } from "../model/environment.ts";
import type { ImagePolicy } from "../model/image-policy.ts";
import type { ManifestTree } from "../model/manifest-tree.ts";
import { type RenderedTree, renderTree, unrenderedPlace } from "../render/render-tree.ts";
import { type ChosenEnvironment, chooseEnvironment } from "./choose-environment.ts";
import type { RunInputs } from "./run-inputs.ts";
import { defaultSettings, parseSettings, type Settings, settingsPath } from "./settings-file.ts";
import { decodeText } from "./text.ts";
import { type ResolvedValues, resolveValues } from "./values.ts";

/** The files of one revision as one environment reads them, before any manifest is compiled. */
export interface RenderedConfiguration {
  /** Absent when they cannot be read. */
  readonly settings: Settings | undefined;
  /** Absent when none could be chosen. */
  readonly environment: Environment | undefined;
  /** Which images that environment may run. */
  readonly images: ImagePolicy | undefined;
  readonly values: ResolvedValues | undefined;
  readonly rendered: RenderedTree;
  /** What must not be shown: the secrets, and what templates made of them. Sorted. */
  readonly secretValues: readonly string[];
  /** Of the settings, the environment, the values and the templates. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Settings → environment → values → rendered files. Pure; mistakes do not stop it.
 *
 * @param allowMissingSecrets puts `secret-NAME-is-not-given` in the place of secrets that are not given
 */
export function renderConfiguration(
  tree: ManifestTree,
  inputs: RunInputs,
  allowMissingSecrets: boolean,
): RenderedConfiguration {
  const sink = new DiagnosticSink();
  const settings = readSettingsFile(tree, sink);
  const wish = { name: inputs.environment, branch: inputs.branch };
  const chosen = settings && chooseEnvironment(settings, wish, sink);
  const values =
    settings && chosen ? valuesOf(settings, chosen, inputs, allowMissingSecrets, sink) : undefined;
  const rendered = values
    ? renderTree(tree, values.templateValues, values.secretValues)
    : withoutTemplates(tree);
  const diagnostics = [...sink.diagnostics, ...rendered.diagnostics];
  const { environment, images } = chosen ?? {};
  const secretValues = [...(values?.secretValues ?? []), ...rendered.derivedSecrets].sort();
  return { settings, environment, images, values, rendered, secretValues, diagnostics };
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
  const failedPaths = new Set(
    [...tree.keys()].filter(isTemplate).map((path) => path.slice(0, -".hbs".length)),
  );
  return {
    tree: new Map([...tree].filter(([path]) => !isTemplate(path))),
    diagnostics: [],
    failedPaths,
    secretReaders: new Set(),
    derivedSecrets: [],
    mapPosition: (position) => unrenderedPlace(position, failedPaths),
  };
}
