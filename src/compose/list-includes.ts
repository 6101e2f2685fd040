import { DiagnosticSink } from "../lib/diagnostic.ts";
import { parseYaml } from "../lib/yaml.ts";
import type { ManifestTree } from "../model/manifest-tree.ts";
import { resolveRepositoryPath } from "../model/repository-files.ts";
import { readIncludes } from "./include.ts";
import { interpolateTree } from "./interpolate.ts";
import { decodeUtf8 } from "./load-scope.ts";
import { mergeTags } from "./merge-nodes.ts";
import { entryValue } from "./resource-keys.ts";

/** Paths of the files that a compose file includes itself. Mistakes are for whoever compiles it. */
export function listIncludes(
  path: string,
  tree: ManifestTree,
  variables: ReadonlyMap<string, string>,
): readonly string[] {
  const text = decodeUtf8(tree.get(path)?.content ?? new Uint8Array());
  if (text?.includes("include") !== true) return [];
  const { root } = parseYaml(text, path, Object.values(mergeTags));
  const value = root?.kind === "map" ? entryValue(root, "include") : undefined;
  if (!value) return [];
  const sink = new DiagnosticSink();
  const node = interpolateTree(value, { variables, sink, broken: new Set(), done: new Map() });
  return readIncludes(node, sink).flatMap(({ paths }) =>
    paths.flatMap((written) => resolveRepositoryPath(path, written.text) ?? []),
  );
}

/** The files of a stack and all that they include, each once. */
export function listStackFiles(
  files: readonly string[],
  tree: ManifestTree,
  variables: ReadonlyMap<string, string>,
): readonly string[] {
  const found = new Set(files);
  // What is added while it is gone through is gone through as well.
  for (const path of found) for (const other of listIncludes(path, tree, variables)) found.add(other);
  return [...found];
}
