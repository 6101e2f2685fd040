import { formatBytes } from "../lib/bytes.ts";
import { limits } from "../lib/limits.ts";
import { ReconcilerError } from "../model/errors.ts";
import { configurationPaths, type ManifestFile, type ManifestTree } from "../model/manifest-tree.ts";
import { localTimeoutMs } from "./git-options.ts";
import { GitExit, OutputTooLarge, runGitForBytes } from "./run-git.ts";
import type { Workplace } from "./workplace.ts";

/** A file larger than this is refused, and not even fetched from a server that can filter. */
export const maxFileBytes: number = limits.committedFile.most;
const maxTreeBytes = limits.repositoryBytes.most;
const maxFiles = limits.committedFiles.most;
/** A listed file takes some 60 bytes and its path; paths longer than this on average are no configuration. */
const maxListingBytes = maxFiles * 512;

/** One file of a commit, before its content is read. */
interface ListedFile {
  readonly path: string;
  readonly blob: string;
  readonly size: number;
  readonly executable: boolean;
}

/**
 * Reads the configuration's files of a commit out of the objects of a repository: no checkout, so no hook,
 * filter or attribute has a say. Everything is checked before the first byte of a file is read.
 *
 * @param commit full id of a commit that is in the repository
 */
export async function readTreeOf(
  place: Workplace,
  commit: string,
  signal: AbortSignal,
): Promise<ManifestTree> {
  const listed = parseListing(await listFiles(place, commit, signal));
  if (listed.length === 0) return new Map();
  const contents = await readBlobs(place, listed, signal);
  return new Map(
    listed.map(({ path, executable }, index): [string, ManifestFile] => {
      return [path, { path, executable, content: contents[index] ?? new Uint8Array() }];
    }),
  );
}

async function listFiles(place: Workplace, commit: string, signal: AbortSignal): Promise<string> {
  try {
    return await runListing(place, commit, ["-l"], signal);
  } catch (error) {
    if (error instanceof OutputTooLarge) throw tooMany();
    const blob = error instanceof GitExit && /could not fetch (\w+) from promisor/.exec(error.stderr)?.[1];
    if (!blob) throw error;
    // git gives up at the first blob that a filter has left on the server, and says its id only.
    const line = (await runListing(place, commit, [], signal))
      .split("\0")
      .find((entry) => entry.includes(blob));
    throw tooLarge(line?.slice(line.indexOf("\t") + 1) ?? blob);
  }
}

async function runListing(
  place: Workplace,
  commit: string,
  options: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  const args = ["ls-tree", "-r", "-z", ...options, "--full-tree", commit, "--", ...configurationPaths];
  const run = { timeoutMs: localTimeoutMs, maxBytes: maxListingBytes };
  return (await runGitForBytes(place, args, run, signal)).toString("utf8");
}

/**
 * Parses `ls-tree -r -l -z` (git-ls-tree(1), "Output Format"): `<mode> <type> <object> <size>\t<path>`, each
 * with a NUL behind it. A size that is not known belongs to a blob that a filter has left on the server
 * because it is too large.
 *
 * @throws ReconcilerError `configuration-unreadable` that names the first path that cannot be taken
 */
export function parseListing(listing: string): readonly ListedFile[] {
  const listed = listing.split("\0").filter((line) => line !== "");
  if (listed.length > maxFiles) throw tooMany();
  const files = listed.map(parseEntry);
  const total = files.reduce((sum, { size }) => sum + size, 0);
  if (total > maxTreeBytes) {
    const most = formatBytes(maxTreeBytes);
    throw unreadable(`the configuration has ${formatBytes(total)}, more than ${most}`, "keep data out of it");
  }
  return files;
}

function parseEntry(line: string): ListedFile {
  const tab = line.indexOf("\t");
  const path = line.slice(tab + 1);
  const [mode = "", type = "", blob = "", size = ""] = line.slice(0, tab).split(/ +/);
  checkPath(path);
  if (mode === "120000") throw unreadable(`"${path}" is a symbolic link`, "put the file itself there");
  if (mode === "160000") throw unreadable(`"${path}" is a submodule`, "put its files into the repository");
  if (type !== "blob") throw unreadable(`"${path}" is neither a file nor a folder`, "remove it");
  const bytes = /^\d+$/.test(size) ? Number(size) : Number.POSITIVE_INFINITY;
  if (bytes > maxFileBytes) throw tooLarge(path);
  return { path, blob, size: bytes, executable: mode === "100755" };
}

/** The same for files that are read and files that are written. */
export function checkPath(path: string): void {
  const isBad = (part: string) =>
    part === "" || part === "." || part === ".." || part.toLowerCase() === ".git";
  if (!/[\p{Cc}\\\ufffd]/u.test(path) && !path.split("/").some(isBad)) return;
  throw unreadable(`${JSON.stringify(path)} has a name that cannot be used`, "rename the file");
}

/** Contents in the order of the files; one process reads them all. */
async function readBlobs(
  place: Workplace,
  files: readonly ListedFile[],
  signal: AbortSignal,
): Promise<readonly Uint8Array[]> {
  const input = Buffer.from(files.map(({ blob }) => `${blob}\n`).join(""));
  // Around each content stand the object's id, type and size, and a line break.
  const maxBytes = files.reduce((sum, { size }) => sum + size + 128, 0);
  const run = { input, maxBytes, timeoutMs: localTimeoutMs };
  const answer = await runGitForBytes(place, ["cat-file", "--batch", "--buffer"], run, signal);
  return splitBatch(answer, files);
}

/** Takes the answer of `cat-file --batch` apart: `<object> blob <size>\n<content>\n` for each. */
function splitBatch(answer: Buffer, files: readonly ListedFile[]): readonly Uint8Array[] {
  let offset = 0;
  return files.map(({ path, blob, size }) => {
    const head = `${blob} blob ${size}\n`;
    const start = offset + head.length;
    if (answer.toString("latin1", offset, start) !== head || start + size >= answer.length)
      throw unreadable(`the content of "${path}" is missing`, "run git fsck where the repository is kept");
    offset = start + size + 1;
    return answer.subarray(start, start + size);
  });
}

function tooLarge(path: string): ReconcilerError {
  const most = formatBytes(maxFileBytes);
  return unreadable(`"${path}" is larger than ${most}`, "put large data into a volume or an image");
}

function tooMany(): ReconcilerError {
  return unreadable(`the configuration has more than ${maxFiles} files`, "keep data out of it");
}

function unreadable(what: string, hint: string): ReconcilerError {
  return new ReconcilerError("configuration-unreadable", what, { hint });
}
