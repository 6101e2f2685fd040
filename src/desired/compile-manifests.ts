import { compileCompose } from "../compose/compile-compose.ts";
import { listIncludes } from "../compose/list-includes.ts";
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
import { findDefaultInstance } from "../unit/read-unit.ts";
import { reportUnusedExceptions } from "./image-exceptions.ts";
import type { IsBroken } from "./link-dependencies.ts";
import { classifyManifests, type ManifestJob, reportUnusedFiles, unitsFolder } from "./manifest-files.ts";
import type { Settings } from "./settings-file.ts";
import type { Substituter } from "./substitute.ts";
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
  /** Absent when there are no values to compute with. */
  readonly substituter?: Substituter;
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
  const context = compileContext(tree, setting);
  const files = classifyManifests(
    tree.keys(),
    settings.instances,
    (path) => findDefaultInstance(path, tree),
    (path) => listIncludes(path, tree, context.variables),
  );
  sink.addAll(files.diagnostics.filter(({ code }) => areInstancesKnown || code !== "no-instances"));
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
  const textOf = (path: string) =>
    new TextDecoder().decode((rendered.tree.get(path) ?? setting.written.get(`${path}.hbs`))?.content);
  reportUnusedFiles(files.otherPaths, usedPaths, mentionedBy(broken, files.otherPaths, textOf), sink);
  return { manifests, timers, diagnostics: sink.diagnostics, isBroken: brokenKeys(broken) };
}

/** What the compilers of manifests may know of a rendered tree. */
export function compileContext(
  tree: ManifestTree,
  setting: Pick<
    CompileSetting,
    "settings" | "owner" | "images" | "variables" | "hostName" | "substituter" | "target"
  >,
): CompileContext {
  const { settings, substituter } = setting;
  return {
    owner: setting.owner,
    tree,
    variables: setting.variables ?? new Map(),
    hostFiles: settings.hostFiles,
    images: setting.images,
    hostName: setting.hostName,
    ...(substituter === undefined ? {} : { substitute: substituter.substitute }),
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
  // A file that could not be rendered has been reported.
  if (job.kind === "compose" && job.overrides.some((path) => rendered.failedPaths.has(path)))
    return { diagnostics: [] };
  const file = rendered.tree.get(job.path);
  const text = file && decodeText(file, sink);
  if (text === undefined) return { diagnostics: [] };
  if (job.kind === "timer") {
    const { value, diagnostics } = compileTimer({ ...job, text }, context);
    return value === undefined ? { diagnostics } : { value: { timer: value }, diagnostics };
  }
  const { value, diagnostics } =
    job.kind === "compose"
      ? compileCompose(job.path, text, job.stack, context, job.overrides)
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

/** Whether a broken manifest names a file or a folder around it, or a compose file does that it names. */
function mentionedBy(
  broken: readonly ManifestJob[],
  otherPaths: readonly string[],
  textOf: (path: string) => string,
): (path: string) => boolean {
  const texts = broken.flatMap((job) =>
    [job.path, ...(job.kind === "compose" ? job.overrides : [])].map(textOf),
  );
  const isMentioned = (path: string) => {
    const names = path.slice(unitsFolder.length).split("/");
    return texts.some((text) => names.some((name) => text.includes(name)));
  };
  let waiting = otherPaths.filter((path) => /\.ya?ml$/.test(path));
  for (let found = waiting.filter(isMentioned); found.length > 0; found = waiting.filter(isMentioned)) {
    texts.push(...found.map(textOf));
    waiting = waiting.filter((path) => !found.includes(path));
  }
  return isMentioned;
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
