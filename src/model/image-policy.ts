import { matchesPattern } from "../lib/pattern.ts";
import { familiarName, familiarReference, parseImageRef } from "./image-ref.ts";

/** Which images are built by the owners of this configuration, and which branch's builds may run here. */
export interface ImagePolicy {
  /** Patterns of own images without tag, `myrepo/*`; `*` stands for anything but `/`, `**` for anything. */
  readonly own: readonly string[];
  /** The environment's branch; builds of another branch are refused for own images. */
  readonly branch?: string;
  /** Branches whose builds may run here as well, because they are promoted to this environment. */
  readonly promotesFrom?: readonly string[];
}

/** @param name familiar, without tag */
export function isOwnImage(name: string, { own }: Pick<ImagePolicy, "own">): boolean {
  return own.some((pattern) => matchesPattern(name, pattern));
}

export interface ImageVerdict {
  /** The reference to run, with a tag or digest. */
  readonly reference?: string;
  readonly error?: string;
  readonly warning?: string;
  readonly hint?: string;
}

/**
 * Decides what an image text in a manifest means: own images must carry a build tag of the environment's branch, or of a
 * branch that is promoted to it; others may run as `latest` with a warning.
 */
export function judgeImage(text: string, policy: ImagePolicy): ImageVerdict {
  const ref = parseImageRef(text);
  if (typeof ref === "string") {
    return {
      error: `image "${text}" is not a valid reference: ${ref}`,
      hint: "write name:tag, for example myrepo/web:58-develop",
    };
  }
  const name = familiarName(ref);
  const isOwn = isOwnImage(name, policy);
  const reference = familiarReference(ref);
  const foreign = isOwn ? foreignBuild(text, ref.tag, policy) : undefined;
  if (foreign !== undefined) return foreign;
  if (ref.digest !== undefined) return { reference };
  if (isOwn && (ref.tag === undefined || ref.tag === "latest")) {
    return {
      error: `own image "${text}" has no build tag`,
      hint: `write ${name}:<build number>-${branchAsTag(policy.branch ?? "branch")}; "latest" would not say what runs`,
    };
  }
  if (ref.tag === undefined) {
    return {
      reference,
      warning: `image "${text}" has no tag and runs as "latest"`,
      hint: `pin it: ${name}:<version>`,
    };
  }
  return { reference };
}

/** Refuses the build of a branch that does not belong here; a digest beside the tag makes it no better. */
function foreignBuild(text: string, tag: string | undefined, policy: ImagePolicy): ImageVerdict | undefined {
  const build = tag === undefined ? undefined : parseBuildTag(tag);
  if (build === undefined || policy.branch === undefined) return undefined;
  const branches = [policy.branch, ...(policy.promotesFrom ?? [])];
  if (branches.some((branch) => branchAsTag(branch) === build.branch)) return undefined;
  const runs = branches.map((branch) => `"${branch}"`).join(" and ");
  return {
    error: `image "${text}" is a build of branch "${build.branch}", but this environment runs ${runs}`,
    hint: `use a build that ends in ${branches.map((branch) => `-${branchAsTag(branch)}`).join(" or ")}`,
  };
}

/** `58-develop` → build 58 of branch `develop`. */
export function parseBuildTag(tag: string): { build: number; branch: string } | undefined {
  const match = /^(\d+)-(.+)$/.exec(tag);
  return match?.[2] === undefined ? undefined : { build: Number(match[1]), branch: match[2] };
}

/** A branch name as a Docker tag may contain it: every other character becomes `-`. */
export function branchAsTag(branch: string): string {
  return branch.replace(/[^A-Za-z0-9_.-]/g, "-");
}
