import { matchesAny } from "../lib/pattern.ts";
import { branchAsTag, parseTag } from "./build-tag.ts";
import { familiarName, familiarReference, type ImageRef, parseImageRef } from "./image-ref.ts";
import { type PolicyRule, policyOf, type TagPolicy } from "./tag-policy.ts";

/** Which images are built by the owners of this configuration, and which branch's builds may run here. */
export interface ImagePolicy {
  /** Patterns of own images without tag, `myrepo/*`; `*` stands for anything but `/`, `**` for anything. */
  readonly own: readonly string[];
  /** The environment's branch; builds of another branch are refused for own images. */
  readonly branch?: string;
  /** Branches whose builds may run here as well, because they are promoted to this environment. */
  readonly promotesFrom?: readonly string[];
  /**
   * How the tags of single images move, which says what form they have; own images have build tags by
   * default.
   */
  readonly policies?: readonly PolicyRule[];
  /** Builds of other branches, and tags that are no builds, that may run here all the same. */
  readonly exceptions?: readonly ImageException[];
}

/** One build of another branch, or one tag that is no build, that may run here. */
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
 * branch or of one that is promoted to it (or a digest, or a tag of the form that their policy is about),
 * others may run as `latest` with a warning. What only an exception allows is a warning with its reason, so
 * that it is not forgotten.
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
  if (ref.digest === undefined && (ref.tag === undefined || ref.tag === "latest")) {
    return {
      error: `own image "${text}" has no build tag`,
      hint: `write ${buildOf(ref, policy)}; "latest" would not say what runs`,
    };
  }
  const verdict = judgeForm(text, ref, policy) ?? judgeBranch(text, ref, policy);
  const reference = familiarReference(ref);
  if (verdict === undefined) return { reference };
  const exception = policy.exceptions?.find((candidate) => isMeant(candidate, ref));
  if (!exception) return { error: verdict.error, hint: verdict.hint };
  return { reference, warning: `${verdict.what}, which an exception allows: ${exception.reason}` };
}

/** Why an own image must not run, unless an exception allows it. */
interface Objection {
  readonly what: string;
  readonly error: string;
  readonly hint: string;
}

/**
 * A tag that does not say which version runs: a name that moves on, or anything that no rule knows. Behind a
 * digest it is a comment.
 */
function judgeForm(text: string, ref: ImageRef, policy: ImagePolicy): Objection | undefined {
  const { own, policies = [] } = policy;
  if (ref.digest !== undefined || ref.tag === undefined) return undefined;
  const rule = policyOf(familiarName(ref), { own, policies });
  if (isOfForm(ref.tag, rule)) return undefined;
  const { form, example } = formWords(rule, ref, policy);
  const what = `own image "${text}" has a tag that is no ${form}`;
  const hint = `write ${example}, or say under images.policies how the tags of ${familiarName(ref)} move`;
  return { what, error: what, hint };
}

function isOfForm(tag: string, rule: TagPolicy): boolean {
  const { form } = parseTag(tag);
  switch (rule.kind) {
    case "newest-build":
      return form === "build";
    case "newest-date":
      return form === "date";
    case "semver":
      return form === "version";
    case "pinned":
      return tag === rule.tag || form === "build";
    case "fixed":
      return true;
    default:
      return rule satisfies never;
  }
}

function formWords(rule: TagPolicy, ref: ImageRef, policy: ImagePolicy) {
  const name = familiarName(ref);
  if (rule.kind === "newest-date") return { form: "date", example: `${name}:20150619_1504` };
  if (rule.kind === "semver") return { form: "version", example: `${name}:1.4.0` };
  return { form: "build tag", example: buildOf(ref, policy) };
}

function judgeBranch(text: string, ref: ImageRef, policy: ImagePolicy): Objection | undefined {
  const { branch, promotesFrom = [] } = policy;
  const tag = parseTag(ref.tag ?? "");
  if (tag.form !== "build" || branch === undefined) return undefined;
  const branches = [branch, ...promotesFrom];
  if (branches.includes(tag.branch)) return undefined;
  const what = `image "${text}" is a build of branch "${tag.branch}"`;
  const runs = branches.map((one) => `"${one}"`).join(" and ");
  return {
    what,
    error: `${what}, but this environment runs ${runs}`,
    hint: `use a build that ends in ${branches.map((one) => `-${branchAsTag(one)}`).join(" or ")}`,
  };
}

function buildOf(ref: ImageRef, { branch }: ImagePolicy): string {
  return `${familiarName(ref)}:<build number>-${branchAsTag(branch ?? "branch")}`;
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
  return matchesAny(name, own);
}
