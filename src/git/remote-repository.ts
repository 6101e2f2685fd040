import { Semaphore } from "../lib/semaphore.ts";
import { ReconcilerError } from "../model/errors.ts";
import type { ManifestTree } from "../model/manifest-tree.ts";
import type { Revision } from "../model/revision.ts";
import type { CommitDraft, CommitEdit, CommitResult, ConfigRepository } from "../ports.ts";
import { isAncestor } from "./ancestry.ts";
import { pauseBeforeNextAttempt } from "./attempts.ts";
import { translateGitError } from "./git-errors.ts";
import {
  defaultAuthor,
  defaultCommitTimeoutMs,
  defaultExchangeTimeoutMs,
  type GitOptions,
  localTimeoutMs,
} from "./git-options.ts";
import { remoteName } from "./private-config.ts";
import { pushCommit } from "./push.ts";
import { maxFileBytes, readTreeOf } from "./read-tree.ts";
import { checkRefName, parseWantedRevision, type WantedRef } from "./ref-names.ts";
import { parseRepositoryUrl, type RepositoryUrl } from "./repository-url.ts";
import { readRevision } from "./revision-facts.ts";
import { GitExit, runGit } from "./run-git.ts";
import { createWorkplace, type Workplace } from "./workplace.ts";
import { changedFiles, writeCommit } from "./write-commit.ts";

/** Where what was fetched last is kept, so that it has a name. */
const fetchedRef = "refs/mysysconfig/fetched";
const historyRef = "refs/mysysconfig/history";
/** What git understands as no limit (git-fetch(1), "--unshallow"), also where nothing was fetched before. */
const wholeHistory = 2_147_483_647;

/**
 * Opens a repository on a server. Nothing is asked of the server yet; dispose of it, because it holds a
 * private folder with the credentials in it.
 *
 * @param url see `parseRepositoryUrl`
 * @throws ReconcilerError `usage` for a URL or credentials that cannot be used, `git-failed` without git
 */
export async function openRepository(
  url: string,
  options: GitOptions,
  signal: AbortSignal,
): Promise<ConfigRepository> {
  const parsed = parseRepositoryUrl(url, options.allowFileProtocol);
  const place = await createWorkplace(parsed, options);
  try {
    await runGit(place, ["init", "--quiet", "--bare", "."], { timeoutMs: localTimeoutMs }, signal);
    return new RemoteRepository(parsed, place, options);
  } catch (error) {
    await place[Symbol.asyncDispose]();
    const what = "make a private repository for git";
    throw translateGitError(error, { what, secrets: place.secrets, signal });
  }
}

interface Fetch {
  readonly ref: string;
  /** The name that it gets here. */
  readonly target: string;
  readonly depth: number;
  /** What is left out, if the server can (git-rev-list(1), "--filter"). */
  readonly filter: string;
}

class RemoteRepository implements ConfigRepository {
  readonly url: string;
  private readonly place: Workplace;
  private readonly options: GitOptions;
  /** Commits that are in the private repository. */
  private readonly fetched = new Set<string>();
  /** Two fetches at a time would meet at the lock of the shallow boundary. */
  private readonly fetching = new Semaphore(1);
  private canFilter = true;

  constructor(url: RepositoryUrl, place: Workplace, options: GitOptions) {
    this.url = url.text;
    this.place = place;
    this.options = options;
  }

  async resolve(ref: string, signal: AbortSignal): Promise<Revision> {
    const wanted = parseWantedRevision(ref);
    if (wanted.kind === "commit") return this.fetch({ ref: wanted.id }, `commit ${wanted.id}`, signal);
    for (const candidate of wanted.refs) {
      const found = await this.fetchIfThere(candidate, nameOf(candidate), signal);
      if (found !== undefined) return found;
    }
    throw this.unknown(`branch or tag "${wanted.name}"`);
  }

  async readTree(revision: Revision, signal: AbortSignal): Promise<ManifestTree> {
    if (!this.fetched.has(revision.id)) await this.resolve(revision.id, signal);
    return this.attempt(`read commit ${revision.id}`, signal, () =>
      readTreeOf(this.place, revision.id, signal),
    );
  }

  async descendsFrom(earlier: string, { id }: Revision, signal: AbortSignal): Promise<boolean> {
    if (earlier === id) return true;
    const fetch: Fetch = { ref: id, target: historyRef, depth: wholeHistory, filter: "tree:0" };
    await this.fetching.run(() =>
      this.attempt(`fetch the history of ${this.url}`, signal, () => this.fetchRef(fetch, signal)),
    );
    return await this.attempt(`read the history of ${this.url}`, signal, () =>
      isAncestor(this.place, earlier, id, signal),
    );
  }

