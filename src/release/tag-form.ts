import { parseBuildTag } from "../model/image-policy.ts";

/** How a tag says which version it is; `other` says nothing that could be compared. */
export type TagForm =
  /** `58-develop`: build 58 of branch `develop`, the branch written as a tag allows. */
  | { readonly form: "build"; readonly build: number; readonly branch: string }
  /** `20261121`, `2026-11-21`, `20261121-0930`, `20261121T093000Z` */
  | { readonly form: "date" }
  /** `1.27`, `v1.27.3`, `1.27.3-rc.1` (Semantic Versioning 2.0.0; the patch number may be missing) */
  | { readonly form: "semver" }
  | { readonly form: "other" };

const datePattern = /^(\d{4})(-?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])(?:[-_.T]?(?:\d{4}|\d{6})Z?)?$/;
const semverPattern = /^v?(\d+)\.(\d+)(?:\.(\d+))?(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?$/;

/** @param isOwn only builds of one's own are numbered: `22-alpine` of somebody else is no build of a branch `alpine` */
export function tagForm(tag: string | undefined, isOwn: boolean): TagForm {
  if (tag === undefined) return { form: "other" };
  if (datePattern.test(tag)) return { form: "date" };
  const build = isOwn ? parseBuildTag(tag) : undefined;
  if (build !== undefined) return { form: "build", ...build };
  return { form: semverPattern.test(tag) ? "semver" : "other" };
}

/**
 * Negative when `a` is older than `b`, 0 when they are equal, `undefined` when nobody can tell: other forms, builds of
 * two branches.
 */
export function compareTags(a: string, b: string, isOwn: boolean): number | undefined {
  if (a === b) return 0;
  const [first, second] = [tagForm(a, isOwn), tagForm(b, isOwn)];
  if (first.form === "build" && second.form === "build")
    return first.branch === second.branch ? first.build - second.build : undefined;
  if (first.form !== second.form) return undefined;
  if (first.form === "date") return compareDates(a, b);
  return first.form === "semver" ? compareVersions(a, b) : undefined;
}

/** Digits from the year to the second; a day without a time cannot be told from a time of that day. */
function compareDates(a: string, b: string): number | undefined {
  const [first, second] = [a.replace(/\D/g, ""), b.replace(/\D/g, "")];
  const shared = Math.min(first.length, second.length);
  const [left, right] = [first.slice(0, shared), second.slice(0, shared)];
  if (left !== right) return left < right ? -1 : 1;
  return first.length === second.length ? 0 : undefined;
}

/** Semantic Versioning 2.0.0, section 11; a missing patch number is compared as one that is not known. */
function compareVersions(a: string, b: string): number | undefined {
  const [first, second] = [semverPattern.exec(a), semverPattern.exec(b)];
  for (const part of [1, 2, 3]) {
    const [left, right] = [first?.[part], second?.[part]];
    if (left === undefined || right === undefined) {
      if (left === right) continue;
      return undefined;
    }
    if (Number(left) !== Number(right)) return Number(left) - Number(right);
  }
  return comparePreReleases(first?.[4], second?.[4]);
}

/** A version with a pre-release comes before the one without. */
function comparePreReleases(a: string | undefined, b: string | undefined): number {
  if (a === b) return 0;
  if (a === undefined || b === undefined) return a === undefined ? 1 : -1;
  const [left, right] = [a.split("."), b.split(".")];
  for (const [index, word] of left.entries()) {
    const other = right[index];
    if (other === undefined) return 1;
    const order = compareIdentifiers(word, other);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

/** Numbers are compared as numbers and come before words. */
function compareIdentifiers(a: string, b: string): number {
  const [isNumber, isOtherNumber] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (isNumber && isOtherNumber) return Number(a) - Number(b);
  if (isNumber !== isOtherNumber) return isNumber ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}
