import { type Diagnostic, hasErrors, type Parsed, type Position } from "../lib/diagnostic.ts";
import { offsetBefore, type Replacement, TextPlaces } from "../lib/text-places.ts";
import { ReconcilerError } from "../model/errors.ts";
import { checkEdit } from "./check-edit.ts";
import { chooseOwnImage } from "./choose-own-image.ts";
import { editMessage } from "./edit-message.ts";
import { replacementsOf, setImageTagsInFile } from "./edit-text.ts";
import type { ImageSite, ImageTail } from "./image-site.ts";
import { reportDowngrade, reportPin, type TagOptions } from "./judge-tag.ts";
import {
  compileTarget,
  type ReleaseTarget,
  type ReleaseView,
  readRelease,
  withFiles,
} from "./release-view.ts";

/** A submitted file at its place in the configuration repository, before the tag is put in. */
export interface SubmissionDraft {
  readonly path: string;
  /** What it renders to; the path itself unless it stays a template. */
  readonly manifestPath: string;
  readonly label: string;
  readonly content: Uint8Array;
  /** Name of the image that was built, where it is given. */
  readonly image: string | undefined;
  readonly tail: ImageTail;
  /** From a place in the draft to the place in what was submitted. */
  readonly mapPosition: (position: Position) => Position;
}

/** Where the draft goes. */
export interface DraftScope {
  readonly target: ReleaseTarget;
  /** The repository as it is now. */
  readonly view: ReleaseView;
  readonly options: TagOptions;
}

interface FinishedDraft {
  readonly path: string;
  readonly content: Uint8Array;
  readonly message?: string;
}

/** Puts the tag into the draft and checks the whole; positions are those of the draft. */
export function finishDraft(draft: SubmissionDraft, scope: DraftScope): Parsed<FinishedDraft> {
  const { target } = scope;
  const before = readDraft(draft.content, draft, target);
  const unreadable = before.diagnostics.filter(({ position }) => isIn(draft, position));
  if (unreadable.length > 0) return { diagnostics: unreadable };
  const chosen = chooseSites(before, draft);
  if ("mistakes" in chosen) return { diagnostics: chosen.mistakes };
  const edits = chosen.sites.map((site) => ({ site, tail: draft.tail }));
  const tags = edits.map(({ site: { places }, tail }) => ({ places, tail }));
  const content = setImageTagsInFile(draft.content, tags);
  const after = readDraft(content, draft, target);
  const sites = after.sites.filter((site) => site.manifestPath === draft.manifestPath);
  const found = [
    ...sites.flatMap((site) => judgeSite(site, draft, scope)),
    ...compileDraft(content, draft, target),
  ];
  const replacements = replacementsOf(tags);
  const inDraft = (position: Position) => placeInDraft(position, draft, content, replacements);
  const diagnostics = [
    ...checkEdit(before, after, edits),
    ...found.map((item): Diagnostic => ({ ...item, position: inDraft(item.position) })),
  ];
  if (hasErrors(diagnostics)) return { diagnostics };
  const isSame = isEqual(target.tree.get(draft.path)?.content, content);
  const message = editMessage([{ key: draft.label, to: draft.tail.tag ?? "" }]);
  return { value: { path: draft.path, content, ...(isSame ? {} : { message }) }, diagnostics };
}

function readDraft(content: Uint8Array, { path }: SubmissionDraft, target: ReleaseTarget): ReleaseView {
  const view = readRelease({ ...target, tree: withFiles(target.tree, new Map([[path, content]])) });
  if ("sites" in view) return view;
  throw new ReconcilerError("internal", "a submitted file changed the settings");
}

/** The images that get the tag; all of them must be written in the submitted file. */
function chooseSites(
  before: ReleaseView,
  draft: SubmissionDraft,
): { readonly sites: readonly ImageSite[] } | { readonly mistakes: readonly Diagnostic[] } {
  const sites = before.sites.filter((site) => site.manifestPath === draft.manifestPath);
  const { image, path } = draft;
  const wish = { tag: draft.tail.tag ?? "", image, own: before.settings.images.own, file: path };
  const chosen = chooseOwnImage(sites, wish);
  if ("mistake" in chosen) return { mistakes: [chosen.mistake] };
  const mistakes = chosen.sites.flatMap((site): readonly Diagnostic[] => {
    if (site.obstacle) return [site.obstacle];
    if (site.path === path) return [];
    const message = `the image is written in ${site.path}, not in the submitted file`;
    const position = { file: path, line: 1, column: 1 };
    return [
      { severity: "error", code: "unusual-image", position, message, hint: "write the image into the file" },
    ];
  });
  return mistakes.length > 0 ? { mistakes } : chosen;
}

/** A pin, and a newer build of the same image for the same workload in the repository. */
function judgeSite(site: ImageSite, draft: SubmissionDraft, scope: DraftScope): readonly Diagnostic[] {
  const { view, options } = scope;
  const pinned = site.tail.tag === draft.tail.tag ? reportPin(view, site, site.tail) : [];
  const present = view.sites.find(({ keys, names }) => {
    return keys.some((key) => site.keys.includes(key)) && names.some((name) => site.names.includes(name));
  });
  return present ? [...pinned, ...reportDowngrade(view, site, present.tail, site.tail, options)] : pinned;
}

/** All errors of the whole, and the warnings of the submitted file. */
function compileDraft(
  content: Uint8Array,
  draft: SubmissionDraft,
  target: ReleaseTarget,
): readonly Diagnostic[] {
  const tree = withFiles(target.tree, new Map([[draft.path, content]]));
  return compileTarget({ ...target, tree }).filter((item) => hasErrors([item]) || isIn(draft, item.position));
}

function isIn({ path, manifestPath }: SubmissionDraft, { file }: Position): boolean {
  return file === path || file === manifestPath;
}

/** Where a place of the file with its tag was before the tag was put in. */
function placeInDraft(
  position: Position,
  draft: SubmissionDraft,
  content: Uint8Array,
  replacements: readonly Replacement[],
): Position {
  if (position.file !== draft.path) return position;
  const edited = new TextPlaces(new TextDecoder().decode(content));
  const start = edited.offsetOf(position);
  const from = offsetBefore(start, replacements);
  const place = new TextPlaces(new TextDecoder().decode(draft.content)).placeOf(from);
  if (position.length === undefined) return { file: position.file, ...place };
  const length = offsetBefore(start + position.length, replacements) - from;
  return { file: position.file, ...place, length: Math.max(length, 1) };
}

function isEqual(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a !== undefined && a.length === b.length && a.every((byte, index) => byte === b[index]);
}
