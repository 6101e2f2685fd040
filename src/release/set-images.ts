import type { Diagnostic, Parsed } from "../lib/diagnostic.ts";
import { ReconcilerError } from "../model/errors.ts";
import type { ManifestTree } from "../model/manifest-tree.ts";
import { checkEdit, type SiteEdit } from "./check-edit.ts";
import { editMessage } from "./edit-message.ts";
import { setImageTagsInFile } from "./edit-text.ts";
import { findUndecodable } from "./file-texts.ts";
import { type ExactPlace, findImageSites } from "./find-sites.ts";
import { finishDiagnostics } from "./finish-diagnostics.ts";
import { formatTail, type ImageSite, type ImageTail } from "./image-site.ts";
import { judgeTag, type TagOptions, tailMistake } from "./judge-tag.ts";
import { type ReleaseTarget, type ReleaseView, readRelease, withFiles } from "./release-view.ts";

/** A tag that a person or a CI wants somewhere. */
export interface ImageRequest {
  /** A workload, a template unit, or an image name for all its places. */
  readonly name: string;
  /** Means this place alone, although others may have the same name. */
  readonly place?: ExactPlace;
  readonly tag: string;
  /** `sha256:…`; without it a digest that stands behind the old tag goes with that tag. */
  readonly digest?: string;
}

export interface ImageChange {
  /** The workload, or the template unit for all its instances. */
  readonly key: string;
  readonly path: string;
  /** Of the image in that file, from 1. */
  readonly line: number;
  /** As written, `58-develop` or `58-develop@sha256:…`; absent where there was no tag. */
  readonly from?: string;
  readonly to: string;
}

export interface EditedImages {
  /** New content of the files that change, by path. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Sorted by path and line; empty when everything is as asked for. */
  readonly changes: readonly ImageChange[];
  /** Of the commit; absent when nothing changes. */
  readonly message?: string;
}

/**
 * Sets tags where images are written: in units, stacks, their templates and partials. Nothing else in these
 * files changes, and nothing else in the configuration reads differently. Synchronous and pure.
 *
 * @returns all mistakes at once, and no value with errors; `editErrorCode` says what kind of failure they
 *   are
 * @throws ReconcilerError `internal` when the edited files do not read as they should
 */
export function setImages(
  target: ReleaseTarget,
  requests: readonly ImageRequest[],
  options: TagOptions,
): Parsed<EditedImages> {
  const view = readRelease(target);
  if (!("sites" in view)) return { diagnostics: view };
  const wishes = requests.map((request) => editsFor(view, request, options));
  const edits = wishes.flatMap((wish) => wish.edits);
  const mistakes = [
    ...wishes.flatMap((wish) => wish.mistakes),
    ...findContradictions(wishes.flatMap((wish) => wish.asked)),
  ];
  if (mistakes.length > 0) return { diagnostics: finishDiagnostics(mistakes, view.secretValues) };
  const undecodable = findUndecodables(target.tree, edits);
  if (undecodable.length > 0) return { diagnostics: finishDiagnostics(undecodable, view.secretValues) };
  if (edits.length === 0) return { value: { files: new Map(), changes: [] }, diagnostics: [] };
  const files = editFiles(target.tree, edits);
  const after = readRelease({ ...target, tree: withFiles(target.tree, files) });
  if (!("sites" in after)) throw new ReconcilerError("internal", "an edited tag broke the settings");
  const shared = checkEdit(view, after, edits);
  if (shared.length > 0) return { diagnostics: finishDiagnostics(shared, view.secretValues) };
  const changes = edits.map(toChange).filter(isFirst).sort(byPlace);
  return { value: { files, changes, message: editMessage(changes) }, diagnostics: [] };
}

/** What one request comes to. */
interface Wish {
  /** All places that are to have the tag. */
  readonly asked: readonly SiteEdit[];
  /** Those that do not have it yet. */
  readonly edits: readonly SiteEdit[];
  readonly mistakes: readonly Diagnostic[];
}

