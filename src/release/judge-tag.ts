import type { Diagnostic } from "../lib/diagnostic.ts";
import type { DiagnosticCode } from "../lib/diagnostic-codes.ts";
import type { ErrorCode } from "../model/errors.ts";
import { isOwnImage, judgeImage } from "../model/image-policy.ts";
import { isDigest, isTag } from "../model/image-ref.ts";
import { policyOf } from "../model/tag-policy.ts";
import { formatTail, type ImageSite, type ImageTail } from "./image-site.ts";
import type { ReleaseView } from "./release-view.ts";
import { compareTags } from "./tag-form.ts";

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
  const refused = site.names.flatMap((name) => {
    const { error, hint } = judgeImage(name + formatTail(tail), view.images);
    return error === undefined ? [] : [mistakeAt(site, "image-refused", error, hint)];
  });
  if (refused.length > 0) return refused;
  const pinned = reportPin(view, site, tail);
  return pinned.length > 0 ? pinned : reportDowngrade(view, site, site.tail, tail, options);
}

/** A pinned image gets no other tag. */
export function reportPin(view: ReleaseView, site: ImageSite, tail: ImageTail): readonly Diagnostic[] {
  return site.names.flatMap((name) => {
    const policy = policyOf(name, view.settings.images);
    if (policy.kind !== "pinned" || tail.tag === policy.tag) return [];
    const message = `image "${name}" is pinned to "${policy.tag}"`;
    return [mistakeAt(site, "pinned-image", message, "change images.policies in mysysconfig.yaml first")];
  });
}

/**
 * Only what is built here has numbers of builds: nobody knows which of `16-alpine` and `2-alpine` of somebody
 * else is older.
 *
 * @param from what the workload has now
 */
export function reportDowngrade(
  { images: { own } }: ReleaseView,
  site: ImageSite,
  from: ImageTail,
  to: ImageTail,
  options: TagOptions,
): readonly Diagnostic[] {
  const isOwn = site.names.some((name) => isOwnImage(name, own));
  if (options.allowDowngrade || !isDowngrade(from.tag, to.tag, isOwn)) return [];
  const message = `"${to.tag}" is older than "${from.tag}", which "${site.image.label}" has`;
  return [mistakeAt(site, "downgrade", message, "ask for it explicitly if going back is meant")];
}

function mistakeAt(
  { position }: ImageSite,
  code: DiagnosticCode,
  message: string,
  hint: string | undefined,
): Diagnostic {
  return { severity: "error", code, position, message, ...(hint === undefined ? {} : { hint }) };
}

/** Only tags of one form and one branch can be called older. */
function isDowngrade(from: string | undefined, to: string | undefined, isOwn: boolean): boolean {
  if (from === undefined || to === undefined) return false;
  return (compareTags(to, from, isOwn) ?? 0) < 0;
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
