import { TextPlaces } from "../lib/text-places.ts";
import type { ManifestTree } from "../model/manifest-tree.ts";

/** The text of a file without byte order mark; empty for a file that is not there. */
export function textOf(tree: ManifestTree, path: string): string {
  return new TextDecoder().decode(tree.get(path)?.content);
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
