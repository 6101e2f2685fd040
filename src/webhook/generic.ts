import { type HookAdapter, json, nothing, type Reading, refused } from "./adapter.ts";
import { verifyHex } from "./hmac.ts";
import { memberAt, textAt } from "./json.ts";
import { imageMark, readBranch, readImages } from "./marks.ts";
import { refuseStandardKey, verifyStandard } from "./standard-signature.ts";

/** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
export const standardWebhooks: HookAdapter = {
  contentTypes: [json],
  verify: verifyStandard,
  read: readPlain,
  refuseSecret: refuseStandardKey,
};

const header = "x-signature";

/** `X-Signature: sha256=<hex>` or `sha512=<hex>` over the raw body: what a shell script can do. No SHA-1. */
export const hmac: HookAdapter = {
  contentTypes: [json],
  verify: (request, secrets) => {
    const prefix = /^(?:sha256|sha512)=/.exec(request.headers.get(header) ?? "")?.[0];
    if (prefix === undefined)
      return refused(request.headers.get(header) ? "a malformed signature" : "no signature");
    const algorithm = prefix === "sha512=" ? "sha512" : "sha256";
    return verifyHex({ header, prefix, algorithm }, request, secrets);
  },
  read: (body) => {
    const reading = readPlain(body);
    // A script says the same after each of its pushes, unless it tells them apart itself.
    const isRepeatable = "marks" in reading && textAt(body, "id") === undefined;
    return isRepeatable ? { ...reading, isRepeatable: true } : reading;
  },
};

/** `{"branch": "develop", "repository": "ops/config"}` or `{"image": "myrepo/web", "tag": "58-develop"}`. */
function readPlain(body: unknown): Reading {
  const [branch, image] = [textAt(body, "branch"), textAt(body, "image")];
  if (branch !== undefined && image !== undefined) return nothing("both a branch and an image");
  if (image !== undefined) return readImages([imageMark(image, textAt(body, "tag"))]);
  if (branch === undefined) return nothing("neither a branch nor an image");
  const repository = memberAt(body, "repository");
  if (repository !== undefined && typeof repository !== "string") return nothing("no repository");
  return readBranch(branch, repository);
}
