import { compileCompose } from "../compose/compile-compose.ts";
import { type Diagnostic, DiagnosticSink, hasErrors, type Parsed } from "../lib/diagnostic.ts";
import type { Target } from "../model/actual-state.ts";
import type { CompileContext, CompiledManifest, CompiledTimer } from "../model/compile.ts";
import type { ImagePolicy } from "../model/image-policy.ts";
import type { ManifestFile, ManifestTree } from "../model/manifest-tree.ts";
import type { Owner } from "../model/ownership.ts";
import { baseName } from "../model/repository-files.ts";
import type { RenderedTree } from "../render/render-tree.ts";
import { compileTimer } from "../unit/compile-timer.ts";
import { compileUnit } from "../unit/compile-unit.ts";
import { reportUnusedExceptions } from "./image-exceptions.ts";
import type { IsBroken } from "./link-dependencies.ts";
import { classifyManifests, type ManifestJob, reportUnusedFiles, unitsFolder } from "./manifest-files.ts";
import type { Settings } from "./settings-file.ts";
import { decodeText } from "./text.ts";

export interface CompileSetting {
  readonly settings: Settings;
  /** The tree before rendering. */
  readonly written: ManifestTree;
  readonly owner: Owner;
  readonly images: ImagePolicy;
  /** Absent when the values are not known. */
  readonly variables: ReadonlyMap<string, string> | undefined;
  readonly hostName: string;
  /** Absent when it does not matter. */
  readonly target?: Target;
  /** The settings could be read, so that a template unit without instances really has none. */
  readonly areInstancesKnown: boolean;
}

export interface CompiledManifests {
  /** Those without mistakes. */
  readonly manifests: readonly CompiledManifest[];
  readonly timers: readonly CompiledTimer[];
  readonly diagnostics: readonly Diagnostic[];
  readonly isBroken: IsBroken;
}

/** Compiles every unit, timer and stack below `units/`, and reports files that none of them uses. */
export function compileManifests(rendered: RenderedTree, setting: CompileSetting): CompiledManifests {
  const sink = new DiagnosticSink();
  const tree = withPlaceholders(rendered);
  const { settings, areInstancesKnown } = setting;
  const files = classifyManifests(tree.keys(), settings.instances);
  sink.addAll(files.diagnostics.filter(({ code }) => areInstancesKnown || code !== "no-instances"));
  const context = compileContext(tree, setting);
  const manifests: CompiledManifest[] = [];
  const timers: CompiledTimer[] = [];
  const broken: ManifestJob[] = [];
  const usedPaths = new Set<string>(rendered.failedPaths);
  for (const job of files.jobs) {
    const { value, diagnostics } = compileJob(job, rendered, context, sink);
    sink.addAll(diagnostics);
    for (const path of value?.manifest?.usedPaths ?? []) usedPaths.add(path);
    if (!value || hasErrors(diagnostics)) broken.push(job);
    else if (job.kind === "compose" || !job.isTrial) {
      if (value.manifest) manifests.push(value.manifest);
      if (value.timer) timers.push(value.timer);
    }
  }
  if (broken.length + rendered.failedPaths.size === 0)
    reportUnusedExceptions(settings.images.exceptions, manifests, sink);
  reportUnusedFiles(files.otherPaths, usedPaths, mentionedBy(broken, rendered.tree, setting.written), sink);
  return { manifests, timers, diagnostics: sink.diagnostics, isBroken: brokenKeys(broken) };
}

/** What the compilers of manifests may know of a rendered tree. */
export function compileContext(
  tree: ManifestTree,
  setting: Pick<CompileSetting, "settings" | "owner" | "images" | "variables" | "hostName" | "target">,
): CompileContext {
  const { settings } = setting;
  return {
    owner: setting.owner,
    tree,
    variables: setting.variables ?? new Map(),
    hostFiles: settings.hostFiles,
    images: setting.images,
    hostName: setting.hostName,
    target: setting.target ?? "engine",
  };
}

/** One of the two. */
interface CompiledJob {
  readonly manifest?: CompiledManifest;
  readonly timer?: CompiledTimer;
}

function compileJob(
  job: ManifestJob,
  rendered: RenderedTree,
  context: CompileContext,
  sink: DiagnosticSink,
): Parsed<CompiledJob> {
  const file = rendered.tree.get(job.path);
  const text = file && decodeText(file, sink);
  if (text === undefined) return { diagnostics: [] };
  if (job.kind === "timer") {
    const { value, diagnostics } = compileTimer({ ...job, text }, context);
    return value === undefined ? { diagnostics } : { value: { timer: value }, diagnostics };
  }
  const { value, diagnostics } =
    job.kind === "compose"
      ? compileCompose(job.path, text, job.stack, context)
      : compileUnit(job.path, text, context, job.instance);
  return value === undefined ? { diagnostics } : { value: { manifest: value }, diagnostics };
}

/** Files that could not be rendered are there all the same for those that refer to them. */
function withPlaceholders(rendered: RenderedTree): ManifestTree {
  const placeholders = [...rendered.failedPaths].map((path): [string, ManifestFile] => [
    path,
    { path, content: new Uint8Array(), executable: false },
  ]);
  return placeholders.length === 0 ? rendered.tree : new Map([...rendered.tree, ...placeholders]);
}

/** Whether a broken manifest (as rendered, else its template) names a file or a folder around it. */
function mentionedBy(
  broken: readonly ManifestJob[],
  rendered: ManifestTree,
  written: ManifestTree,
): (path: string) => boolean {
  const texts = broken.map(({ path }) => {
    const file = rendered.get(path) ?? written.get(`${path}.hbs`);
    return new TextDecoder().decode(file?.content);
  });
  return (path) => {
    const names = path.slice(unitsFolder.length).split("/");
    return texts.some((text) => names.some((name) => text.includes(name)));
  };
}

function brokenKeys(broken: readonly ManifestJob[]): IsBroken {
  const keys = new Set<string>();
  const stacks = new Set<string>();
  for (const job of broken) {
    if (job.kind === "compose") stacks.add(job.stack);
    else if (job.kind === "unit")
      keys.add(
        baseName(job.path).replace(/@?\.service$/, job.instance === undefined ? "" : `@${job.instance}`),
      );
  }
  return (key) => keys.has(key) || (key.includes("/") && stacks.has(key.split("/")[0] ?? ""));
}
