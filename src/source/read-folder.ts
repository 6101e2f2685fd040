import { lstat, readdir, readFile, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { limits } from "../lib/limits.ts";
import { ReconcilerError } from "../model/errors.ts";
import type { ManifestFile } from "../model/manifest-tree.ts";

/** Manifests have smaller limits of their own; this one leaves room for files that are mounted into containers. */
const maxFileBytes = limits.repositoryFile.most;
const maxTreeBytes = limits.repositoryBytes.most;
const maxFiles = limits.repositoryFiles.most;
const maxDepth = limits.folderDepth.most;
/** Files read at a time. */
const batchSize = 64;

/** A file that will be read: its path in the repository and on disk. */
interface FoundFile {
  readonly path: string;
  readonly location: string;
  readonly size: number;
  readonly executable: boolean;
}

/**
 * Reads files and folders below a root, sorted by path. Links are followed as long as they stay inside the root (and
 * out of `.git`), so that a repository cannot make the tool read the host's files.
 *
 * @param names what to read of the root; missing ones are left out
 */
export async function readFolder(
  root: string,
  names: readonly string[],
  signal: AbortSignal,
): Promise<readonly ManifestFile[]> {
  try {
    const walk = new Walk(await realpath(root), signal);
    for (const name of names) {
      if (await exists(join(root, name))) await walk.visit(name, join(root, name), []);
    }
    return await readAll(walk.found.sort(byPath), signal);
  } catch (error) {
    if (error instanceof ReconcilerError) throw error;
    throw toReconcilerError(error, root);
  }
}

class Walk {
  readonly found: FoundFile[] = [];
  private readonly root: string;
  private readonly signal: AbortSignal;
  private bytes = 0;

  constructor(root: string, signal: AbortSignal) {
    this.root = root;
    this.signal = signal;
  }

  /** @param ancestors real paths of the folders around it, to notice a link that leads back */
  async visit(path: string, location: string, ancestors: readonly string[]): Promise<void> {
    throwIfAborted(this.signal);
    if (/[\p{Cc}\\\ufffd]/u.test(path)) fail(path, "has a name that cannot be used", "rename the file");
    const isLink = (await lstat(location)).isSymbolicLink();
    const real = isLink ? await this.resolveLink(path, location) : location;
    const facts = await stat(real);
    if (facts.isDirectory()) {
      await this.visitFolder(path, real, ancestors);
    } else if (facts.isFile()) {
      this.add({ path, location: real, size: facts.size, executable: (facts.mode & 0o100) !== 0 });
    } else {
      fail(path, "is neither a file nor a folder", "remove it from the configuration");
    }
  }

  private async visitFolder(path: string, location: string, ancestors: readonly string[]): Promise<void> {
    const real = await realpath(location);
    if (ancestors.includes(real))
      fail(path, "is a link that leads back to a folder around it", "remove the link");
    if (ancestors.length >= maxDepth)
      fail(path, `is nested deeper than ${maxDepth} folders`, "flatten the tree");
    const names = (await readdir(location)).filter((name) => !isSkipped(name)).sort();
    for (const name of names) await this.visit(`${path}/${name}`, join(location, name), [...ancestors, real]);
  }

  private async resolveLink(path: string, location: string): Promise<string> {
    let real: string;
    try {
      real = await realpath(location);
    } catch (error) {
      const hint = "repair or remove the link";
      throw new ReconcilerError("configuration-unreadable", `"${path}" is a link that leads nowhere`, {
        hint,
        cause: error,
      });
    }
    const isInside = real === this.root || real.startsWith(this.root + sep);
    const isGit = real.slice(this.root.length).split(sep).includes(".git");
    if (!isInside || isGit)
      fail(path, "is a link that leaves the configuration", "put the file itself into the repository");
    return real;
  }

  private add(file: FoundFile): void {
    this.bytes += file.size;
    if (file.size > maxFileBytes)
      fail(file.path, "is larger than 8 MiB", "put large data into a volume or an image");
    if (this.bytes > maxTreeBytes || this.found.length >= maxFiles)
      fail(
        file.path,
        "is one too many: the configuration exceeds 64 MiB or 50000 files",
        "keep data out of it",
      );
    this.found.push(file);
  }
}

/** Kubernetes' copies of mounted files, and lock files of editors, which are dangling links. */
function isSkipped(name: string): boolean {
  return name.startsWith("..") || name.startsWith(".#");
}

async function readAll(found: readonly FoundFile[], signal: AbortSignal): Promise<readonly ManifestFile[]> {
  const files: ManifestFile[] = [];
  for (let start = 0; start < found.length; start += batchSize) {
    throwIfAborted(signal);
    const batch = found.slice(start, start + batchSize);
    const contents = await Promise.all(batch.map((file) => readFile(file.location)));
    batch.forEach(({ path, executable }, index) => {
      const content = contents[index] ?? new Uint8Array();
      if (content.length > maxFileBytes) fail(path, "is larger than 8 MiB", "put large data into a volume");
      files.push({ path, content, executable });
    });
  }
  return files;
}

async function exists(location: string): Promise<boolean> {
  try {
    await lstat(location);
    return true;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return false;
    throw error;
  }
}

function fail(path: string, what: string, hint: string): never {
  throw new ReconcilerError("configuration-unreadable", `"${path}" ${what}`, { hint });
}

function throwIfAborted(signal: AbortSignal): void {
  if (!signal.aborted) return;
  throw new ReconcilerError("interrupted", "reading the configuration was interrupted", {
    cause: signal.reason,
  });
}

function toReconcilerError(error: unknown, root: string): ReconcilerError {
  const message = error instanceof Error ? error.message : String(error);
  const hint =
    codeOf(error) === "EACCES"
      ? "make the files readable for the user that mysysconfig runs as"
      : "check that the folder is complete and does not change while it is read";
  return new ReconcilerError("configuration-unreadable", `configuration folder "${root}": ${message}`, {
    hint,
    cause: error,
  });
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}

function byPath(a: FoundFile, b: FoundFile): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}
