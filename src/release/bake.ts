import { isPinned } from "../desired/apply-lock.ts";
import { type BuildContext, bakedLabel, configPath, revisionArguments } from "../model/baked-image.ts";
import type { DesiredState } from "../model/desired-state.ts";
import { contentHash, fileParts } from "../model/fingerprint.ts";
import { formatLockFile, type LockFile, lockFileName } from "../model/image-lock.ts";
import type { ManifestFile, ManifestTree } from "../model/manifest-tree.ts";
import type { Revision } from "../model/revision.ts";

/** Everything that an image is baked from. The same ingredients make the same system. */
export interface Ingredients {
  /** As it was written, and with its templates rendered; see `compileDesiredState`. */
  readonly written: ManifestTree;
  readonly rendered: ManifestTree;
  /** Paths in `rendered` of templates that looked at secrets. */
  readonly secretReaders: ReadonlySet<string>;
  readonly lock: LockFile;
  /** The tool's image that this one is made FROM. */
  readonly base: { readonly reference: string; readonly id: string };
  readonly revision: Revision;
  /** `112-develop` */
  readonly buildTag?: string;
  readonly tags: readonly string[];
}

export interface Baked {
  readonly context: BuildContext;
  /** Equal for equal systems: the value of the label `mysysconfig.baked`. */
  readonly identity: string;
}

/** The context of a build that does nothing but copy the configuration and say where it comes from. */
export function bake(ingredients: Ingredients): Baked {
  const { base, lock, revision, buildTag, tags } = ingredients;
  const placed = [...bakedTree(ingredients).values()].map((file) => ({
    ...file,
    path: `config/${file.path}`,
  }));
  const buildArgs = revisionArguments(revision, buildTag);
  const facts = JSON.stringify([base.id, buildArgs, formatLockFile(lock)]);
  const identity = contentHash([facts, ...fileParts(placed)]);
  const dockerfile = [
    `FROM ${base.reference}`,
    `COPY config ${configPath}`,
    `LABEL ${bakedLabel}=${identity}`,
    "",
  ].join("\n");
  const files = [textFile("Dockerfile", dockerfile), ...placed];
  return { context: { tags, buildArgs, files: new Map(files.map((file) => [file.path, file])) }, identity };
}

/**
 * The files of a baked configuration: rendered units, the settings, the lock. A unit template that reads a secret stays
 * one, together with the templates that it may include, because the image must not hold what only the run knows.
 */
export function bakedTree({
  written,
  rendered,
  secretReaders,
  lock,
}: Omit<Ingredients, "base">): ManifestTree {
  const units = [...rendered.values()].filter(({ path }) => path.startsWith("units/"));
  const kept = units.flatMap((file) => {
    const template = written.get(`${file.path}.hbs`);
    return template !== undefined && secretReaders.has(file.path) ? template : file;
  });
  const hasTemplates = kept.some(({ path }) => path.endsWith(".hbs") && !rendered.has(path));
  const templates = hasTemplates
    ? [...written.values()].filter(({ path }) => path.startsWith("templates/"))
    : [];
  const settings = written.get("mysysconfig.yaml");
  const all = [
    ...(settings === undefined ? [] : [settings]),
    ...kept,
    ...templates,
    textFile(lockFileName, formatLockFile(lock)),
  ];
  return new Map(all.sort((a, b) => (a.path < b.path ? -1 : 1)).map((file) => [file.path, file]));
}

function textFile(path: string, text: string): ManifestFile {
  return { path, content: new TextEncoder().encode(text), executable: false };
}

/** The references that need a lock, each once, sorted: all but those that a digest pins already. */
export function unlockedImages({ workloads }: DesiredState): readonly string[] {
  const references = new Set(workloads.map(({ container }) => container.image));
  return [...references].filter((reference) => !isPinned(reference)).sort();
}
