import { ReconcilerError } from "../model/errors.ts";
import type { ManifestTree } from "../model/manifest-tree.ts";
import type { Revision } from "../model/revision.ts";
import type { ConfigSource, RevisionReader } from "../ports.ts";

/**
 * A branch (or tag, or commit) that is followed: each run takes the commit that it names at that time. The
 * repository belongs to the caller, who disposes of it.
 */
export class GitSource implements ConfigSource {
  private readonly repository: RevisionReader;
  private readonly ref: string;

  constructor(repository: RevisionReader, ref: string) {
    this.repository = repository;
    this.ref = ref;
  }

  resolveRevision(signal: AbortSignal): Promise<Revision> {
    return this.repository.resolve(this.ref, signal);
  }

  /** @throws ReconcilerError `configuration-unreadable` when the revision holds no configuration */
  async readTree(revision: Revision, signal: AbortSignal): Promise<ManifestTree> {
    const tree = await this.repository.readTree(revision, signal);
    const where = `${this.repository.url} at ${revision.id.slice(0, 7)}`;
    if (tree.has("mysysconfig.yml")) {
      throw new ReconcilerError(
        "configuration-unreadable",
        `"mysysconfig.yml" of ${where} would not be read`,
        {
          hint: "rename it to mysysconfig.yaml",
        },
      );
    }
    // Git keeps no empty folders: settings without units are a configuration too.
    if (tree.size > 0) return tree;
    throw new ReconcilerError(
      "configuration-unreadable",
      `${where} is not a configuration repository: it has neither units/ nor mysysconfig.yaml`,
      { hint: "put one file for each thing that should run into units/" },
    );
  }
}
