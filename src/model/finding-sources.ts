import type { Diagnostic } from "../lib/diagnostic.ts";
import type { ManifestTree } from "./manifest-tree.ts";

/** Texts of the files with findings, as they are in the repository, for excerpts. */
export function sourcesOf(
  tree: ManifestTree,
  diagnostics: readonly Diagnostic[],
): ReadonlyMap<string, string> {
  const files = new Set(diagnostics.map((diagnostic) => diagnostic.position.file));
  return new Map(
    [...files].flatMap((path) => {
      const file = tree.get(path);
      return file ? [[path, new TextDecoder().decode(file.content)] as const] : [];
    }),
  );
}
