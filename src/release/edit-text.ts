import { type Replacement, replaceRanges } from "../lib/text-places.ts";
import { formatTail, type ImagePlace, type ImageTail } from "./image-site.ts";

/** A tag (with a digest or without) for places of one file. */
export interface PlacedTag {
  /** Ranges of the text without byte order mark: what stands behind the name of an image. */
  readonly places: readonly ImagePlace[];
  readonly tail: ImageTail;
}

const byteOrderMark = "\uFEFF";

/**
 * Puts tags where images of a file are written, in place of the tags and digests that stand there.
 * Everything else stays as it is, byte for byte: comments, indentation, quotes, line ends, a byte order
 * mark.
 *
 * @param text of the file, with its byte order mark if it has one
 */
export function setImageTags(text: string, tags: readonly PlacedTag[]): string {
  const mark = text.startsWith(byteOrderMark) ? byteOrderMark : "";
  return mark + replaceRanges(text.slice(mark.length), replacementsOf(tags));
}

/** The same as replacements in the text without byte order mark. */
export function replacementsOf(tags: readonly PlacedTag[]): readonly Replacement[] {
  return tags.flatMap(({ places, tail }) => places.map((range) => ({ range, text: formatTail(tail) })));
}

/** `setImageTags` for the bytes of a file, which must be UTF-8. */
export function setImageTagsInFile(content: Uint8Array, tags: readonly PlacedTag[]): Uint8Array {
  const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(content);
  return new TextEncoder().encode(setImageTags(text, tags));
}
