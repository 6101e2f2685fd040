import type { Diagnostic } from "../lib/diagnostic.ts";
import { nearestWord } from "../lib/suggest.ts";
import { familiarName, parseImageRef } from "../model/image-ref.ts";
import type { ImageSite } from "./image-site.ts";
import type { ReleaseView } from "./release-view.ts";

/** One image and no other, whatever people call it; it stays the same when the file around it is edited. */
export interface ExactPlace {
  /** The manifest as rendered. */
  readonly manifestPath: string;
  /** Key of a workload of that manifest. */
  readonly key: string;
}

/**
 * The places of an image that a person names: by the workload (`myservice`, `shop/api`, `worker@1`), by the
 * template unit (`worker` or `worker@`), or by the image's own name (`myrepo/web`), which means every place
 * of that image. A workload goes before an image of the same name.
 *
 * @param place where a program that has seen the places means exactly one of them; the name is for people
 *   then
 * @returns errors when nothing has the name: the nearest name, and the mistakes that may hide what was meant
 */
export function findImageSites(
  view: ReleaseView,
  name: string,
  place?: ExactPlace,
): readonly ImageSite[] | { readonly mistakes: readonly Diagnostic[] } {
  if (place) return sitesAt(view, name, place);
  const byKey = view.sites.filter((site) => site.keys.includes(name));
  if (byKey.length > 0) return byKey;
  const template = name.replace(/@$/, "");
  const byTemplate = view.sites.filter(
    ({ image: { label }, keys }) => label === template && !keys.includes(label),
  );
  if (byTemplate.length > 0) return byTemplate;
  const ref = parseImageRef(name);
  const image = typeof ref === "string" || ref.tag !== undefined ? name : familiarName(ref);
  const byImage = view.sites.filter((site) => site.names.includes(image));
  return byImage.length > 0 ? byImage : { mistakes: [unknownName(view, name), ...view.diagnostics] };
}

function sitesAt(view: ReleaseView, name: string, { manifestPath, key }: ExactPlace) {
  const there = view.sites.filter((site) => site.manifestPath === manifestPath && site.keys.includes(key));
  return there.length > 0 ? there : { mistakes: [unknownName(view, name), ...view.diagnostics] };
}

function unknownName({ sites, diagnostics }: ReleaseView, name: string): Diagnostic {
  const known = new Map(
    sites.flatMap((site) => [...site.names, ...site.keys, site.image.label].map((word) => [word, site])),
  );
  const nearest = nearestWord(name, known.keys());
  const labels = [...new Set(sites.map((site) => site.image.label))].sort();
  const site = nearest === undefined ? undefined : known.get(nearest);
  const list = labels.length === 0 ? "there is no image at all" : `there are: ${labels.join(", ")}`;
  const otherwise = diagnostics.length === 0 ? list : "it may stand in a file that has mistakes";
  return {
    severity: "error",
    code: "unknown-name",
    position: site?.position ?? { file: "units/", line: 1, column: 1 },
    message: `no workload and no image is called "${name}"`,
    hint: nearest === undefined ? otherwise : `did you mean "${nearest}"?`,
  };
}
