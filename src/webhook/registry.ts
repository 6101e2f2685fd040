import type { Mark } from "../model/mark.ts";
import { type HookAdapter, json, nothing } from "./adapter.ts";
import { listAt, textAt } from "./json.ts";
import { imageMark, readImages } from "./marks.ts";
import { verifyToken } from "./static-token.ts";

/**
 * https://distribution.github.io/distribution/about/notifications: whatever `headers.Authorization` of the endpoint says,
 * verbatim. The host is the one that the pusher used; `target.url` is an address and not asked for.
 */
export const registry: HookAdapter = {
  contentTypes: [
    "application/vnd.docker.distribution.events.v2+json",
    "application/vnd.docker.distribution.events.v1+json",
    json,
  ],
  verify: (request, secrets) => verifyToken("authorization", request, secrets),
  read: (body) => {
    const pushes = listAt(body, "events").filter((event) => textAt(event, "action") === "push");
    return pushes.length === 0 ? nothing("no push") : readImages(pushes.map(readEvent));
  },
};

function readEvent(event: unknown): Mark | undefined {
  const [host, path] = [textAt(event, "request", "host"), textAt(event, "target", "repository")];
  const tag = textAt(event, "target", "tag");
  if (host === undefined || path === undefined || tag === undefined) return undefined;
  // Without a dot, a port or "localhost" a first part would be read as a part of Docker Hub's path.
  return /[.:]|^localhost$/.test(host) ? imageMark(`${host}/${path}`, tag) : undefined;
}
