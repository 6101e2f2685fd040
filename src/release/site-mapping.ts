import type { Diagnostic, Position } from "../lib/diagnostic.ts";
import type { TextRange } from "../lib/text-places.ts";
import type { RenderedTree } from "../render/render-tree.ts";
import type { FileTexts } from "./file-texts.ts";
import { type ImagePlace, type ImageSite, type ManifestImage, readReference } from "./image-site.ts";

/** A repository as written and as rendered. */
export interface BothTrees {
  readonly written: FileTexts;
  readonly rendered: FileTexts;
  /** From a place in a rendered file to the place in its template. */
  readonly mapPosition: RenderedTree["mapPosition"];
}

/**
 * Finds the file of the repository in which a tag is written: the manifest itself, the template that it is
 * rendered from, or a partial of it. A tag that an expression of the template puts in is an obstacle,
 * pointed at.
 */
export function toSite(image: ManifestImage, manifestPath: string, trees: BothTrees): ImageSite {
  const found = image.places.map((place) => toWritten(place, manifestPath, trees));
  const places = found.filter((place) => "file" in place);
  const path = places[0]?.file ?? writtenPath(manifestPath, trees);
  const obstacle = obstacleOf(image, manifestPath, trees) ?? found.find((place) => "message" in place);
  const isSplit = places.some(({ file }) => file !== path);
  const position = trees.mapPosition(positionIn(manifestPath, image.range, trees));
  const { name, tail } = readReference(image.reference);
  return {
    image,
    keys: [image.key],
    names: name === undefined ? [] : [name],
    tail,
    path,
    position,
    places,
    manifestPath,
    ...(obstacle ? { obstacle } : isSplit ? { obstacle: splitObstacle(image, position) } : {}),
  };
}

/** The instances of a template unit have their image at the same place. */
export function mergeInstances(sites: readonly ImageSite[]): readonly ImageSite[] {
  const groups = Map.groupBy(sites, ({ manifestPath, image }) => `${image.range.start} ${manifestPath}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (!first) return [];
    const keys = group.flatMap((site) => site.keys);
    return [{ ...first, keys, names: [...new Set(group.flatMap((site) => site.names))] }];
  });
}

type WrittenPlace = ImagePlace & { readonly file: string };

function toWritten(place: ImagePlace, manifestPath: string, trees: BothTrees): WrittenPlace | Diagnostic {
  // With the last character of the name: an empty tail has a place as well.
  const start = place.start - 1;
  const text = trees.rendered.textOf(manifestPath).slice(start, place.end);
  const position = trees.mapPosition(positionIn(manifestPath, { start, end: place.end }, trees));
  const file = trees.written.has(position.file) ? position.file : manifestPath;
  const offset = trees.written.placesOf(file).offsetOf(position);
  if (trees.written.textOf(file).slice(offset, offset + text.length) === text)
    return { file, start: offset + 1, end: offset + text.length };
  const tag = { start: Math.min(place.start + 1, place.end), end: place.end };
  return {
    severity: "error",
    code: "templated-tag",
    position: trees.mapPosition(positionIn(manifestPath, tag, trees)),
    message: "the tag of the image comes from an expression of the template, which is not edited",
    hint: "write the tag itself into the template, or change the value where it is set",
  };
}

function obstacleOf(image: ManifestImage, manifestPath: string, trees: BothTrees): Diagnostic | undefined {
  if (!image.obstacle) return undefined;
  const { range = image.range, ...obstacle } = image.obstacle;
  const position = trees.mapPosition(positionIn(manifestPath, range, trees));
  return { severity: "error", ...obstacle, position };
}

function splitObstacle(image: ManifestImage, position: Position): Diagnostic {
  return {
    severity: "error",
    code: "unusual-image",
    position,
    message: `the image of "${image.label}" is written in several files`,
    hint: "write docker pull and docker run into the same file, or drop docker pull, which is not needed",
  };
}

function writtenPath(manifestPath: string, { written }: BothTrees): string {
  return written.has(manifestPath) ? manifestPath : `${manifestPath}.hbs`;
}

function positionIn(manifestPath: string, range: TextRange, { rendered }: BothTrees): Position {
  const place = rendered.placesOf(manifestPath).placeOf(range.start);
  const length =
    rendered.textOf(manifestPath).slice(range.start, range.end).split(/\r?\n/, 1)[0]?.length ?? 0;
  return { file: manifestPath, ...place, ...(length > 0 ? { length } : {}) };
}
