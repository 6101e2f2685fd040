import { matchesPattern } from "../lib/pattern.ts";
import { branchAsTag, parseTag } from "./build-tag.ts";
import { familiarName, familiarReference, type ImageRef, parseImageRef } from "./image-ref.ts";

/** Which images are built by the owners of this configuration, and which branch's builds may run here. */
export interface ImagePolicy {
  /** Patterns of own images without tag, `myrepo/*`; `*` stands for anything but `/`, `**` for anything. */
  readonly own: readonly string[];
  /** The environment's branch; builds of another branch are refused for own images. */
  readonly branch?: string;
  /** Branches whose builds may run here as well, because they are promoted to this environment. */
  readonly promotesFrom?: readonly string[];
  /** Builds of other branches that may run here all the same. */
  readonly exceptions?: readonly ImageException[];
}

/** One build of another branch that may run here. */
export interface ImageException {
  /** Name and tag; with a digest only what has this digest, without one whatever is called so. */
  readonly image: string;
  /** For people: why, and until when. */
  readonly reason: string;
}

export interface ImageVerdict {
  /** The reference to run, with a tag or digest. */
  readonly reference?: string;
  readonly error?: string;
  readonly warning?: string;
  readonly hint?: string;
}

/**
 * Decides what an image text in a manifest means: own images must carry a build tag of the environment's
 * branch or of one that is promoted to it, others may run as `latest` with a warning. A build of another branch that an exception allows is a
 * warning with its reason, so that it is not forgotten.
 */
export function judgeImage(text: string, policy: ImagePolicy): ImageVerdict {
  const ref = parseImageRef(text);
  if (typeof ref === "string") {
    return {
      error: `image "${text}" is not a valid reference: ${ref}`,
      hint: "write name:tag, for example myrepo/web:58-develop",
    };
  }
  if (isOwnImage(familiarName(ref), policy.own)) return judgeOwnImage(text, ref, policy);
  const reference = familiarReference(ref);
  if (ref.tag !== undefined || ref.digest !== undefined) return { reference };
  return {
    reference,
    warning: `image "${text}" has no tag and runs as "latest"`,
    hint: `pin it: ${familiarName(ref)}:<version>`,
  };
}

function judgeOwnImage(text: string, ref: ImageRef, policy: ImagePolicy): ImageVerdict {
  const { branch, exceptions = [] } = policy;
  if (ref.digest === undefined && (ref.tag === undefined || ref.tag === "latest")) {
    return {
      error: `own image "${text}" has no build tag`,
      hint: `write ${familiarName(ref)}:<build number>-${branchAsTag(branch ?? "branch")}; "latest" would not say what runs`,
    };
  }
  const reference = familiarReference(ref);
  const tag = parseTag(ref.tag ?? "");
  if (tag.form !== "build" || branch === undefined) return { reference };
  const branches = [branch, ...(policy.promotesFrom ?? [])];
  if (branches.includes(tag.branch)) return { reference };
  const what = `image "${text}" is a build of branch "${tag.branch}"`;
  const exception = exceptions.find((candidate) => isMeant(candidate, ref));
  if (exception) return { reference, warning: `${what}, which an exception allows: ${exception.reason}` };
  const runs = branches.map((one) => `"${one}"`).join(" and ");
  return {
    error: `${what}, but this environment runs ${runs}`,
    hint: `use a build that ends in ${branches.map((one) => `-${branchAsTag(one)}`).join(" or ")}`,
  };
}

/** Whether an exception is about this image. */
export function isMeant({ image }: ImageException, ref: ImageRef): boolean {
  const meant = parseImageRef(image);
  if (typeof meant === "string") return false;
  const isSameDigest = meant.digest === undefined || meant.digest === ref.digest;
  return familiarName(meant) === familiarName(ref) && meant.tag === ref.tag && isSameDigest;
}

/** @param name as people write it, without a tag (`familiarName`) */
export function isOwnImage(name: string, own: readonly string[]): boolean {
  return own.some((pattern) => matchesPattern(name, pattern));
}
