import { type Diagnostic, DiagnosticSink, type Position } from "../lib/diagnostic.ts";
import { didYouMean } from "../lib/suggest.ts";
import { baseName } from "../model/repository-files.ts";
import { dropInFolders, dropInPlaces, isDropIn } from "../unit/drop-ins.ts";
import { unitNameOf } from "../unit/unit-name.ts";
import type { InstanceSettings } from "./instance-settings.ts";
import { compareText } from "./places.ts";
import { findStacks, isStackFile, type StackJob } from "./stack-files.ts";

/** One compilation of one file. */
export type ManifestJob =
  | {
      readonly kind: "unit" | "timer";
      readonly path: string;
      /** Instance of a template unit. */
      readonly instance?: string;
      /** Compiled for its mistakes only, because the template has no instances. */
      readonly isTrial?: boolean;
    }
  | StackJob;

export interface ManifestFiles {
  /** Sorted by path. */
  readonly jobs: readonly ManifestJob[];
  /** Files below `units/` that are no manifests; each must be used by one. */
  readonly otherPaths: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
}

export const unitsFolder = "units/";

const unitSuffix = /\.(?:service|timer)$/;

/** Endings that mean something to systemd, Podman or Compose, but nothing here so far. */
const unsupported: readonly { readonly pattern: RegExp; readonly what: string; readonly hint: string }[] = [
  {
    pattern: /(?:^|[./])(?:socket|target|mount|automount|path|slice|swap|device|scope)\.d\/[^/]+$/,
    what: "drop-ins of units of this type are",
    hint: "only .service and .timer units and compose files run here",
  },
  {
    pattern: /\.(?:socket|target|mount|automount|path|slice|swap|device|scope)$/,
    what: "units of this type are",
    hint: "only .service and .timer units and compose files run here",
  },
  {
    pattern: /\.(?:container|pod|kube|network|volume|image|build)$/,
    what: "Quadlet files are",
    hint: "write a .service unit with a docker run line, or a compose file",
  },
];

/**
 * Sorts the files below `units/` into units, stacks and others. Drop-ins belong to units and are none of them.
 *
 * @param defaultInstanceOf the instance of a template that has none listed
 * @param includesOf paths that a compose file includes
 */
export function classifyManifests(
  allPaths: Iterable<string>,
  instances: readonly InstanceSettings[],
  defaultInstanceOf: (path: string) => string | undefined = () => undefined,
  includesOf: (path: string) => readonly string[] = () => [],
): ManifestFiles {
  const sink = new DiagnosticSink();
  const jobs: ManifestJob[] = [];
  const otherPaths: string[] = [];
  const templates = new Set<string>();
  const stackFiles: string[] = [];
  const dropIns: string[] = [];
  const paths = [...allPaths].filter((path) => path.startsWith(unitsFolder)).sort();
  for (const path of paths) {
    const name = baseName(path);
    if (isHidden(path)) {
      otherPaths.push(path);
    } else if (isDropIn(path)) {
      dropIns.push(path);
    } else if (unitSuffix.test(name)) {
      if (name.endsWith("@.service")) templates.add(name.slice(0, -"@.service".length));
      jobs.push(...unitJobs(path, name, { instances, defaultInstanceOf }, sink));
    } else if (isStackFile(name)) {
      stackFiles.push(path);
    } else {
      const rule = unsupported.find(({ pattern }) => pattern.test(path));
      if (rule) sink.error(startOf(path), "not-supported-yet", `${rule.what} not supported yet`, rule.hint);
      else otherPaths.push(path);
    }
  }
  jobs.push(...findStacks(stackFiles, { folder: unitsFolder, includesOf }, sink));
  reportLooseDropIns(dropIns, jobs, sink);
  for (const { template, position } of instances) {
    if (templates.has(template)) continue;
    const message = `instances of "${template}@.service", which is not below units/`;
    sink.error(position, "unknown-template-unit", message, didYouMean(template, templates));
  }
  jobs.sort((a, b) => compareText(a.path, b.path));
  return { jobs, otherPaths, diagnostics: sink.diagnostics };
}

