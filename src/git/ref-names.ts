import { ReconcilerError } from "../model/errors.ts";

/** What to look for in a repository, in this order. */
export type WantedRevision =
  | { readonly kind: "commit"; readonly id: string }
  | { readonly kind: "name"; readonly name: string; readonly refs: readonly WantedRef[] };

export interface WantedRef {
  /** `refs/heads/develop`, or `HEAD`. */
  readonly ref: string;
  readonly branch?: string;
}

const commitId = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/**
 * A branch, a tag or a full commit id. Of both a branch and a tag with the name the branch is meant;
 * `refs/heads/x` and `refs/tags/x` (as CI systems write them) name one kind.
 */
export function parseWantedRevision(text: string): WantedRevision {
  if (commitId.test(text)) return { kind: "commit", id: text };
  if (text === "HEAD") return { kind: "name", name: text, refs: [{ ref: "HEAD" }] };
  const name = text.replace(/^refs\/(?:heads|tags)\//, "");
  checkRefName(name, "revision");
  const branch = { ref: `refs/heads/${name}`, branch: name };
  const tag = { ref: `refs/tags/${name}` };
  const refs = text.startsWith("refs/heads/")
    ? [branch]
    : text.startsWith("refs/tags/")
      ? [tag]
      : [branch, tag];
  return { kind: "name", name, refs };
}

/**
 * Checks the name of a branch or tag before git sees it: the rules of `git check-ref-format --branch`, and a
 * length that fits into a file name.
 *
 * @throws ReconcilerError `usage`
 */
export function checkRefName(name: string, kind: "branch" | "tag" | "revision"): void {
  const mistake = mistakeInRefName(name);
  if (mistake === undefined) return;
  throw new ReconcilerError("usage", `${kind} ${JSON.stringify(name.slice(0, 250))} ${mistake}`, {
    hint: "write the name of a branch or tag, or a full commit id",
  });
}

function mistakeInRefName(name: string): string | undefined {
  if (name === "" || name === "@" || name === "HEAD") return "is not a name";
  if (name.length > 250) return "is too long";
  if (name.startsWith("-")) return "begins with a dash";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: git forbids exactly these.
  const forbidden = /[\x00-\x20\x7f~^:?*[\\]|\ufffd/.exec(name)?.[0];
  if (forbidden !== undefined) return `holds ${JSON.stringify(forbidden)}`;
  if (name.includes("..") || name.includes("@{")) return 'holds ".." or "@{"';
  if (name.endsWith(".")) return "ends with a dot";
  const isBadPart = (part: string) => part === "" || part.startsWith(".") || part.endsWith(".lock");
  if (name.split("/").some(isBadPart))
    return 'has an empty part, or one that begins with "." or ends with ".lock"';
  return undefined;
}

/**
 * Splits `HEAD~2`, `v1^` and the like into a name and the steps back from it, for a repository on disk: it
 * alone has the history to go back in.
 */
export function splitAncestry(text: string): { readonly start: string; readonly steps: string } {
  const match = /^(.*?)((?:~\d{0,6}|\^\d{0,2})*)$/s.exec(text);
  return { start: match?.[1] ?? text, steps: match?.[2] ?? "" };
}
