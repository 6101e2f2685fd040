import type { ManifestFile, ManifestTree } from "./manifest-tree.ts";
import type { Revision } from "./revision.ts";

/** Where a configuration lies in an image, if its environment does not say otherwise. */
export const configPath = "/config";

/** Says what an image was baked from; equal ones are equal systems. */
export const bakedLabel = "mysysconfig.baked";

/** The image tells by it which version of the program is in it. */
export const programVersionVariable = "MYSYSCONFIG_VERSION";

/** A local image, as far as baking and reading baked configurations need it. */
export interface LocalImage {
  /** `sha256:…` */
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly environment: Readonly<Record<string, string>>;
  /** Of the manifest in the registry that the reference names. */
  readonly digest?: string;
}

/** What an image is built from. */
export interface BuildContext {
  /** All names of the image, `mysysconfig:develop`. */
  readonly tags: readonly string[];
  readonly files: ReadonlyMap<string, ManifestFile>;
  readonly buildArgs: Readonly<Record<string, string>>;
}

/** What an image says about the revision that was baked into it. */
export interface BakedFacts {
  readonly revision?: string;
  readonly branch?: string;
  readonly subject?: string;
  readonly source?: string;
  readonly build?: number;
  readonly created?: string;
}

/** Reads them out of the variables that the Dockerfile sets; an empty one says nothing. */
export function readBakedFacts(variable: (name: string) => string | undefined): BakedFacts {
  const text = (name: string) => variable(name) || undefined;
  const revision = text("MYSYSCONFIG_REVISION");
  const branch = text("MYSYSCONFIG_BRANCH");
  const subject = text("MYSYSCONFIG_SUBJECT");
  const source = text("MYSYSCONFIG_SOURCE");
  // A build tag, `112-develop`, or the number alone.
  const build = Number(/^(\d+)(-|$)/.exec(text("MYSYSCONFIG_BUILD") ?? "")?.[1]);
  const created = text("MYSYSCONFIG_CREATED");
  return {
    ...(revision === undefined ? {} : { revision }),
    ...(branch === undefined ? {} : { branch }),
    ...(subject === undefined ? {} : { subject }),
    ...(source === undefined ? {} : { source }),
    ...(Number.isSafeInteger(build) ? { build } : {}),
    ...(created === undefined || Number.isNaN(Date.parse(created)) ? {} : { created }),
  };
}

/** The revision that an image says it was baked from; its own id stands in for an unknown commit. */
export function bakedRevision({ id, environment }: Pick<LocalImage, "id" | "environment">): Revision {
  const { revision = id.replace(/^sha256:/, ""), ...facts } = readBakedFacts((name) => environment[name]);
  return { id: revision, ...facts };
}

/** Build arguments of an image made FROM the tool's image; see its Dockerfile. */
export function revisionArguments(revision: Revision, buildTag: string | undefined): Record<string, string> {
  const { id, branch = "", subject = "", source = "", created = "" } = revision;
  return {
    REVISION: id,
    BRANCH: branch,
    BUILD: buildTag ?? "",
    SUBJECT: subject,
    SOURCE: source,
    CREATED: created,
  };
}

/** The tree of a folder of an image, out of paths below it. */
export function treeBelow(files: readonly ManifestFile[]): ManifestTree {
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : 1));
  return new Map(sorted.map((file) => [file.path, file]));
}
