import { mergeTags } from "../compose/merge-nodes.ts";
import type { Diagnostic } from "../lib/diagnostic.ts";
import { replaceRanges } from "../lib/text-places.ts";
import { parseYaml, type YamlNode } from "../lib/yaml.ts";
import { ReconcilerError } from "../model/errors.ts";
import { textOf } from "./file-texts.ts";
import { formatTail, type ImageSite, type ImageTail } from "./image-site.ts";
import type { ReleaseView } from "./release-view.ts";

export interface SiteEdit {
  readonly site: ImageSite;
  readonly tail: ImageTail;
}

/**
 * Compares the repository before and after an edit, both as rendered and parsed: the images that were asked
 * for carry their new tags, and nothing else reads differently.
 *
 * @returns errors where an edit reaches further than asked, because templates or anchors share what is
 *   edited
 * @throws ReconcilerError `internal` for any other difference: the editor is wrong, and nothing may be
 *   written
 */
export function checkEdit(
  before: ReleaseView,
  after: ReleaseView,
  edits: readonly SiteEdit[],
): readonly Diagnostic[] {
  const shared = findSharedTemplates(before, after, edits);
  if (shared.length > 0) return shared;
  const anchored = findSharedAnchors(before, after, edits);
  if (anchored.length > 0) return anchored;
  checkSites(before, after, edits);
  return [];
}

/** Rendered files that differ in more than the edited images. */
function findSharedTemplates(
  before: ReleaseView,
  after: ReleaseView,
  edits: readonly SiteEdit[],
): readonly Diagnostic[] {
  const byManifest = Map.groupBy(edits, ({ site }) => site.manifestPath);
  const paths = new Set([...before.rendered.tree.keys(), ...after.rendered.tree.keys()]);
  const unexpected = [...paths].filter((path) => {
    const expected = expectedText(before, path, byManifest.get(path) ?? []);
    const isThere = after.rendered.tree.has(path) === before.rendered.tree.has(path);
    return !isThere || textOf(after.rendered.tree, path) !== expected;
  });
  const isPartial = (path: string) =>
    edits.some(({ site }) => site.path === path && site.manifestPath !== path);
  const others = unexpected.filter((path) => !isPartial(path));
  const templated = edits.find(({ site }) => site.path !== site.manifestPath);
  if (others.length > 0 && templated) return [sharedTemplate(templated, others)];
  if (others.length > 0) throw wrongEdit(`${others.join(", ")} would change as well`);
  return [];
}

/** Instances of a template unit, or two names of one workload, may ask for the same place more than once. */
function expectedText(before: ReleaseView, path: string, edits: readonly SiteEdit[]): string {
  const byStart = new Map(
    edits.flatMap(({ site, tail }) =>
      site.image.places.map((range) => [range.start, { range, text: formatTail(tail) }] as const),
    ),
  );
  return replaceRanges(textOf(before.rendered.tree, path), [...byStart.values()]);
}

function sharedTemplate({ site }: SiteEdit, paths: readonly string[]): Diagnostic {
  return {
    severity: "error",
    code: "shared-image",
    position: site.position,
    message: `editing the image of "${site.image.label}" here would change other places of ${paths.join(", ")} too`,
    hint: "name all that share it in one command, or write the image where only one uses it",
  };
}

/** Values of a compose file that an anchor changes along with the images. */
function findSharedAnchors(
  before: ReleaseView,
  after: ReleaseView,
  edits: readonly SiteEdit[],
): readonly Diagnostic[] {
  const stacks = edits.filter(({ site }) => site.image.yamlPath !== undefined);
  const byManifest = Map.groupBy(stacks, ({ site }) => site.manifestPath);
  return [...byManifest].flatMap(([path, inFile]) => {
    const wanted = new Set(inFile.map(({ site }) => site.image.yamlPath?.join("\0")));
    const changed = differingPaths(parsed(before, path), parsed(after, path));
    const others = changed.filter((keys) => !wanted.has(keys.join("\0"))).map((keys) => keys.join("."));
    if (others.length === 0) return [];
    const anchored = inFile.filter(({ site }) => site.image.sharedAnchors.length > 0);
    if (anchored.length === 0) throw wrongEdit(`${others.join(", ")} of ${path} would change as well`);
    return anchored.map(({ site }) => sharedAnchor(site, others));
  });
}

function sharedAnchor({ image, position }: ImageSite, others: readonly string[]): Diagnostic {
  const anchors = image.sharedAnchors.map((anchor) => `"${anchor}"`).join(" and ");
  return {
    severity: "error",
    code: "shared-image",
    position,
    message: `the image of "${image.label}" is part of the anchor ${anchors}, so that editing it would change ${others.join(", ")} too`,
    hint: "write an image of their own where the anchor is used, or edit the file by hand",
  };
}

function parsed(view: ReleaseView, path: string): YamlNode | undefined {
  return parseYaml(textOf(view.rendered.tree, path), path, Object.values(mergeTags)).root;
}

/** Keys that lead to values that differ, down to the scalars where both trees have the same shape. */
function differingPaths(a: YamlNode | undefined, b: YamlNode | undefined): readonly (readonly string[])[] {
  if (a === b) return [];
  if (a?.kind === "map" && b?.kind === "map") {
    const keys = new Set([...a.entries, ...b.entries].map(({ key }) => key));
    const entryValue = (map: typeof a, key: string) => map.entries.find((entry) => entry.key === key)?.value;
    return [...keys].flatMap((key) => below(key, differingPaths(entryValue(a, key), entryValue(b, key))));
  }
  if (a?.kind === "list" && b?.kind === "list") {
    const indexes = Array.from({ length: Math.max(a.items.length, b.items.length) }, (_, index) => index);
    return indexes.flatMap((index) => below(`${index}`, differingPaths(a.items[index], b.items[index])));
  }
  const isEqual =
    a?.kind === "scalar" &&
    b?.kind === "scalar" &&
    a.value === b.value &&
    a.text === b.text &&
    a.quoted === b.quoted;
  return isEqual ? [] : [[]];
}

function below(key: string, paths: readonly (readonly string[])[]): readonly (readonly string[])[] {
  return paths.map((path) => [key, ...path]);
}

/**
 * The images that were asked for read as they should, all others as before, and none has come or gone. The
 * message has no image in it, because one may hold a secret.
 */
function checkSites(before: ReleaseView, after: ReleaseView, edits: readonly SiteEdit[]): void {
  const tails = new Map(edits.flatMap(({ site, tail }) => site.keys.map((key) => [key, tail] as const)));
  const expected = before.sites.flatMap((site) =>
    site.keys.map((key) => ({ key, reference: referenceWith(site, tails.get(key)) })),
  );
  const found = after.sites.flatMap(({ keys, image }) =>
    keys.map((key) => ({ key, reference: image.reference })),
  );
  const wrong = expected.filter(({ key, reference }, index) => {
    return key !== found[index]?.key || reference !== found[index].reference;
  });
  if (wrong.length > 0 || expected.length !== found.length)
    throw wrongEdit(`the images of ${wrong.map(({ key }) => key).join(", ")} do not read as they should`);
}

function referenceWith({ image, tail }: ImageSite, other?: ImageTail): string {
  const name = image.reference.slice(0, image.reference.length - formatTail(tail).length);
  return name + formatTail(other ?? tail);
}

function wrongEdit(what: string): ReconcilerError {
  return new ReconcilerError("internal", `setting a tag went wrong: ${what}`, {
    hint: "nothing was written; please report the file, and edit it by hand",
  });
}
