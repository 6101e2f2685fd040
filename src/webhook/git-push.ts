import { nothing, type Reading } from "./adapter.ts";
import { memberAt, textAt } from "./json.ts";
import { readRef } from "./marks.ts";

/** The push of GitHub, Gitea and Forgejo: `ref`, `after`, `deleted`, `repository.full_name`. */
export function readPush(json: unknown): Reading {
  if (memberAt(json, "deleted") === true || isGone(textAt(json, "after"))) return nothing("a deleted branch");
  const repository = textAt(json, "repository", "full_name");
  if (repository === undefined) return nothing("no repository");
  return readRef(textAt(json, "ref"), repository);
}

/** The commit that stands for none, in SHA-1 or SHA-256. */
export function isGone(commit: string | undefined): boolean {
  return commit !== undefined && /^0+$/.test(commit);
}
