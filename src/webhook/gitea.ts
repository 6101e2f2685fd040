import { type HookAdapter, json, nothing } from "./adapter.ts";
import { readPush } from "./git-push.ts";
import { verifyHex } from "./hmac.ts";

/**
 * https://docs.gitea.com/usage/webhooks: a signature without a prefix. They send GitHub's headers as well, empty ones
 * when no secret is set; only their own count. Of a form or a GET they sign something else than the body.
 */
function giteaLike(vendor: "gitea" | "forgejo"): HookAdapter {
  const scheme = { header: `x-${vendor}-signature`, prefix: "", algorithm: "sha256" } as const;
  return {
    contentTypes: [json],
    verify: (request, secrets) => verifyHex(scheme, request, secrets),
    read: (body, headers) =>
      headers.get(`x-${vendor}-event`) === "push" ? readPush(body) : nothing("an event of another kind"),
  };
}

export const gitea = giteaLike("gitea");
export const forgejo = giteaLike("forgejo");
