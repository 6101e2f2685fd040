import type { ManifestFile, ManifestTree } from "./manifest-tree.ts";
import type { Revision } from "./revision.ts";

/** Where a configuration lies in an image, if its environment does not say otherwise. */
export const configPath = "/config";

/** Says what an image was baked from; equal ones are equal systems. */
export const bakedLabel = "mysysconfig.baked";

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

/** The variables in which an image carries the facts of its revision, as the Dockerfile sets them. */
const factNames = {
  revision: "MYSYSCONFIG_REVISION",
  branch: "MYSYSCONFIG_BRANCH",
  subject: "MYSYSCONFIG_SUBJECT",
  source: "MYSYSCONFIG_SOURCE",
  build: "MYSYSCONFIG_BUILD",
  created: "MYSYSCONFIG_CREATED",
} as const;

/** The revision that an image says it was baked from; its own id stands in for an unknown commit. */
export function bakedRevision({ id, environment }: Pick<LocalImage, "id" | "environment">): Revision {
  const fact = (name: keyof typeof factNames) => environment[factNames[name]] || undefined;
  const [branch, subject, source, created] = [
    fact("branch"),
    fact("subject"),
    fact("source"),
    fact("created"),
  ];
  const build = Number(/^(\d+)(-|$)/.exec(fact("build") ?? "")?.[1]);
  return {
    id: fact("revision") ?? id.replace(/^sha256:/, ""),
    ...(branch === undefined ? {} : { branch }),
    ...(subject === undefined ? {} : { subject }),
    ...(source === undefined ? {} : { source }),
    ...(Number.isSafeInteger(build) ? { build } : {}),
    ...(created === undefined || Number.isNaN(Date.parse(created)) ? {} : { created }),
  };
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
