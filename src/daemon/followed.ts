import { familiarReference, parseImageRef } from "../model/image-ref.ts";
import type { Mark } from "../model/mark.ts";
import { sameRepository } from "../model/repository-name.ts";
import type { Followed } from "./daemon-app.ts";

/**
 * Whether a mark can mean something here. An image may be one that the configuration runs, which only the next run knows;
 * a branch counts when it is the one that is followed.
 */
export function concerns(mark: Mark, followed: Followed): boolean {
  if (mark.kind === "image") return true;
  if (followed.kind !== "branch" || mark.branch !== followed.branch) return false;
  return mark.repository === undefined || sameRepository(mark.repository, followed.repository);
}

/** For people: `branch develop of https://git.example.com/ops/config.git`. */
export function followedText(followed: Followed): string {
  if (followed.kind === "branch") return `branch ${followed.branch} of ${followed.repository}`;
  if (followed.kind === "folder") return "the configuration's own files";
  return `image ${followed.reference}${followed.isOwn ? ", its own" : ""}`;
}

/** A reference as the Engine's events have it. */
export function asReference(text: string): string {
  const ref = parseImageRef(text);
  return typeof ref === "string" ? text : familiarReference(ref);
}
