import { type Diagnostic, DiagnosticSink, hasErrors, type Parsed, type Position } from "../lib/diagnostic.ts";
import { familiarName, parseImageRef } from "../model/image-ref.ts";
import { findUndecodable } from "./file-texts.ts";
import { finishDiagnostics } from "./finish-diagnostics.ts";
import { type TagOptions, tailMistake } from "./judge-tag.ts";
import { type ReleaseTarget, type ReleaseView, readRelease } from "./release-view.ts";
import { type DraftScope, finishDraft, type SubmissionDraft } from "./submit-draft.ts";
import { readSubmittedName, type SubmittedName } from "./submitted-name.ts";
import { findSecretValues, findSubmittedSecrets, tellingSecrets } from "./submitted-secrets.ts";
import { renderSubmission } from "./submitted-text.ts";

/**
 * A unit or a compose file of a service's repository, kept there without a tag, and the build that it is to
 * run.
 */
export interface Submission {
  /** Without folders: `myservice.service`, `shop.compose.yaml`, and either with `.hbs`. */
  readonly fileName: string;
  readonly content: Uint8Array;
  readonly tag: string;
  readonly digest?: string;
  /** Name of the image that was built, without a tag; needed where the file leaves a doubt. */
  readonly image?: string;
  /** For a template; dots separate levels. */
  readonly values: ReadonlyMap<string, string>;
  /**
   * Leaves a template one, to be rendered with the values of the environment; only its image gets the tag.
   */
  readonly keepTemplate?: boolean;
}

export interface Submitted {
  /** In the configuration repository. */
  readonly path: string;
  readonly content: Uint8Array;
  /** Of the commit; absent when the repository has exactly this file already. */
  readonly message?: string;
}

export interface SubmitResult extends Parsed<Submitted> {
  /** Texts of the files with findings, for excerpts; the submitted one under its own name. */
  readonly sources: ReadonlyMap<string, string>;
}

/**
 * Puts the tag of a build into the file of a service, and the file into the configuration repository, where
 * everything must still compile for the environment of the branch. Synchronous and pure.
 *
 * @returns all mistakes at once, those of the submitted file at their places in it, and no value with
 *   errors; `editErrorCode` says what kind of failure they are
 * @throws ReconcilerError `internal` when the edited file does not read as it should
 */
export function submit(submission: Submission, target: ReleaseTarget, options: TagOptions): SubmitResult {
  const name = readSubmittedName(submission.fileName);
  if (!("label" in name)) return { diagnostics: [name], sources: new Map() };
  const view = readRelease(target);
  if (!("sites" in view)) return { diagnostics: view, sources: new Map() };
  const mistakes = [
    ...argumentMistakes(submission),
    ...findUselessValues(submission, name),
    ...findSecretValues(submission.fileName, submission.values, view.settings.secrets),
  ];
  if (mistakes.length > 0) return { diagnostics: mistakes, sources: new Map() };
  const { value: draft, diagnostics: found } = makeDraft(submission, name, view);
  const result = draft ? checkDraft(draft, { target, view, options }) : { diagnostics: [] };
  const diagnostics = [...found, ...result.diagnostics.map((item) => mapDiagnostic(item, draft))];
  const hidden = [...view.secretValues, ...tellingSecrets(target.inputs.secrets)];
  const finished = finishDiagnostics(diagnostics, hidden);
  const sources = sourcesOf(finished, submission, target);
  if (hasErrors(finished) || !result.value) return { diagnostics: finished, sources };
  return { value: result.value, diagnostics: finished, sources };
}

/** Secrets are told alone: other mistakes might show the lines that they stand in. */
function checkDraft(draft: SubmissionDraft, scope: DraftScope): ReturnType<typeof finishDraft> {
  const { settings } = scope.view;
  const file = { path: draft.path, content: draft.content, executable: false };
  const secrets = findSubmittedSecrets(file, settings, scope.target.inputs.secrets);
  return secrets.length > 0 ? { diagnostics: secrets } : finishDraft(draft, scope);
}

function argumentMistakes({ fileName, tag, digest, image }: Submission): readonly Diagnostic[] {
  const tail = tailMistake({ tag, ...(digest === undefined ? {} : { digest }) });
  const ref = image === undefined ? undefined : parseImageRef(image);
  const isName = ref === undefined || (typeof ref !== "string" && ref.tag === undefined && !ref.digest);
  const sink = new DiagnosticSink();
  const position: Position = { file: fileName, line: 1, column: 1 };
  if (tail !== undefined) sink.error(position, "invalid-tag", tail);
  if (!isName)
    sink.error(
      position,
      "invalid-image",
      `"${image}" is no name of an image without a tag`,
      "write myrepo/web",
    );
  return sink.diagnostics;
}

/** Only what is rendered takes values. */
function findUselessValues(
  { fileName, values, keepTemplate }: Submission,
  { isTemplate }: SubmittedName,
): readonly Diagnostic[] {
  if (values.size === 0 || (isTemplate && !keepTemplate)) return [];
  const names = [...values.keys()].map((name) => `"${name}"`).join(", ");
  const why = isTemplate ? "the template is kept as it is" : "the file is no template";
  const message = `values have no effect: ${names}; ${why}`;
  const hint = isTemplate ? "leave out either --value or --keep-template" : "leave out --value";
  const position: Position = { file: fileName, line: 1, column: 1 };
  return [{ severity: "error", code: "unused-value", position, message, hint }];
}

/** The file as it is before the tag is put in: as submitted, or rendered. */
function makeDraft(
  submission: Submission,
  { isTemplate, manifestPath, label }: SubmittedName,
  view: ReleaseView,
): Parsed<SubmissionDraft> {
  const { fileName, content, tag, digest } = submission;
  const path = isTemplate ? `${manifestPath}.hbs` : manifestPath;
  const ref = parseImageRef(submission.image ?? "");
  const image = typeof ref === "string" ? undefined : familiarName(ref);
  const tail = { tag, ...(digest === undefined ? {} : { digest }) };
  const undecodable = findUndecodable(fileName, content);
  if (undecodable) return { diagnostics: [undecodable] };
  // Places in the repository's future file are places in the submitted one.
  const rename = (position: Position) =>
    position.file === path ? { ...position, file: fileName } : position;
  const asWritten = { path, manifestPath, label, content, image, tail, mapPosition: rename };
  if (!isTemplate || submission.keepTemplate) return { value: asWritten, diagnostics: [] };
  const file = { path, content, executable: false };
  const { value, diagnostics } = renderSubmission(file, { tag, image, values: submission.values }, view);
  const renamed = diagnostics.map((item) => ({ ...item, position: rename(item.position) }));
  if (!value) return { diagnostics: renamed };
  const mapPosition = (position: Position) =>
    position.file === manifestPath ? rename(value.mapPosition(position)) : position;
  const draft = { ...asWritten, path: manifestPath, content: value.content, mapPosition };
  return { value: draft, diagnostics: renamed };
}

function mapDiagnostic(item: Diagnostic, draft: SubmissionDraft | undefined): Diagnostic {
  return draft ? { ...item, position: draft.mapPosition(item.position) } : item;
}

function sourcesOf(
  diagnostics: readonly Diagnostic[],
  { fileName, content }: Submission,
  { tree }: ReleaseTarget,
): ReadonlyMap<string, string> {
  const files = new Set(diagnostics.map(({ position }) => position.file));
  const contentOf = (file: string) => (file === fileName ? content : tree.get(file)?.content);
  return new Map([...files].map((file) => [file, new TextDecoder().decode(contentOf(file))] as const));
}
