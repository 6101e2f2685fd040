import type { Diagnostic } from "../lib/diagnostic.ts";
import { compareTags, parseTag } from "../model/build-tag.ts";
import type { ErrorCode } from "../model/errors.ts";
import { judgeImage } from "../model/image-policy.ts";
import { isDigest, isTag } from "../model/image-ref.ts";
import { policyOf } from "../model/tag-policy.ts";
import { formatTail, type ImageSite, type ImageTail } from "./image-site.ts";
import type { ReleaseView } from "./release-view.ts";

export interface TagOptions {
  /** Lets an older tag replace a newer one. */
  readonly allowDowngrade: boolean;
}

/** Why this tag must not stand at this place: other branch, pinned image, older than what is there. */
export function judgeTag(
  view: ReleaseView,
  site: ImageSite,
  tail: ImageTail,
  options: TagOptions,
): readonly Diagnostic[] {
  return site.names.flatMap((name) => {
    const at = (code: string, message: string, hint: string | undefined): Diagnostic => ({
      severity: "error",
      code,
      position: site.position,
      message,
      ...(hint === undefined ? {} : { hint }),
    });
    const verdict = judgeImage(name + formatTail(tail), view.images);
    if (verdict.error !== undefined) return [at("image-refused", verdict.error, verdict.hint)];
    const policy = policyOf(name, view.settings.images);
    if (policy.kind === "pinned" && tail.tag !== policy.tag) {
      const message = `image "${name}" is pinned to "${policy.tag}"`;
      return [at("pinned-image", message, "change images.policies in mysysconfig.yaml first")];
    }
    if (options.allowDowngrade || !isDowngrade(site.tail.tag, tail.tag)) return [];
    const message = `"${tail.tag}" is older than "${site.tail.tag}", which "${site.image.label}" has`;
    return [at("downgrade", message, "ask for it explicitly if going back is meant")];
  });
}

/** Only tags of one form and one branch can be called older. */
export function isDowngrade(from: string | undefined, to: string | undefined): boolean {
  if (from === undefined || to === undefined) return false;
  return (compareTags(parseTag(to), parseTag(from)) ?? 0) < 0;
}

/** What is wrong with a tag or digest itself, as a sentence. */
export function tailMistake({ tag, digest }: ImageTail): string | undefined {
  if (tag !== undefined && !isTag(tag)) return `"${tag}" is no tag`;
  return digest === undefined || isDigest(digest) ? undefined : `"${digest}" is no digest`;
}

/** The code of the failure that errors of an edit amount to; a downgrade is refused, not invalid. */
export function editErrorCode(diagnostics: readonly Diagnostic[]): ErrorCode {
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  return errors.every(({ code }) => code === "downgrade") ? "downgrade" : "configuration-invalid";
}