  async commit(branch: string, edit: CommitEdit, signal: AbortSignal): Promise<CommitResult> {
    checkRefName(branch, "branch");
    const { clock, random, commitTimeoutMs = defaultCommitTimeoutMs } = this.options;
    const endMs = clock.monotonicMs() + commitTimeoutMs;
    for (let attempts = 1; ; attempts++) {
      const result = await this.tryCommit(branch, edit, signal);
      if (result !== undefined) return { ...result, attempts };
      const what = `commit to branch "${branch}" of ${this.url}`;
      await pauseBeforeNextAttempt({ what, attempts, endMs, clock, random }, signal);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.place[Symbol.asyncDispose]();
  }

  /** `undefined` when somebody else pushed between the fetch and the push. */
  private async tryCommit(
    branch: string,
    edit: CommitEdit,
    signal: AbortSignal,
  ): Promise<Omit<CommitResult, "attempts"> | undefined> {
    const tip = await this.fetchIfThere(
      { ref: `refs/heads/${branch}`, branch },
      `branch "${branch}"`,
      signal,
    );
    if (tip === undefined) throw this.unknown(`branch "${branch}"`);
    const tree = await this.readTree(tip, signal);
    const draft = edit(tree, tip);
    if (draft === undefined) return { revision: tip, isNew: false };
    const id = await this.write(draft, tree, tip, signal);
    if (id === tip.id && draft.tag === undefined) return { revision: tip, isNew: false };
    const outcome = await this.push(id, branch, draft, signal);
    if (outcome === "raced") return undefined;
    this.fetched.add(id);
    const revision = await this.describe(id, branch, signal);
    return { revision, isNew: outcome === "landed" && id !== tip.id };
  }

  /** The new commit, or the tip when the draft changes nothing. */
  private async write(
    draft: CommitDraft,
    tree: ManifestTree,
    tip: Revision,
    signal: AbortSignal,
  ): Promise<string> {
    const changes = changedFiles(draft, tree);
    if (changes.size === 0) return tip.id;
    const { author = defaultAuthor, clock } = this.options;
    const commit = { tip: tip.id, draft, tree, author, date: clock.now() };
    return this.attempt("write a commit", signal, () => writeCommit(this.place, commit, changes, signal));
  }

  private push(commit: string, branch: string, { tag }: CommitDraft, signal: AbortSignal) {
    const { exchangeTimeoutMs: timeoutMs = defaultExchangeTimeoutMs } = this.options;
    const what = `push to branch "${branch}" of ${this.url}`;
    return this.attempt(what, signal, () =>
      pushCommit(this.place, { commit, branch, tag, timeoutMs }, signal),
    );
  }

  private async fetchIfThere(
    wanted: WantedRef,
    name: string,
    signal: AbortSignal,
  ): Promise<Revision | undefined> {
    try {
      return await this.fetch(wanted, name, signal);
    } catch (error) {
      if (error instanceof ReconcilerError && error.code === "unknown-revision") return undefined;
      throw error;
    }
  }

  /** One commit without its history, as much of it as can be read, under a name of our own. */
  private fetch({ ref, branch }: WantedRef, name: string, signal: AbortSignal): Promise<Revision> {
    const what = `fetch ${name} of ${this.url}`;
    return this.fetching.run(() =>
      this.attempt(what, signal, async () => {
        const filter = `blob:limit=${maxFileBytes + 1}`;
        await this.fetchRef({ ref, target: fetchedRef, depth: 1, filter }, signal);
        const revision = await readRevision(this.place, fetchedRef, { branch, source: this.url }, signal);
        this.fetched.add(revision.id);
        return revision;
      }),
    );
  }

  private async fetchRef(fetch: Fetch, signal: AbortSignal): Promise<void> {
    const { exchangeTimeoutMs: timeoutMs = defaultExchangeTimeoutMs } = this.options;
    const { ref, target, depth } = fetch;
    // Once tried, a filter is the default of the repository: "none" must be said.
    const filter = this.canFilter ? `--filter=${fetch.filter}` : "--no-filter";
    const options = ["--quiet", `--depth=${depth}`, "--no-tags", "--no-write-fetch-head", filter];
    const args = ["fetch", ...options, remoteName, `+${ref}:${target}`];
    try {
      await runGit(this.place, args, { timeoutMs }, signal);
    } catch (error) {
      // Most servers that cannot filter ignore the wish; some forbid this filter and hang up.
      if (!this.canFilter || !(error instanceof GitExit) || !/filter .* not supported/.test(error.stderr))
        throw error;
      this.canFilter = false;
      await this.fetchRef(fetch, signal);
    }
  }

  private describe(id: string, branch: string, signal: AbortSignal): Promise<Revision> {
    const facts = { branch, source: this.url };
    return this.attempt(`read commit ${id}`, signal, () => readRevision(this.place, id, facts, signal));
  }

  private unknown(name: string): ReconcilerError {
    return new ReconcilerError("unknown-revision", `${this.url} has no ${name}`, {
      hint: "check its spelling, or push it first; of a commit give all 40 digits",
    });
  }

  private async attempt<T>(what: string, signal: AbortSignal, effect: () => Promise<T>): Promise<T> {
    try {
      return await effect();
    } catch (error) {
      throw translateGitError(error, { what, secrets: this.place.secrets, signal });
    }
  }
}

function nameOf({ ref }: WantedRef): string {
  return ref.replace(/^refs\/heads\/(.*)/, 'branch "$1"').replace(/^refs\/tags\/(.*)/, 'tag "$1"');
}
