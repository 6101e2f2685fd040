import { type Diagnostic, DiagnosticSink, type Position } from "../lib/diagnostic.ts";
import { didYouMean } from "../lib/suggest.ts";
import { baseName } from "../model/repository-files.ts";
import type { InstanceSettings } from "./instance-settings.ts";

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
  | { readonly kind: "compose"; readonly path: string; readonly stack: string };

export interface ManifestFiles {
  /** Sorted by path. */
  readonly jobs: readonly ManifestJob[];
  /** Files below `units/` that are no manifests; each must be used by one. */
  readonly otherPaths: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
}

export const unitsFolder = "units/";

const composeNames = ["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"];
const unitSuffix = /\.(?:service|timer)$/;
const stackSuffix = /\.compose\.ya?ml$/;
const stackName = /^[a-z0-9][a-z0-9_-]*$/;

/** Endings that mean something to systemd, Podman or Compose, but nothing here so far. */
const unsupported: readonly { readonly pattern: RegExp; readonly what: string; readonly hint: string }[] = [
  {
    pattern: /\.service\.d\/[^/]+$/,
    what: "drop-in files are",
    hint: "write the directives into the unit itself",
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
  {
    pattern: /(?:^|\/)(?:docker-)?compose\.override\.ya?ml$/,
    what: "compose override files are",
    hint: "use values of the environment instead",
  },
];

/** Sorts the files below `units/` into units, stacks and others. */
export function classifyManifests(
  allPaths: Iterable<string>,
  instances: readonly InstanceSettings[],
): ManifestFiles {
  const sink = new DiagnosticSink();
  const jobs: ManifestJob[] = [];
  const otherPaths: string[] = [];
  const templates = new Set<string>();
  const stacks = new Map<string, string>();
  const paths = [...allPaths].filter((path) => path.startsWith(unitsFolder)).sort();
  for (const path of paths) {
    const name = baseName(path);
    if (isHidden(path)) {
      otherPaths.push(path);
    } else if (unitSuffix.test(name)) {
      if (name.endsWith("@.service")) templates.add(name.slice(0, -"@.service".length));
      jobs.push(...unitJobs(path, name, instances, sink));
    } else if (composeNames.includes(name) || stackSuffix.test(name)) {
      jobs.push(...composeJobs(path, name, stacks, sink));
    } else {
      const rule = unsupported.find(({ pattern }) => pattern.test(path));
      if (rule) sink.error(startOf(path), "not-supported-yet", `${rule.what} not supported yet`, rule.hint);
      else otherPaths.push(path);
    }
  }
  for (const { template, position } of instances) {
    if (templates.has(template)) continue;
    const message = `instances of "${template}@.service", which is not below units/`;
    sink.error(position, "unknown-template-unit", message, didYouMean(template, templates));
  }
  return { jobs, otherPaths, diagnostics: sink.diagnostics };
}

function unitJobs(
  path: string,
  name: string,
  instances: readonly InstanceSettings[],
  sink: DiagnosticSink,
): ManifestJob[] {
  const kind = name.endsWith(".timer") ? "timer" : "unit";
  const stem = name.replace(unitSuffix, "");
  if (!stem.endsWith("@")) return [{ kind, path }];
  const template = stem.slice(0, -1);
  const declared = instances.find((candidate) => candidate.template === template);
  if (!declared) {
    const hint = `list them in mysysconfig.yaml: instances: {${template}: [1, 2]}`;
    sink.warning(startOf(path), "no-instances", `template unit "${template}@" has no instances`, hint);
  }
  const names = (declared?.names ?? []).map((instance) => instance.name).sort();
  if (names.length === 0) return [{ kind, path, instance: "1", isTrial: true }];
  return names.map((instance) => ({ kind, path, instance }));
}

/** The stack's name is the file's name before `.compose.yaml`, or the folder of a `compose.yaml`. */
function composeJobs(
  path: string,
  name: string,
  stacks: Map<string, string>,
  sink: DiagnosticSink,
): ManifestJob[] {
  const folder = path.split("/").at(-2) ?? "";
  const isPlain = composeNames.includes(name);
  if (isPlain && path === `${unitsFolder}${name}`) {
    const message = `"${name}" has no stack name`;
    sink.error(startOf(path), "no-stack-name", message, "move it to units/<stack>/compose.yaml");
    return [];
  }
  const stack = isPlain ? folder : name.replace(stackSuffix, "");
  if (!stackName.test(stack)) {
    const hint = "lowercase letters, digits, - and _, starting with a letter or digit";
    sink.error(startOf(path), "invalid-name", `"${stack}" is no valid name of a stack`, hint);
    return [];
  }
  const first = stacks.get(stack);
  if (first !== undefined) {
    const message = `stack "${stack}" is declared twice, first in ${first}`;
    sink.error(startOf(path), "duplicate-stack", message, "rename or remove one of the two");
    return [];
  }
  stacks.set(stack, path);
  return [{ kind: "compose", path, stack }];
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
