import { stat } from "node:fs/promises";
import { ReconcilerError } from "../model/errors.ts";
import { contentHash, fileParts } from "../model/fingerprint.ts";
import { lockFileName } from "../model/image-lock.ts";
import { configurationPaths, type ManifestFile, type ManifestTree } from "../model/manifest-tree.ts";
import type { Revision } from "../model/revision.ts";
import type { ConfigSource } from "../ports.ts";
import { readFolder } from "./read-folder.ts";

/** What is known about the files besides themselves, for example baked into the image that carries them. */
export interface RevisionFacts {
  /** Commit; the hash of the content stands in when it is not known. */
  readonly revision?: string | undefined;
  readonly branch?: string | undefined;
  readonly subject?: string | undefined;
  readonly build?: number | undefined;
  readonly created?: string | undefined;
  /** URL of the repository, without credentials. */
  readonly source?: string | undefined;
}

/**
 * A folder with a configuration repository: `--config DIR`, or the files baked into the image. The folder is read once,
 * so that the revision and the tree are of the same moment.
 */
export class FolderSource implements ConfigSource {
  private readonly root: string;
  private readonly facts: RevisionFacts;
  private tree: ManifestTree | undefined;

  constructor(root: string, facts: RevisionFacts = {}) {
    this.root = root;
    this.facts = facts;
  }

  async resolveRevision(signal: AbortSignal): Promise<Revision> {
    const { revision, branch, subject, source, build, created } = this.facts;
    return {
      id: revision ?? hashTree(await this.read(signal)),
      ...(branch === undefined ? {} : { branch }),
      ...(subject === undefined ? {} : { subject }),
      ...(source === undefined ? {} : { source }),
      ...(build === undefined ? {} : { build }),
      ...(created === undefined ? {} : { created }),
    };
  }

  /** A folder holds one revision, whichever is asked for. */
  async readTree(_revision: Revision, signal: AbortSignal): Promise<ManifestTree> {
    return this.read(signal);
  }

  private async read(signal: AbortSignal): Promise<ManifestTree> {
    this.tree ??= await readConfiguration(this.root, signal);
    return this.tree;
  }
}

/** A lock file lies in baked configurations only. */
const roots = [...configurationPaths, lockFileName];

async function readConfiguration(root: string, signal: AbortSignal): Promise<ManifestTree> {
  if (!(await isFolder(root))) {
    throw new ReconcilerError("configuration-unreadable", `configuration folder "${root}": not found`, {
      hint: "give a configuration repository with --config DIR, or bake one into the image at /config",
    });
  }
  const files = await readFolder(root, roots, signal);
  const tree = new Map<string, ManifestFile>(files.map((file) => [file.path, file]));
  if (!(await isFolder(`${root}/units`))) {
    throw new ReconcilerError(
      "configuration-unreadable",
      `"${root}" is not a configuration repository: it has no units/ folder`,
      { hint: "put one file for each thing that should run into units/; an empty folder is fine" },
    );
  }
  if (await isFolder(`${root}/mysysconfig.yaml`)) {
    throw new ReconcilerError("configuration-unreadable", `"${root}/mysysconfig.yaml" is a folder`, {
      hint: "Docker makes a folder when the file to mount does not exist; check the path of the mount",
    });
  }
  if (tree.has("mysysconfig.yml")) {
    throw new ReconcilerError("configuration-unreadable", `"${root}/mysysconfig.yml" would not be read`, {
      hint: "rename it to mysysconfig.yaml",
    });
  }
  return tree;
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

/** The same files give the same revision wherever the folder lies. */
function hashTree(tree: ManifestTree): string {
  return contentHash(fileParts(tree.values()));
}