/**
 * The edits that one request asks for; places that have the tag already are left alone, with their digest.
 */
function editsFor(view: ReleaseView, request: ImageRequest, options: TagOptions): Wish {
  const { name, place, tag, digest } = request;
  const tail: ImageTail = { tag, ...(digest === undefined ? {} : { digest }) };
  const sites = findImageSites(view, name, place);
  if ("mistakes" in sites) return { asked: [], edits: [], mistakes: sites.mistakes };
  const mistake = tailMistake(tail);
  const [first] = sites;
  if (mistake !== undefined && first) {
    const hint = "write a tag such as 58-develop, and a digest as sha256:…";
    const { position } = first;
    const diagnostic: Diagnostic = {
      severity: "error",
      code: "invalid-tag",
      position,
      message: mistake,
      hint,
    };
    return { asked: [], edits: [], mistakes: [diagnostic] };
  }
  const open = sites.filter((site) => !hasTail(site, tail));
  const mistakes = open.flatMap((site) =>
    site.obstacle ? [site.obstacle] : judgeTag(view, site, tail, options),
  );
  const toEdit = (site: ImageSite): SiteEdit => ({ site, tail });
  return { asked: sites.map(toEdit), edits: open.map(toEdit), mistakes };
}

function hasTail({ tail }: ImageSite, wanted: ImageTail): boolean {
  return tail.tag === wanted.tag && (wanted.digest === undefined || tail.digest === wanted.digest);
}

function isSamePlace(a: ImageSite, b: ImageSite): boolean {
  return a.path === b.path && a.places[0]?.start === b.places[0]?.start;
}

/** Two requests for one place that want different tags. */
function findContradictions(edits: readonly SiteEdit[]): readonly Diagnostic[] {
  return edits.flatMap(({ site, tail }, index): Diagnostic[] => {
    const other = edits.slice(0, index).find((earlier) => isSamePlace(earlier.site, site));
    const [first, second] = [formatTail(other?.tail ?? tail), formatTail(tail)];
    if (first === second) return [];
    const message = `"${site.image.label}" is to have both "${first.slice(1)}" and "${second.slice(1)}"`;
    return [
      { severity: "error", code: "contradiction", position: site.position, message, hint: "ask for one" },
    ];
  });
}

/** Files to edit that are no text. */
function findUndecodables(tree: ManifestTree, edits: readonly SiteEdit[]): readonly Diagnostic[] {
  const paths = new Set(edits.map(({ site }) => site.path));
  return [...paths].flatMap((path) => {
    const content = tree.get(path)?.content;
    return (content && findUndecodable(path, content)) ?? [];
  });
}

/** New contents of the files in which the places stand; what several workloads share is edited once. */
function editFiles(tree: ManifestTree, edits: readonly SiteEdit[]): ReadonlyMap<string, Uint8Array> {
  const byFile = Map.groupBy(edits, ({ site }) => site.path);
  return new Map(
    [...byFile].map(([path, inFile]) => {
      const once = inFile.filter(
        ({ site }, index) => inFile.findIndex((other) => isSamePlace(other.site, site)) === index,
      );
      const tags = once.map(({ site: { places }, tail }) => ({ places, tail }));
      return [path, setImageTagsInFile(tree.get(path)?.content ?? new Uint8Array(), tags)] as const;
    }),
  );
}

function toChange({ site, tail }: SiteEdit): ImageChange {
  const from = formatTail(site.tail).replace(/^[:@]/, "");
  return {
    key: site.image.label,
    path: site.path,
    line: site.position.line,
    ...(from === "" ? {} : { from }),
    to: formatTail(tail).slice(1),
  };
}

function isFirst(change: ImageChange, index: number, changes: readonly ImageChange[]): boolean {
  const isSame = (other: ImageChange) => other.key === change.key && other.path === change.path;
  return changes.findIndex(isSame) === index;
}

function byPlace(a: ImageChange, b: ImageChange): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : a.line - b.line;
}
