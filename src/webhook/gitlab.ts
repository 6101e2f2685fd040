import { type HookAdapter, type HookHeaders, json, nothing, type Reading } from "./adapter.ts";
import { isGone } from "./git-push.ts";
import { textAt } from "./json.ts";
import { readRef } from "./marks.ts";
import { refuseStandardKey, verifyStandard } from "./standard-signature.ts";
import { verifyToken } from "./static-token.ts";

/** GitLab 19.0 and newer with a signing token, which is Standard Webhooks. */
export const gitlab: HookAdapter = {
  contentTypes: [json],
  verify: verifyStandard,
  read: readGitlab,
  refuseSecret: refuseStandardKey,
};

/**
 * https://docs.gitlab.com/user/project/integrations/webhooks: the secret token itself. Nothing is signed, so that the
 * delivery's id is as true as its body, and two pushes can have the same body: there and back and there again.
 */
export const gitlabToken: HookAdapter = {
  contentTypes: [json],
  verify: (request, secrets) => {
    const verdict = verifyToken("x-gitlab-token", request, secrets);
    const deliveryId = deliveryOf(request.headers);
    return verdict.ok && deliveryId !== undefined ? { ok: true, deliveryId } : verdict;
  },
  read: readGitlab,
};

function deliveryOf(headers: HookHeaders): string | undefined {
  return headers.get("idempotency-key") || undefined;
}

function readGitlab(body: unknown): Reading {
  const kind = textAt(body, "object_kind");
  if (kind === "tag_push") return nothing("a tag");
  if (kind !== "push") return nothing("an event of another kind");
  if (isGone(textAt(body, "after"))) return nothing("a deleted branch");
  const repository = textAt(body, "project", "path_with_namespace");
  return repository === undefined ? nothing("no repository") : readRef(textAt(body, "ref"), repository);
}
