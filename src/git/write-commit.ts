import { ReconcilerError } from "../model/errors.ts";
import { configurationPaths, type ManifestTree } from "../model/manifest-tree.ts";
import type { CommitDraft } from "../ports.ts";
import { type CommitAuthor, localTimeoutMs } from "./git-options.ts";
import { checkPath, maxFileBytes } from "./read-tree.ts";
import { checkRefName } from "./ref-names.ts";
import { runGit } from "./run-git.ts";
import type { Workplace } from "./workplace.ts";

/** A commit that is to be made on a tip. */
export interface PlannedCommit {
  /** Full id of the commit to build on. */
  readonly tip: string;
  readonly draft: CommitDraft;
  /** The configuration at the tip, for the modes of its files. */
  readonly tree: ManifestTree;
  readonly author: CommitAuthor;
  readonly date: Date;
}

/**
 * Checks what is to be written, and leaves out what is there already.
 *
 * @throws ReconcilerError `usage` when the draft cannot become a commit
 */
export function changedFiles(draft: CommitDraft, tree: ManifestTree): CommitDraft["files"] {
  if (draft.message.trim() === "" || draft.message.includes("\0"))
    throw refusal("the commit has no usable message");
  if (draft.tag !== undefined) checkRefName(draft.tag, "tag");
  const remaining = new Set(tree.keys());
  for (const [path, content] of draft.files) {
    checkWritable(path, content);
    if (content === undefined) remaining.delete(path);
    else remaining.add(path);
  }
  for (const path of draft.files.keys()) checkPlace(path, remaining);
  return new Map(
    [...draft.files].filter(([path, content]) => {
      const present = tree.get(path)?.content;
      return content === undefined
        ? present !== undefined
        : present === undefined || !isEqual(content, present);
    }),
  );
}

function checkWritable(path: string, content: Uint8Array | undefined): void {
  checkPath(path);
  const [top = "", ...rest] = path.split("/");
  const isFolder = top === "units" || top === "templates";
  if (!configurationPaths.some((known) => known === top) || isFolder !== rest.length > 0)
    throw refusal(`"${path}" is no file of the configuration`, "write below units/ or templates/");
  if (content !== undefined && content.length > maxFileBytes)
    throw refusal(`"${path}" is too large to be read again`, "put large data into a volume or an image");
}

/** A file where a folder is would silently take the folder's place, and the other way round. */
function checkPlace(path: string, remaining: ReadonlySet<string>): void {
  if (!remaining.has(path)) return;
  const below = `${path}/`;
  for (const other of remaining) {
    if (other.startsWith(below) || path.startsWith(`${other}/`))
      throw refusal(
        `"${path}" and "${other}" cannot both be`,
        "choose another name, or delete the other one",
      );
  }
}

/**
 * Writes the commit into the repository's objects and answers its id. `fast-import` takes everything in one
 * process, counts bytes instead of quoting them, and passes on as they are all entries of the tree that it is
 * not told about.
 */
export async function writeCommit(
  place: Workplace,
  commit: PlannedCommit,
  changes: CommitDraft["files"],
  signal: AbortSignal,
): Promise<string> {
  const input = Buffer.concat([...importStream(commit, changes)]);
  // The name is overwritten by the next attempt, which is no descendant of this one.
  const args = ["fast-import", "--quiet", "--done", "--force", "--date-format=raw"];
  const answer = (await runGit(place, args, { input, timeoutMs: localTimeoutMs }, signal)).trim();
  if (/^[0-9a-f]{40,64}$/.test(answer)) return answer;
  throw new ReconcilerError("internal", `git fast-import answered ${JSON.stringify(answer.slice(0, 80))}`);
}

/** The stream of git-fast-import(1), "Input Format". */
function* importStream(commit: PlannedCommit, changes: CommitDraft["files"]): Generator<Buffer> {
  const { draft, tree, tip } = commit;
  const signature = formatSignature(commit.author, commit.date);
  yield line(`commit refs/mysysconfig/draft\nmark :1\nauthor ${signature}\ncommitter ${signature}`);
  yield* data(Buffer.from(`${draft.message.trimEnd()}\n`));
  yield line(`from ${tip}`);
  // Deletions first: a file may take the place of a folder that goes away in the same commit.
  const sorted = [...changes].sort(
    ([a, x], [b, y]) => Number(x !== undefined) - Number(y !== undefined) || (a < b ? -1 : 1),
  );
  for (const [path, content] of sorted) {
    if (content === undefined) {
      yield line(`D ${quotePath(path)}`);
    } else {
      yield line(`M ${tree.get(path)?.executable ? "100755" : "100644"} inline ${quotePath(path)}`);
      yield* data(content);
    }
  }
  yield line("get-mark :1\ndone");
}

function* data(content: Uint8Array): Generator<Buffer> {
  yield line(`data ${content.length}`);
  yield Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  yield line("");
}

function line(text: string): Buffer {
  return Buffer.from(`${text}\n`);
}

/** Checked paths hold neither control characters nor backslashes. */
function quotePath(path: string): string {
  return `"${path.replaceAll('"', '\\"')}"`;
}

/** `Name <mail> seconds +0000`; what would end a part of it early is left out. */
function formatSignature({ name, email }: CommitAuthor, date: Date): string {
  const clean = (text: string) => text.replace(/[\p{Cc}<>]/gu, "").trim();
  return `${clean(name)} <${clean(email)}> ${Math.floor(date.getTime() / 1000)} +0000`;
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
}

function refusal(what: string, hint?: string): ReconcilerError {
  return new ReconcilerError("usage", what, { hint });
}
