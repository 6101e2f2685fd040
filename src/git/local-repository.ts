import { ReconcilerError } from "../model/errors.ts";
import type { Revision } from "../model/revision.ts";
import type { RevisionReader } from "../ports.ts";
import { isAncestor } from "./ancestry.ts";
import { translateGitError } from "./git-errors.ts";
import { type GitOptions, localTimeoutMs } from "./git-options.ts";
import { readTreeOf } from "./read-tree.ts";
import { parseWantedRevision, splitAncestry } from "./ref-names.ts";
import { readRevision } from "./revision-facts.ts";
import { GitExit, runGit } from "./run-git.ts";
import { createLocalWorkplace, type Workplace } from "./workplace.ts";

/**
 * Opens a repository on disk, bare or a working copy (or a folder in one), to read revisions of it: also
 * `HEAD~1` and shortened commit ids. What is not committed is not seen; nothing is written.
 *
 * @throws ReconcilerError `configuration-unreadable` when there is no repository
 */
export async function openLocalRepository(
  dir: string,
  options: Pick<GitOptions, "environment" | "tempDir">,
  signal: AbortSignal,
): Promise<RevisionReader> {
  const place = await createLocalWorkplace(dir, options);
  try {
    await runGit(place, ["rev-parse", "--git-dir"], { timeoutMs: localTimeoutMs }, signal);
  } catch (error) {
    await place[Symbol.asyncDispose]();
    if (!(error instanceof GitExit) || !/not a git repository/.test(error.stderr))
      throw translateGitError(error, { what: `open repository "${dir}"`, secrets: [], signal });
    throw new ReconcilerError("configuration-unreadable", `"${dir}" is not in a Git repository`, {
      hint: "name the folder of a clone, or compare with a URL",
    });
  }
  return localReader(dir, place);
}

function localReader(dir: string, place: Workplace): RevisionReader {
  return {
    url: dir,
    resolve: (ref, signal) => resolveLocally(dir, place, ref, signal),
    async readTree(revision, signal) {
      try {
        return await readTreeOf(place, revision.id, signal);
      } catch (error) {
        throw translateGitError(error, {
          what: `read commit ${revision.id} of "${dir}"`,
          secrets: [],
          signal,
        });
      }
    },
    async descendsFrom(earlier, { id }, signal) {
      try {
        return await isAncestor(place, earlier, id, signal);
      } catch (error) {
        throw translateGitError(error, { what: `read the history of "${dir}"`, secrets: [], signal });
      }
    },
    [Symbol.asyncDispose]: () => place[Symbol.asyncDispose](),
  };
}

async function resolveLocally(
  dir: string,
  place: Workplace,
  ref: string,
  signal: AbortSignal,
): Promise<Revision> {
  const { start, steps } = splitAncestry(ref);
  const wanted = parseWantedRevision(start);
  const asCommit = /^[0-9a-f]{7,64}$/.test(start) ? [{ ref: start, branch: undefined }] : [];
  const candidates = wanted.kind === "commit" ? asCommit : [...wanted.refs, ...asCommit];
  for (const candidate of candidates) {
    const id = await findCommit(dir, place, `${candidate.ref}${steps}`, signal);
    // An ancestor is on the branch as well, but it is not what the branch names.
    const branch = steps === "" ? candidate.branch : undefined;
    if (id !== undefined) return await describe(dir, place, id, branch, signal);
  }
  throw new ReconcilerError("unknown-revision", `"${dir}" has no revision "${ref}"`, {
    hint: "git log shows the commits there are; a shallow clone has few of them",
  });
}

async function findCommit(
  dir: string,
  place: Workplace,
  expression: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const args = ["rev-parse", "--verify", "--quiet", "--end-of-options", `${expression}^{commit}`];
  try {
    return (await runGit(place, args, { timeoutMs: localTimeoutMs }, signal)).trim();
  } catch (error) {
    if (error instanceof GitExit && error.exitCode === 1) return undefined;
    throw translateGitError(error, { what: `look for "${expression}" in "${dir}"`, secrets: [], signal });
  }
}

async function describe(
  dir: string,
  place: Workplace,
  id: string,
  branch: string | undefined,
  signal: AbortSignal,
): Promise<Revision> {
  try {
    return await readRevision(place, id, { branch, source: dir }, signal);
  } catch (error) {
    throw translateGitError(error, { what: `read commit ${id} of "${dir}"`, secrets: [], signal });
  }
}
