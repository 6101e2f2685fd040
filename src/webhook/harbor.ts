import type { Mark } from "../model/mark.ts";
import { type HookAdapter, json, nothing } from "./adapter.ts";
import { listAt, textAt } from "./json.ts";
import { imageMark, readImages } from "./marks.ts";
import { verifyToken } from "./static-token.ts";

const pushTypes = new Map([
  ["PUSH_ARTIFACT", "event_data"],
  ["harbor.artifact.pushed", "data"],
]);

/**
 * https://goharbor.io/docs/main/working-with-projects/project-configuration/configure-webhooks: `Authorization` is what
 * the policy's "Auth Header" says, verbatim. The default format and CloudEvents differ in names only.
 */
export const harbor: HookAdapter = {
  contentTypes: [json, "application/cloudevents+json"],
  verify: (request, secrets) => verifyToken("authorization", request, secrets),
  read: (body) => {
    const member = pushTypes.get(textAt(body, "type") ?? "");
    if (member === undefined) return nothing("an event of another kind");
    return readImages(listAt(body, member, "resources").map(readResource));
  },
};

/** `harbor.example.com/team/web:58-develop`; a push without a tag has its digest in place of the tag. */
function readResource(resource: unknown): Mark | undefined {
  const [url, tag] = [textAt(resource, "resource_url"), textAt(resource, "tag")];
  return tag?.includes(":") ? undefined : imageMark(url, tag);
}
