import type { DiagnosticSink } from "../lib/diagnostic.ts";
import { didYouMean } from "../lib/suggest.ts";
import { baseName } from "../model/repository-files.ts";

/** A stack is one compose file, and maybe one more that is laid over it. */
export interface StackJob {
  readonly kind: "compose";
  readonly path: string;
  readonly stack: string;
  /** Files that are laid over it, in order. */
  readonly overrides: readonly string[];
}

const mainName = /^(?:docker-)?compose\.ya?ml$|\.compose\.ya?ml$/;
const overrideName = /^(?:docker-)?compose\.override\.ya?ml$|\.compose\.override\.ya?ml$/;
const validStack = /^[a-z0-9][a-z0-9_-]*$/;

export function isStackFile(name: string): boolean {
  return mainName.test(name) || overrideName.test(name);
}

/** What has to be known of the files besides their names. */
export interface StackFolder {
  /** Where stacks without a folder of their own lie, with a slash at its end. */
  readonly folder: string;
  /** Paths that a compose file includes. */
  readonly includesOf: (path: string) => readonly string[];
}

/**
 * The stacks among compose files: `shop.compose.yaml`, or `shop/compose.yaml`; `shop.compose.override.yaml` and
 * `shop/compose.override.yaml` are laid over them (Compose's own names of a default override file). What another file
 * includes is part of that one, and no stack by itself: it would run twice.
 */
export function findStacks(
  paths: readonly string[],
  { folder, includesOf }: StackFolder,
  sink: DiagnosticSink,
): StackJob[] {
  const included = findIncluded(paths, includesOf);
  const own = paths.filter((path) => !included.has(path));
  const overrides = findOverrides(own, sink);
  const stacks = new Map<string, string>();
  const mains = own.filter((path) => mainName.test(baseName(path)));
  const jobs = mains.flatMap((path): StackJob[] => {
    const stack = stackOf(path, folder, stacks, sink);
    if (stack === undefined) return [];
    const override = overrides.get(mainOf(path));
    return [{ kind: "compose", path, stack, overrides: override === undefined ? [] : [override] }];
  });
  reportLoose(overrides, { own: mains.map(mainOf), included: [...included].map(mainOf) }, sink);
  return jobs;
}

/** What stacks include, directly or not. Files that include one another in a circle stay, so that it is reported. */
function findIncluded(paths: readonly string[], includesOf: StackFolder["includesOf"]): ReadonlySet<string> {
  const named = new Set(paths.flatMap(includesOf));
  const included = new Set<string>();
  const waiting = paths.filter((path) => !named.has(path));
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    for (const next of includesOf(path)) {
      if (included.has(next)) continue;
      included.add(next);
      waiting.push(next);
    }
  }
  return included;
}

function findOverrides(paths: readonly string[], sink: DiagnosticSink): ReadonlyMap<string, string> {
  const overrides = new Map<string, string>();
  for (const path of paths.filter((one) => overrideName.test(baseName(one)))) {
    const main = mainOf(path);
    const first = overrides.get(main);
    if (first === undefined) overrides.set(main, path);
    else {
      const message = `"${path}" and "${first}" are laid over the same stack`;
      sink.error(startOf(path), "duplicate-override", message, "put both into one file");
    }
  }
  return overrides;
}

/** What a file and its override have in common: `units/shop.compose`, or `units/shop/compose`. */
function mainOf(path: string): string {
  return path.replace(/(?:\.override)?\.ya?ml$/, "").replace(/(^|\/)docker-compose$/, "$1compose");
}

function reportLoose(
  overrides: ReadonlyMap<string, string>,
  mains: { readonly own: readonly string[]; readonly included: readonly string[] },
  sink: DiagnosticSink,
): void {
  for (const [main, path] of overrides) {
    if (mains.own.includes(main)) continue;
    const isIncluded = mains.included.includes(main);
    const why = isIncluded
      ? `${main}.yaml is included, which takes it as it is`
      : `${main}.yaml is not there`;
    const hint = isIncluded
      ? `name both: include: [{path: [${baseName(main)}.yaml, ${baseName(path)}]}]`
      : (didYouMean(main, mains.own) ?? `write ${main}.yaml`);
    sink.error(startOf(path), "loose-override", `"${path}" is laid over nothing: ${why}`, hint);
  }
}

/** The stack's name is the file's name before `.compose.yaml`, or the folder of a `compose.yaml`. */
function stackOf(
  path: string,
  folder: string,
  stacks: Map<string, string>,
  sink: DiagnosticSink,
): string | undefined {
  const name = baseName(path);
  const isPlain = !name.includes(".compose.");
  if (isPlain && path === `${folder}${name}`) {
    const message = `"${name}" has no stack name`;
    sink.error(startOf(path), "no-stack-name", message, `move it to ${folder}<stack>/compose.yaml`);
    return undefined;
  }
  const stack = isPlain ? (path.split("/").at(-2) ?? "") : name.replace(/\.compose\.ya?ml$/, "");
  if (!validStack.test(stack)) {
    const hint = "lowercase letters, digits, - and _, starting with a letter or digit";
    sink.error(startOf(path), "invalid-name", `"${stack}" is no valid name of a stack`, hint);
    return undefined;
  }
  const first = stacks.get(stack);
  if (first !== undefined) {
    const message = `stack "${stack}" is declared twice, first in ${first}`;
    sink.error(startOf(path), "duplicate-stack", message, "rename or remove one of the two");
    return undefined;
  }
  stacks.set(stack, path);
  return stack;
}

function startOf(file: string) {
  return { file, line: 1, column: 1 };
}
