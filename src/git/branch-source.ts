import type { ManifestTree } from "../model/manifest-tree.ts";
import type { Revision } from "../model/revision.ts";
import type { ConfigSource, RevisionReader } from "../ports.ts";
import { GitSource } from "./git-source.ts";

interface ReadRevision {
  readonly revision: Revision;
  readonly tree: ManifestTree;
}

/**
 * A branch (or tag, or commit) of a repository that is opened for each look and disposed of after it: credentials lie
 * on disk no longer than that. Revision and tree are of the same moment.
 */
export class BranchSource implements ConfigSource {
  private readonly open: (signal: AbortSignal) => Promise<RevisionReader>;
  private readonly ref: () => string;
  private last: ReadRevision | undefined;

  /** @param ref asked when it is needed, because it may be missing */
  constructor(open: (signal: AbortSignal) => Promise<RevisionReader>, ref: () => string) {
    this.open = open;
    this.ref = ref;
  }

  async resolveRevision(signal: AbortSignal): Promise<Revision> {
    this.last = await this.look(this.ref(), signal);
    return this.last.revision;
  }

  async readTree(revision: Revision, signal: AbortSignal): Promise<ManifestTree> {
    if (this.last?.revision.id !== revision.id) this.last = await this.look(revision.id, signal);
    return this.last.tree;
  }

  async descendsFrom(earlier: string, revision: Revision, signal: AbortSignal): Promise<boolean> {
    await using repository = await this.open(signal);
    return await repository.descendsFrom(earlier, revision, signal);
  }

  private async look(ref: string, signal: AbortSignal): Promise<ReadRevision> {
    await using repository = await this.open(signal);
    const source = new GitSource(repository, ref);
    const revision = await source.resolveRevision(signal);
    return { revision, tree: await source.readTree(revision, signal) };
  }
}
