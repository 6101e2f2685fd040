import type { DeliveredFile, FileSet } from "./file-set.ts";
import { contentHash } from "./fingerprint.ts";
import type { ManifestTree } from "./manifest-tree.ts";
import type { Owner } from "./ownership.ts";

/** Permissions of delivered files, as Compose gives configs; executables of the repository stay executable. */
const defaultMode = 0o444;
const executableMode = 0o555;

/**
 * The path inside the repository that `relative`, written in `fromFile`, points to; `undefined` when it leaves the
 * repository. `""` is the repository itself.
 */
export function resolveRepositoryPath(fromFile: string, relative: string): string | undefined {
  const parts = fromFile.split("/").slice(0, -1);
  for (const part of relative.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return parts.join("/");
}

export interface FileSelection {
  readonly files: readonly DeliveredFile[];
  /** The path names one file, not a folder. */
  readonly isFile: boolean;
  readonly usedPaths: readonly string[];
}

export interface FileAttributes {
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
}

/** The file at a path, or all files below it; `undefined` when the repository has neither. */
export function selectFiles(
  tree: ManifestTree,
  path: string,
  attributes: FileAttributes = {},
): FileSelection | undefined {
  const single = tree.get(path);
  const prefix = path === "" ? "" : `${path}/`;
  const chosen = single ? [single] : [...tree.values()].filter((file) => file.path.startsWith(prefix));
  if (chosen.length === 0) return undefined;
  const files = chosen.map((file) => ({
    path: single ? baseName(file.path) : file.path.slice(prefix.length),
    mode: attributes.mode ?? (file.executable ? executableMode : defaultMode),
    uid: attributes.uid ?? 0,
    gid: attributes.gid ?? 0,
    content: file.content,
  }));
  return {
    files: sortByPath(files),
    isFile: single !== undefined,
    usedPaths: chosen.map((file) => file.path),
  };
}

/** A set whose name says its content: equal files give the same volume, a changed byte gives another one. */
export function makeFileSet(owner: Owner, files: readonly DeliveredFile[]): FileSet {
  const sorted = sortByPath(files);
  const parts = sorted.flatMap((file) => [
    `${file.path}\0${file.mode.toString(8)} ${file.uid}:${file.gid} ${file.content.length}\0`,
    file.content,
  ]);
  const hash = contentHash(parts).slice(0, 16);
  return { name: `mysysconfig-${owner.project}-${owner.environment}-files-${hash}`, files: sorted };
}

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function sortByPath(files: readonly DeliveredFile[]): DeliveredFile[] {
  return [...files].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}
