import { compareTags as compareParsed, parseTag } from "../model/build-tag.ts";

/** How a tag says which version it is; `other` says nothing that could be compared. */
export type TagForm =
  /** `58-develop`: build 58 of branch `develop`. */
  | { readonly form: "build"; readonly build: number; readonly branch: string }
  | { readonly form: "date" }
  | { readonly form: "semver" }
  | { readonly form: "other" };

/** @param isOwn only builds of one's own are numbered: `22-alpine` of somebody else is no build of a branch `alpine` */
export function tagForm(tag: string | undefined, isOwn: boolean): TagForm {
  const parsed = parseTag(tag ?? "");
  if (parsed.form === "build")
    return isOwn ? { form: "build", build: Number(parsed.build), branch: parsed.branch } : { form: "other" };
  return { form: parsed.form === "version" ? "semver" : parsed.form };
}

/**
 * Negative when `a` is older than `b`, 0 when they are equal, `undefined` when nobody can tell: other forms, builds of
 * two branches, builds of somebody else.
 */
export function compareTags(a: string, b: string, isOwn: boolean): number | undefined {
  if (a === b) return 0;
  const [first, second] = [parseTag(a), parseTag(b)];
  if (first.form === "build" && !isOwn) return undefined;
  return compareParsed(first, second) ?? compareShort(a, b);
}

/** `16.2`, as many name their images: no semantic versions, and yet of two with two numbers one is older. */
const shortVersion = /^v?(\d+)\.(\d+)$/;

function compareShort(a: string, b: string): number | undefined {
  const [first, second] = [shortVersion.exec(a), shortVersion.exec(b)];
  if (first === null || second === null) return undefined;
  return Number(first[1]) - Number(second[1]) || Number(first[2]) - Number(second[2]);
}
