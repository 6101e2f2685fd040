import { stat } from "node:fs/promises";
import type { SourceKind } from "../ports.ts";
import { FolderSource } from "./folder-source.ts";

/**
 * A folder as a side of a comparison. What is written as a path (`.`, `../before`, `/srv/config`) is always one, and
 * its absence a mistake. A bare word is one when there is such a folder, unless revisions of another repository are
 * asked for: then `develop` is its branch, whatever lies in the working folder.
 */
export const folderKind: SourceKind = {
  name: "a folder",
  async find(text, { repository }) {
    if (/^(?:\.{1,2}(?:\/|$)|\/)/.test(text)) return new FolderSource(text);
    const isFolder = repository === undefined && text !== "" && (await folderExists(text));
    return isFolder ? new FolderSource(text) : undefined;
  },
};

async function folderExists(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}
