import type { Readable } from "node:stream";
import tar from "tar-stream";
import { ReconcilerError } from "../model/errors.ts";
import type { DeliveredFile, FileSet } from "../model/file-set.ts";

/** Where a delivery's volume is mounted while it is filled. */
export const fillTarget = "/files";

/** The container that exists exactly as long as its volume is not known to be complete. */
export function fillContainerName(fileSet: string): string {
  return `${fileSet}-fill`;
}

/** The archive of a file set: folders first, root's and open to all, then the files with their own owner and mode. */
export async function packFiles(fileSet: FileSet): Promise<Buffer> {
  const pack = tar.pack();
  const chunks: Buffer[] = [];
  const collected = (async () => {
    for await (const chunk of pack as unknown as AsyncIterable<Buffer>) chunks.push(chunk);
  })();
  // A fixed time makes equal sets equal archives.
  const mtime = new Date(0);
  for (const name of parentFolders(fileSet.files)) {
    pack.entry({ name, type: "directory", mode: 0o755, uid: 0, gid: 0, mtime });
  }
  for (const { path: name, mode, uid, gid, content } of fileSet.files) {
    requireRelative(name);
    pack.entry({ name, type: "file", mode, uid, gid, mtime, size: content.length }, Buffer.from(content));
  }
  pack.finalize();
  await collected;
  return Buffer.concat(chunks);
}

/** An archive without a single entry: the smallest image there is. */
export async function packNothing(): Promise<Buffer> {
  return await packFiles({ name: "", files: [] });
}

function parentFolders(files: readonly DeliveredFile[]): string[] {
  const folders = new Set<string>();
  for (const { path } of files) {
    const parts = path.split("/").slice(0, -1);
    parts.forEach((_, index) => {
      folders.add(parts.slice(0, index + 1).join("/"));
    });
  }
  return [...folders].sort();
}

function requireRelative(path: string): void {
  const parts = path.split("/");
  if (path !== "" && parts.every((part) => part !== "" && part !== "." && part !== "..")) return;
  throw new ReconcilerError("internal", `file path "${path}" is not relative and plain`);
}

/**
 * Paths of a set that an archive read back from the Engine does not hold as they were sent, sorted.
 *
 * @param archive the folder `fillTarget` as the Engine packs it, entries below its base name
 */
export async function findDifferences(fileSet: FileSet, archive: Readable): Promise<string[]> {
  const expected = new Map(fileSet.files.map((file) => [file.path, file]));
  const wrong: string[] = [];
  const prefix = `${fillTarget.slice(1)}/`;
  for await (const { name, mode, content } of unpackFiles(archive)) {
    const path = name.startsWith(prefix) ? name.slice(prefix.length) : name;
    const file = expected.get(path);
    expected.delete(path);
    if (file === undefined || !isDelivered(file, mode, content)) wrong.push(path);
  }
  return [...wrong, ...expected.keys()].sort();
}

export interface UnpackedFile {
  /** As the archive says: `files/conf/web.yml`. */
  readonly name: string;
  readonly mode: number;
  readonly content: Buffer;
}

/** The regular files of an archive as they come; rejects when the archive breaks off. */
export async function* unpackFiles(archive: Readable): AsyncGenerator<UnpackedFile, void, undefined> {
  const extract = tar.extract();
  archive.on("error", (error) => extract.destroy(error));
  archive.on("close", () => {
    if (!archive.readableEnded) extract.destroy(new Error("the archive broke off"));
  });
  archive.pipe(extract);
  try {
    for await (const entry of extract) {
      const { type, name, mode = 0 } = entry.header;
      const content = await readAll(entry as unknown as AsyncIterable<Buffer>);
      if (type === "file") yield { name, mode: mode & 0o7777, content };
    }
  } finally {
    archive.destroy();
  }
}

async function readAll(entry: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of entry) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Owners are not compared where the Engine maps user ids to others. */
function isDelivered(file: DeliveredFile, mode: number, content: Buffer): boolean {
  return content.equals(file.content) && mode === file.mode;
}
