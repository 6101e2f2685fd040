import type { Diagnostic } from "../lib/diagnostic.ts";
import { TextPlaces } from "../lib/text-places.ts";
import type { ManifestTree } from "../model/manifest-tree.ts";

/** The text of a file without byte order mark; empty for a file that is not there. */
export function textOf(tree: ManifestTree, path: string): string {
  return new TextDecoder().decode(tree.get(path)?.content);
}

/**
 * Points at the first line of a file that is not UTF-8; such a file would not come out of an edit as it went
 * in.
 */
export function findUndecodable(file: string, content: Uint8Array): Diagnostic | undefined {
  const lineEnd = 0x0a;
  for (let line = 1, start = 0; start < content.length; line += 1) {
    const end = content.indexOf(lineEnd, start);
    const next = end < 0 ? content.length : end + 1;
    if (!isText(content.subarray(start, next))) {
      const position = { file, line, column: 1 };
      const message = "the file is not UTF-8 text";
      return { severity: "error", code: "not-text", position, message, hint: "save it as UTF-8" };
    }
    start = next;
  }
  return undefined;
}

function isText(content: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(content);
    return true;
  } catch {
    return false;
  }
}

/** The texts of a tree, each decoded once: a stack of a thousand services is asked for a thousand times. */
export class FileTexts {
  private readonly tree: ManifestTree;
  private readonly known = new Map<string, { readonly text: string; readonly places: TextPlaces }>();

  constructor(tree: ManifestTree) {
    this.tree = tree;
  }

  has(path: string): boolean {
    return this.tree.has(path);
  }

  textOf(path: string): string {
    return this.read(path).text;
  }

  placesOf(path: string): TextPlaces {
    return this.read(path).places;
  }

  private read(path: string): { readonly text: string; readonly places: TextPlaces } {
    const known = this.known.get(path);
    if (known) return known;
    const text = textOf(this.tree, path);
    const read = { text, places: new TextPlaces(text) };
    this.known.set(path, read);
    return read;
  }
}
