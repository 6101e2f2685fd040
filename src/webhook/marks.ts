import { familiarName, isTag, parseImageRef } from "../model/image-ref.ts";
import type { Mark } from "../model/mark.ts";
import { nothing, type Reading } from "./adapter.ts";

/** Longer names exist nowhere: 255 bytes is the limit of a path component, and of GitHub. */
const longestBranch = 255;
const longestName = 500;
/** One body says no more; what pushes more at once says it again. */
const maxMarks = 1_000;

const headsPrefix = "refs/heads/";

/** `refs/heads/develop` of a repository; tags and other refs move no branch. */
export function readRef(ref: string | undefined, repository: string | undefined): Reading {
  if (ref === undefined) return nothing("no ref");
  if (ref.startsWith("refs/tags/")) return nothing("a tag");
  if (!ref.startsWith(headsPrefix)) return nothing("no branch");
  return readBranch(ref.slice(headsPrefix.length), repository);
}

/** @param repository `undefined` where the sender does not tell */
export function readBranch(branch: string, repository: string | undefined): Reading {
  if (!isBranchName(branch)) return nothing("a branch name that Git does not allow");
  if (repository === undefined) return { marks: [{ kind: "branch", branch }] };
  if (!isPlain(repository, longestName)) return nothing("a repository name that cannot be one");
  return { marks: [{ kind: "branch", branch, repository }] };
}

/** What git-check-ref-format(1) allows, without the spaces and control characters of all of Unicode. */
function isBranchName(name: string): boolean {
  if (!isPlain(name, longestBranch) || /[~^:?*[\\]|\.\.|@\{|\/\/|\.$|^-|^@$/.test(name)) return false;
  return name.split("/").every((part) => part !== "" && !part.startsWith(".") && !part.endsWith(".lock"));
}

/** Prints as it is written: no control, format, separator or unassigned characters, no lone surrogates. */
function isPlain(text: string, longest: number): boolean {
  return text.length <= longest && /^[^\p{C}\p{Z}]+$/u.test(text);
}

/** @param name with or without a tag of its own; a digest is no tag, and moves none */
export function imageMark(name: string | undefined, tag?: string): Mark | undefined {
  if (name === undefined || name.length > longestName) return undefined;
  const ref = parseImageRef(name);
  if (typeof ref === "string" || ref.digest !== undefined) return undefined;
  const pushed = tag ?? ref.tag;
  if (pushed === undefined || !isTag(pushed)) return undefined;
  return { kind: "image", image: familiarName(ref), tag: pushed };
}

/** Each once, in their order. */
export function readImages(marks: readonly (Mark | undefined)[]): Reading {
  const distinct = new Map<string, Mark>();
  for (const mark of marks) {
    if (mark?.kind === "image" && distinct.size < maxMarks) distinct.set(`${mark.image}:${mark.tag}`, mark);
  }
  return distinct.size === 0 ? nothing("no tag of an image") : { marks: [...distinct.values()] };
}