interface Instances {
  readonly instances: readonly InstanceSettings[];
  readonly defaultInstanceOf: (path: string) => string | undefined;
}

function unitJobs(
  path: string,
  name: string,
  { instances, defaultInstanceOf }: Instances,
  sink: DiagnosticSink,
): ManifestJob[] {
  const kind = name.endsWith(".timer") ? "timer" : "unit";
  const stem = name.replace(unitSuffix, "");
  if (!stem.endsWith("@")) return [{ kind, path }];
  const template = stem.slice(0, -1);
  const declared = instances.find((candidate) => candidate.template === template);
  const byDefault = declared ? undefined : defaultInstanceOf(path);
  if (byDefault !== undefined) return [{ kind, path, instance: byDefault }];
  if (!declared) {
    const hint = `list them in mysysconfig.yaml: instances: {${template}: [1, 2]}`;
    sink.warning(startOf(path), "no-instances", `template unit "${template}@" has no instances`, hint);
  }
  const names = (declared?.names ?? []).map((instance) => instance.name).sort();
  if (names.length === 0) return [{ kind, path, instance: "1", isTrial: true }];
  return names.map((instance) => ({ kind, path, instance }));
}

/** A drop-in that no unit has would change nothing, and nobody would know. */
function reportLooseDropIns(
  dropIns: readonly string[],
  jobs: readonly ManifestJob[],
  sink: DiagnosticSink,
): void {
  if (dropIns.length === 0) return;
  const units = jobs.flatMap((job) =>
    job.kind === "compose" ? [] : [{ path: job.path, name: unitNameOf(job.path, job.instance).full }],
  );
  const folders = new Set(
    units.flatMap(({ path, name }) =>
      dropInPlaces(path).flatMap((place) => dropInFolders(name).map((folder) => `${place}${folder}/`)),
    ),
  );
  for (const path of dropIns) {
    const folder = path.slice(0, path.lastIndexOf("/") + 1);
    if (folders.has(folder)) continue;
    const message = `no unit is called like the folder of this drop-in, "${baseName(folder.slice(0, -1))}"`;
    const hint =
      didYouMean(baseName(folder.slice(0, -3)), new Set(units.map(({ name }) => name))) ??
      "NAME.service.d lies beside NAME.service, or in units/";
    sink.error(startOf(path), "loose-drop-in", message, hint);
  }
}

/**
 * Files that nothing uses. A mistyped `web.servce` must never look like a removed unit, so they are errors, except for
 * notes (`*.md`), hidden files and what a broken manifest may have meant.
 */
export function reportUnusedFiles(
  otherPaths: readonly string[],
  usedPaths: ReadonlySet<string>,
  isMentioned: (path: string) => boolean,
  sink: DiagnosticSink,
): void {
  for (const path of otherPaths) {
    if (usedPaths.has(path) || isHidden(path) || path.endsWith(".md") || isMentioned(path)) continue;
    const message = `"${path}" is no unit and no compose file, and none of them uses it`;
    sink.error(startOf(path), "unused-file", message, hintForUnused(baseName(path)));
  }
}

function isHidden(path: string): boolean {
  return path.split("/").some((part) => part.startsWith("."));
}

function hintForUnused(name: string): string {
  const ending = name.slice(name.lastIndexOf("."));
  const meant = name.includes(".") ? didYouMean(ending, [".service", ".timer", ".compose.yaml"]) : undefined;
  if (meant) return meant;
  if (/\.ya?ml$/.test(name)) return `name a compose file ${name.replace(/\.ya?ml$/, "")}.compose.yaml`;
  return "units end in .service or .timer, stacks in .compose.yaml; remove what is not needed";
}

function startOf(file: string): Position {
  return { file, line: 1, column: 1 };
}
