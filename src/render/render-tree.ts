import { type Diagnostic, DiagnosticSink, type Parsed, type Position } from "../lib/diagnostic.ts";
import type { ManifestFile, ManifestTree } from "../model/manifest-tree.ts";
import { checkTemplate } from "./check-template.ts";
import type { Dialect } from "./helpers.ts";
import { parseTemplate, type Template } from "./parse-template.ts";
import { PositionMapper, type SourceMap } from "./rendered-text.ts";
import { SecretTrace } from "./secret-trace.ts";
import { renderTemplate } from "./template-engine.ts";
import type { TemplateMap } from "./template-value.ts";

const suffix = ".hbs";
const unitsFolder = "units/";
const templatesFolder = "templates/";

export interface RenderedTree {
  /** The tree with `units/**` templates replaced by what they render to; other files are the same objects. */
  readonly tree: ManifestTree;
  readonly diagnostics: readonly Diagnostic[];
  /** Paths (without `.hbs`) that could not be rendered and so are not in the tree. */
  readonly failedPaths: ReadonlySet<string>;
  /** Paths (without `.hbs`) of what would be another text with other secrets: rendering looked at them. */
  readonly secretReaders: ReadonlySet<string>;
  /** What helpers made of secrets; to be masked as the secrets themselves. Sorted. */
  readonly derivedSecrets: readonly string[];
  /** The template's own place for a place in a rendered file; any other place stays as it is. */
  mapPosition(position: Position): Position;
}

/**
 * Renders every `*.hbs` file below `units/` with the values; partials are the `*.hbs` files below `templates/`, named
 * by their path there without the suffix.
 *
 * @param secretValues texts below `secrets` in the values that are masked wherever they show up
 */
export function renderTree(
  tree: ManifestTree,
  values: TemplateMap,
  secretValues: readonly string[] = [],
): RenderedTree {
  const sink = new DiagnosticSink();
  const partials = readPartials(tree, sink);
  const rendered = new Map<string, ManifestFile>();
  const mappers = new Map<string, PositionMapper>();
  const failedPaths = new Set<string>();
  const secretReaders = new Set<string>();
  const derived = new Set<string>();
  for (const file of tree.values()) {
    if (!isTemplate(file.path, unitsFolder)) {
      rendered.set(file.path, file);
      continue;
    }
    const path = file.path.slice(0, -suffix.length);
    const trace = new SecretTrace(values, secretValues);
    const result = tree.has(path)
      ? refuseDuplicate(file.path, path)
      : renderFile(file, path, partials, { values, trace });
    sink.addAll(result.diagnostics);
    if (trace.hasRead) secretReaders.add(path);
    for (const text of trace.derived) derived.add(text);
    if (result.value) {
      rendered.set(path, {
        path,
        content: new TextEncoder().encode(result.value.text),
        executable: file.executable,
      });
      mappers.set(path, new PositionMapper(result.value, startOf(file.path)));
    } else if (!tree.has(path)) {
      failedPaths.add(path);
    }
  }
  return {
    tree: rendered,
    diagnostics: uniqueDiagnostics(sink.diagnostics),
    failedPaths,
    secretReaders,
    derivedSecrets: [...derived].sort(),
    mapPosition: (position) =>
      mappers.get(position.file)?.find(position) ?? unrenderedPlace(position, failedPaths),
  };
}

/** What is said of a file that could not be rendered is said of its template. */
export function unrenderedPlace(position: Position, failedPaths: ReadonlySet<string>): Position {
  return failedPaths.has(position.file) ? startOf(position.file + suffix) : position;
}

interface Partials {
  /** All of them, broken ones too. */
  readonly names: ReadonlySet<string>;
  readonly sound: ReadonlyMap<string, Template>;
}

/** Everything below `templates/` is checked, whether or not a unit includes it. */
function readPartials(tree: ManifestTree, sink: DiagnosticSink): Partials {
  const files = [...tree.values()].filter((file) => isTemplate(file.path, templatesFolder));
  const names = new Set(files.map((file) => file.path.slice(templatesFolder.length, -suffix.length)));
  const sound = new Map<string, Template>();
  for (const file of files) {
    const { value, diagnostics } = readTemplate(file, names);
    sink.addAll(diagnostics);
    if (value) sound.set(file.path.slice(templatesFolder.length, -suffix.length), value);
  }
  return { names, sound };
}

function renderFile(
  file: ManifestFile,
  path: string,
  partials: Partials,
  given: { readonly values: TemplateMap; readonly trace: SecretTrace },
): Parsed<SourceMap> {
  const template = readTemplate(file, partials.names);
  if (!template.value) return { diagnostics: template.diagnostics };
  return renderTemplate(template.value, { ...given, partials: partials.sound, dialect: dialectOf(path) });
}

/** Decoded, parsed and checked; absent when anything is wrong with it. */
function readTemplate(file: ManifestFile, partials: ReadonlySet<string>): Parsed<Template> {
  const sink = new DiagnosticSink();
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(file.content);
  } catch {
    sink.error(startOf(file.path), "not-text", "a template must be UTF-8 text");
    return { diagnostics: sink.diagnostics };
  }
  const parsed = parseTemplate(text, file.path);
  if (!parsed.value) return parsed;
  checkTemplate(parsed.value, partials, sink);
  return sink.hasErrors ? { diagnostics: sink.diagnostics } : parsed;
}

function refuseDuplicate(templatePath: string, path: string): Parsed<SourceMap> {
  const sink = new DiagnosticSink();
  const message = `"${path}" exists both as it is and as a template`;
  sink.error(startOf(templatePath), "duplicate-file", message, `remove ${path} or ${templatePath}`);
  return { diagnostics: sink.diagnostics };
}

function isTemplate(path: string, folder: string): boolean {
  return path.startsWith(folder) && path.endsWith(suffix) && path.length > folder.length + suffix.length;
}

/** Compose files have variables of their own, unit files command lines; in other files anything may stand. */
function dialectOf(path: string): Dialect {
  if (/\.(?:service|timer)$|(?:\/|\.)(?:service|timer)\.d\/[^/]+\.conf$/.test(path)) return "unit";
  return /(?:^|[./-])compose(?:\.override)?\.ya?ml$/.test(path) ? "compose" : "file";
}

function startOf(file: string): Position {
  return { file, line: 1, column: 1 };
}

/** A mistake in a partial shows up once, however many units include it. */
function uniqueDiagnostics(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const byText = new Map(diagnostics.map((diagnostic) => [JSON.stringify(diagnostic), diagnostic]));
  return [...byText.values()];
}
