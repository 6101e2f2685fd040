import { emptyMap } from "../desired/value-layer.ts";
import { resolveValues } from "../desired/values.ts";
import { type Diagnostic, DiagnosticSink, type Parsed, type Position } from "../lib/diagnostic.ts";
import { parseTag } from "../model/build-tag.ts";
import type { ManifestFile } from "../model/manifest-tree.ts";
import { renderTree } from "../render/render-tree.ts";
import type { TemplateMap } from "../render/template-value.ts";
import type { ReleaseView } from "./release-view.ts";

/** The names that a submitted template has besides the values that are given. */
const submitNames = ["tag", "build", "image"] as const;

/** What a submitted template is rendered with. */
export interface SubmitValues {
  readonly tag: string;
  /** Name of the own image, without a tag. */
  readonly image?: string | undefined;
  /** Dots separate levels. */
  readonly values: ReadonlyMap<string, string>;
}

export interface RenderedSubmission {
  readonly content: Uint8Array;
  /** The template's own place for a place in the rendered text. */
  readonly mapPosition: (position: Position) => Position;
}

/**
 * Renders a template of a service's repository with the strict engine: `tag`, `build` and `branch` of the
 * build, `image` with its tag, the names that every template has, and the given values. Partials are those
 * of the target repository.
 *
 * @param file the template at its place in the target repository, `units/myservice.service.hbs`
 */
export function renderSubmission(
  file: ManifestFile,
  given: SubmitValues,
  view: ReleaseView,
): Parsed<RenderedSubmission> {
  const sink = new DiagnosticSink();
  const values = valuesOf(file, given, view, sink);
  if (sink.hasErrors) return { diagnostics: sink.diagnostics };
  const templates = [...view.rendered.tree].filter(([path]) => path.startsWith("templates/"));
  const rendered = renderTree(new Map([...templates, [file.path, file]]), values);
  const content = rendered.tree.get(file.path.replace(/\.hbs$/, ""))?.content;
  const { mapPosition } = rendered;
  const diagnostics = rendered.diagnostics.map((item) => withSubmitHint(item, view));
  return content ? { value: { content, mapPosition }, diagnostics } : { diagnostics };
}

/**
 * The settings of the repository give no values to a submitted template, and its secrets are not known here.
 */
function withSubmitHint(diagnostic: Diagnostic, { settings }: ReleaseView): Diagnostic {
  const secret = settings.secrets.find(
    ({ name }) => diagnostic.message === `secret "${name}" is not declared`,
  );
  if (secret) {
    const message = `the value of the secret "${secret.name}" is known in the cluster only`;
    return { ...diagnostic, message, hint: "keep the template with --keep-template" };
  }
  if (diagnostic.code !== "missing-value" || diagnostic.hint?.startsWith("did you mean")) return diagnostic;
  return { ...diagnostic, hint: "give the value when the file is submitted" };
}

function valuesOf(
  file: ManifestFile,
  { tag, image, values }: SubmitValues,
  { environment }: ReleaseView,
  sink: DiagnosticSink,
): TemplateMap {
  const parsed = parseTag(tag);
  const own = new DiagnosticSink();
  const branch = parsed.form === "build" ? parsed.branch : environment.branch;
  const { templateValues } = resolveValues(
    {
      layers: [],
      secrets: [],
      inputs: { variables: values, mountedValues: new Map(), secrets: new Map() },
      builtIns: { project: environment.project, environment: environment.name, branch },
      allowMissingSecrets: true,
    },
    own,
  );
  const start: Position = { file: file.path, line: 1, column: 1 };
  for (const name of submitNames.filter((candidate) => candidate in templateValues)) {
    own.error(start, "reserved-name", `value "${name}": "${name}" is a name of the tool's own`);
  }
  sink.addAll(own.diagnostics.map((diagnostic): Diagnostic => ({ ...diagnostic, position: start })));
  return Object.assign(emptyMap(), templateValues, {
    tag,
    ...(parsed.form === "build" ? { build: `${parsed.build}` } : {}),
    ...(image === undefined ? {} : { image: `${image}:${tag}` }),
  });
}
