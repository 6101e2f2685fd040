import type { Diagnostic, Position } from "../lib/diagnostic.ts";
import type { DiagnosticCode } from "../lib/diagnostic-codes.ts";
import { didYouMean } from "../lib/suggest.ts";
import { isOwnImage } from "../model/image-policy.ts";
import type { ImageSite } from "./image-site.ts";

/** Which image of a submitted file is the one that was just built. */
export interface OwnImageWish {
  readonly tag: string;
  /** Its name; without it the file must leave no doubt. */
  readonly image?: string | undefined;
  /** Patterns of own images. */
  readonly own: readonly string[];
  /** The submitted file, for mistakes that have no other place. */
  readonly file: string;
}

/**
 * The places of a submitted file that get the tag: those of the named image, else the single image without a
 * tag, own images first. None when the file (a rendered template) has the tag already.
 */
export function chooseOwnImage(
  sites: readonly ImageSite[],
  wish: OwnImageWish,
): { readonly sites: readonly ImageSite[] } | { readonly mistake: Diagnostic } {
  return wish.image === undefined ? chooseUntagged(sites, wish) : chooseNamed(sites, wish, wish.image);
}

function chooseNamed(sites: readonly ImageSite[], wish: OwnImageWish, image: string) {
  const named = sites.filter((site) => site.names.includes(image));
  if (named.length === 0) {
    const names = sites.flatMap((site) => site.names);
    const hint = didYouMean(image, names) ?? `its images: ${names.join(", ") || "none"}`;
    return refuse(startOf(wish), "unknown-name", `the file does not run the image "${image}"`, hint);
  }
  const fixed = named.find(({ tail }) => hasVersion(tail) && tail.tag !== wish.tag);
  if (fixed)
    return refuse(fixed.position, "tagged-image", `image "${fixed.image.reference}" has a tag`, untag);
  return { sites: named.filter(({ tail }) => !hasVersion(tail)) };
}

function chooseUntagged(sites: readonly ImageSite[], wish: OwnImageWish) {
  const open = sites.filter(({ tail }) => !hasVersion(tail));
  const own = open.filter((site) => site.names.some((name) => isOwnImage(name, wish.own)));
  const chosen = own.length > 0 ? own : open;
  const names = [...new Set(chosen.flatMap((site) => site.names))];
  if (names.length > 1) {
    const hint = `say which one was built: ${names.join(" or ")}`;
    return refuse(startOf(wish), "several-images", "several images of the file have no tag", hint);
  }
  if (chosen.length > 0 || sites.some(({ tail }) => tail.tag === wish.tag)) return { sites: chosen };
  const position = sites[0]?.position ?? startOf(wish);
  return refuse(position, "tagged-image", `no image of the file takes the tag "${wish.tag}"`, untag);
}

const untag = "leave the tag out: it is put in when the file is submitted; a template may write {{tag}}";

function hasVersion({ tag, digest }: ImageSite["tail"]): boolean {
  return tag !== undefined || digest !== undefined;
}

function startOf({ file }: OwnImageWish): Position {
  return { file, line: 1, column: 1 };
}

function refuse(position: Position, code: DiagnosticCode, message: string, hint: string) {
  return { mistake: { severity: "error", code, position, message, hint } as const };
}
