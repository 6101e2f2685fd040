import { type Diagnostic, type Position, sortDiagnostics } from "../lib/diagnostic.ts";
import { matchesPattern } from "../lib/pattern.ts";
import type { ManifestFile, ManifestTree } from "../model/manifest-tree.ts";
import { credentialRules, valueGroups } from "./credential-rules.ts";

/**
 * Credentials in plain text, by well-known forms: a repository is read by more people than a secret is meant for. A
 * value is never quoted, and the line it stands in must not be shown either (`isConfidential`). Files that are no text
 * are not looked at. Pure.
 *
 * @param allowed patterns of paths in which nothing is reported (`policy.allowedCredentials`)
 */
export function findCredentials(tree: ManifestTree, allowed: readonly string[]): readonly Diagnostic[] {
  const looked = [...tree.values()].filter(
    ({ path }) => !allowed.some((pattern) => matchesPattern(path, pattern)),
  );
  return sortDiagnostics(looked.flatMap(credentialsOf));
}

/** More of one file tell nothing new. */
const mostFindings = 100;

interface Finding {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

function credentialsOf(file: ManifestFile): readonly Diagnostic[] {
  const text = new TextDecoder().decode(file.content);
  if (text.includes("\0")) return [];
  const found: Finding[] = [];
  for (const { name, pattern, isCredential } of credentialRules) {
    for (const match of text.matchAll(pattern)) {
      const [start, end] = rangeOf(match);
      const isKnown = found.some((other) => other.start < end && start < other.end);
      if (found.length >= mostFindings) break;
      if (isKnown || isCredential?.(text.slice(start, end), match.groups ?? {}) === false) continue;
      found.push({ name, start, end });
    }
  }
  const lines = lineStarts(text);
  return found.map((finding) => diagnosticOf(finding, positionOf(finding, file.path, lines), file.path));
}

function rangeOf({ index, indices, 0: whole }: RegExpExecArray): readonly [number, number] {
  const group = valueGroups.map((name) => indices?.groups?.[name]).find((range) => range !== undefined);
  return group ?? [index, index + whole.length];
}

function diagnosticOf({ name }: Finding, position: Position, path: string): Diagnostic {
  return {
    severity: "error",
    code: "plain-credential",
    position,
    message: `what looks like ${name} stands here in plain text`,
    hint: `declare its name under secrets: and give the value with the run, and withdraw this one, which others may have read; if it is none, list "${path}" under policy.allowedCredentials`,
    isConfidential: true,
  };
}

function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

function positionOf({ start, end }: Finding, file: string, starts: readonly number[]): Position {
  let [low, high] = [0, starts.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((starts[middle] ?? 0) <= start) low = middle;
    else high = middle;
  }
  return { file, line: low + 1, column: start - (starts[low] ?? 0) + 1, length: end - start };
}
