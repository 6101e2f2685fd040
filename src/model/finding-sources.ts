import type { Diagnostic } from "../lib/diagnostic.ts";
import { redactValues, shortestMaskedText } from "./fingerprint.ts";
import type { ManifestTree } from "./manifest-tree.ts";

/**
 * Texts of the files with findings, as they are in the repository, for excerpts.
 *
 * @param secretValues texts that are masked, because somebody may have written one of them into a file
 */
export function sourcesOf(
  tree: ManifestTree,
  diagnostics: readonly Diagnostic[],
  secretValues: readonly string[] = [],
): ReadonlyMap<string, string> {
  // Line by line, so that each keeps its number.
  const secrets = secretValues.flatMap((value) => [value, ...linesWorthMasking(value)]);
  const masked = (text: string) => text.replace(/[^\n]+/g, (line) => redactValues(line, secrets));
  const files = new Set(diagnostics.map((diagnostic) => diagnostic.position.file));
  return new Map(
    [...files].flatMap((path) => {
      const file = tree.get(path);
      return file ? [[path, masked(new TextDecoder().decode(file.content))] as const] : [];
    }),
  );
}

/** Of a secret with line breaks each line, but not those that are in every text. */
function linesWorthMasking(value: string): readonly string[] {
  return value.split(/\r?\n/).filter((line) => line.trim().length >= shortestMaskedText);
}
