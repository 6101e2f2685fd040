import { familiarReference, parseImageRef } from "../model/image-ref.ts";
import type { Mark } from "../model/mark.ts";
import { sameRepository } from "../model/repository-name.ts";
import type { Followed } from "./daemon-app.ts";

/**
 * Whether a mark can mean something here: a branch counts when it is the one that is followed, an image when it is that
 * one or the configuration runs it.
 *
 * @param images paths of the images that the configuration runs; `undefined` while that is not known
 */
export function concerns(mark: Mark, followed: Followed, images: ReadonlySet<string> | undefined): boolean {
  if (mark.kind === "image") {
    const path = imagePath(mark.image);
    if (images === undefined) return true;
    return path !== undefined && (images.has(path) || isFollowed(path, followed));
  }
  if (followed.kind !== "branch" || mark.branch !== followed.branch) return false;
  return mark.repository === undefined || sameRepository(mark.repository, followed.repository);
}

function isFollowed(path: string, followed: Followed): boolean {
  return followed.kind === "image" && imagePath(followed.reference) === path;
}

/** What names of images are compared by. Their registry is left out: senders call it by names of their own. */
export function imagePath(reference: string): string | undefined {
  const ref = parseImageRef(reference);
  return typeof ref === "string" ? undefined : ref.path.replace(/^library\//, "");
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
