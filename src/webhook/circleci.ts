import { sameRepository } from "../model/repository-name.ts";
import { type HookAdapter, json, nothing, refused } from "./adapter.ts";
import { matchHex } from "./hmac.ts";
import { memberAt, textAt } from "./json.ts";
import { readBranch } from "./marks.ts";

/** Versions of signatures that are known, the strongest first: one is looked at, none below it. */
const version = "v1";

const signatureList = /^v\d+=[0-9a-f]*(?:, ?v\d+=[0-9a-f]*)*$/;

/** https://circleci.com/docs/outbound-webhooks: `circleci-signature: v1=<hex>[,vN=…]` over the raw body. */
export const circleci: HookAdapter = {
  contentTypes: [json],
  verify: ({ headers, body }, secrets) => {
    const value = headers.get("circleci-signature") ?? "";
    if (value === "") return refused("no signature");
    if (!signatureList.test(value)) return refused("a malformed signature");
    const parts = value.split(/, ?/);
    const known = parts.filter((part) => part.startsWith(`${version}=`));
    const [given, ...others] = known.map((part) => part.slice(version.length + 1));
    if (given === undefined) return refused("no signature of a known version");
    if (others.length > 0 || !/^[0-9a-f]{64}$/.test(given)) return refused("a malformed signature");
    return matchHex(given, "sha256", { body, secrets });
  },
  read: (body) => {
    if (textAt(body, "type") !== "workflow-completed") return nothing("an event of another kind");
    if (textAt(body, "workflow", "status") !== "success") return nothing("a workflow that did not succeed");
    const vcs = memberAt(body, "pipeline", "vcs");
    const [target, origin] = [textAt(vcs, "target_repository_url"), textAt(vcs, "origin_repository_url")];
    if (target === undefined || origin === undefined) return nothing("no repository");
    // The branch of a fork has a name that somebody outside chose.
    if (!sameRepository(target, origin)) return nothing("a fork");
    const branch = textAt(vcs, "branch");
    return branch === undefined ? nothing("no branch") : readBranch(branch, target);
  },
};
