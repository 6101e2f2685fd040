import { type HookAdapter, json, nothing, type Reading } from "./adapter.ts";
import { readPush } from "./git-push.ts";
import { verifyHex } from "./hmac.ts";
import { textAt } from "./json.ts";
import { imageMark, readImages } from "./marks.ts";

const scheme = { header: "x-hub-signature-256", prefix: "sha256=", algorithm: "sha256" } as const;

/**
 * https://docs.github.com/webhooks: SHA-256 only, the older `X-Hub-Signature` is not looked at. The delivery id is not
 * signed and so tells nothing.
 */
export const github: HookAdapter = {
  contentTypes: [json],
  verify: (request, secrets) => verifyHex(scheme, request, secrets),
  read: (body, headers) => {
    const event = headers.get("x-github-event");
    if (event === "push") return readPush(body);
    if (event === "package") return readPackage(body);
    return nothing(event === "ping" ? "a ping" : "an event of another kind");
  },
};

/** A push to ghcr.io. */
function readPackage(body: unknown): Reading {
  const type = textAt(body, "package", "package_type")?.toLowerCase();
  if (type !== "container" || textAt(body, "action") === "deleted") return nothing("no pushed image");
  const [owner, name] = [textAt(body, "package", "owner", "login"), textAt(body, "package", "name")];
  const tag = textAt(body, "package", "package_version", "container_metadata", "tag", "name");
  if (owner === undefined || name === undefined || tag === undefined) return nothing("no tag of an image");
  return readImages([imageMark(`ghcr.io/${owner}/${name}`.toLowerCase(), tag)]);
}
