import type { Change } from "../model/change.ts";
import type { ChangeRecord, History, RunRecord } from "../model/history.ts";
import { shortReference } from "../model/image-ref.ts";
import type { Outcome, RunReport } from "../model/run-report.ts";

/** What was told and is not over yet. Plain data: it may be kept, and a one-shot run makes it from the history. */
export interface NoticeState {
  /** Sorted by key. */
  readonly open: readonly OpenTrouble[];
  /** When everything was last as desired, ISO 8601. */
  readonly lastSuccess?: string;
}

export interface OpenTrouble {
  /** `failure web`, `run git-unreachable`, `drift web`, `silence 3` */
  readonly key: string;
  readonly since: string;
  /** The worst that was told. */
  readonly kind: "failure" | "rollback" | "drift" | "silence";
  /** The revision that was tried when it was told. */
  readonly revision?: string;
  /** The image that was tried, to tell another build from the same one; empty when it is not the image that changed. */
  readonly tried?: string;
}

export const nothingTold: NoticeState = { open: [] };

/** What became of one change, as far as it is told. */
export interface ChangeEnd {
  readonly key: string;
  readonly outcome: Outcome;
  readonly tried: string;
}

export interface RunStanding {
  readonly ends: readonly ChangeEnd[];
  /** The run was about everything: what it does not name is as desired or gone. */
  readonly isWhole: boolean;
  /** It was told to stop: what it did not achieve is no trouble until a run fails at it. */
  readonly isInterrupted: boolean;
  readonly revision: string;
  readonly at: string;
}

export interface Progressed {
  readonly open: ReadonlyMap<string, OpenTrouble>;
  /** Keys of changes to tell about. */
  readonly begun: ReadonlySet<string>;
  readonly over: readonly OpenTrouble[];
}

/**
 * What a run makes of the troubles of changes: which are new, which are over. A trouble is told again when another build
 * was tried in vain, and when what used to be rolled back is down now.
 */
export function progress(open: readonly OpenTrouble[], run: RunStanding): Progressed {
  const next = new Map(open.map((trouble) => [trouble.key, trouble]));
  const begun = new Set<string>();
  const over: OpenTrouble[] = [];
  for (const end of run.ends) {
    const key = failureKey(end.key);
    const known = next.get(key);
    if (isTrouble(end.outcome)) {
      if (run.isInterrupted) continue;
      if (known !== undefined && !isAnother(known, end, run)) continue;
      next.set(key, troubleOf(end, known, run));
      begun.add(end.key);
    } else if (known !== undefined && isOver(end.outcome, run)) {
      next.delete(key);
      over.push(known);
    }
  }
  const named = new Set(run.ends.map(({ key }) => failureKey(key)));
  for (const trouble of run.isWhole ? open : []) {
    if (!trouble.key.startsWith(failurePrefix) || named.has(trouble.key)) continue;
    // How a run of a job ended stays true until its next run.
    if (trouble.key.startsWith(failureKey(jobKey("")))) continue;
    next.delete(trouble.key);
    over.push(trouble);
  }
  return { open: next, begun, over };
}

/** What earlier runs told, for a run that has only their history. Drift and silence are not in it. */
export function noticeStateFrom(history: History): NoticeState {
  let state = nothingTold;
  for (const record of history) state = stateAfter(state, record);
  return state;
}

/**
 * What was told before a run that knows only the history as it found it: the ends of jobs that the run itself has written
 * down are in it as well, and still to be told.
 */
export function toldBefore(history: History, { jobs = [] }: Pick<RunReport, "jobs">): NoticeState {
  const own = new Set(jobs.map(({ key, endedAt }) => `${key} ${endedAt}`));
  const isOwn = ({ command, changes, at }: RunRecord) =>
    command === "job" && changes.some(({ key }) => own.has(`${key} ${at}`));
  return noticeStateFrom(history.filter((record) => !isOwn(record)));
}

function stateAfter({ open, lastSuccess }: NoticeState, record: RunRecord): NoticeState {
  const isWhole = record.command === "apply";
  const ends = record.changes.map((change) => ({
    key: record.command === "job" ? jobKey(change.key) : change.key,
    outcome: change.outcome,
    tried: triedText(change),
  }));
  const isInterrupted = record.interrupted === true;
  const standing = { ends, isWhole, isInterrupted, revision: record.revision.id, at: record.at };
  const next = progress(open, standing).open;
  const success = isWhole && record.exitCode === 0 ? record.at : lastSuccess;
  return stateOf(next, success);
}

/** The image as the history has it: `image myrepo/web:58-develop → 59-develop`. */
function triedText({ fields }: ChangeRecord): string {
  const image = fields.find((field) => field.startsWith("image "));
  return image?.split(" → ").at(-1) ?? "";
}

/** The image that a change of a plan tries, in the same words. */
export function triedImage({ fields }: Change): string {
  const image = fields.find(({ field }) => field === "image");
  return image === undefined ? "" : shortReference(image.before, image.after);
}

export function stateOf(
  open: ReadonlyMap<string, OpenTrouble>,
  lastSuccess: string | undefined,
): NoticeState {
  return {
    open: [...open.values()].sort((a, b) => (a.key < b.key ? -1 : 1)),
    ...(lastSuccess === undefined ? {} : { lastSuccess }),
  };
}

const failurePrefix = "failure ";

export function failureKey(change: string): string {
  return `${failurePrefix}${change}`;
}

/** A run of a job with a timer, which is another thing than the deployment of the job. */
export function jobKey(job: string): string {
  return `job ${job}`;
}

function isTrouble(outcome: Outcome): boolean {
  return (
    outcome === "failed" || outcome === "rolled-back" || outcome === "blocked" || outcome === "set-aside"
  );
}

/** That a run about single workloads found one unchanged is not in the history, so that it says nothing here either. */
function isOver(outcome: Outcome, { isWhole }: RunStanding): boolean {
  return outcome !== "skipped" && (isWhole || outcome !== "unchanged");
}

/** Only what was tried can have been another build. Where the image says nothing, the revision has to. */
function isAnother(known: OpenTrouble, end: ChangeEnd, run: RunStanding): boolean {
  if (end.outcome !== "failed" && end.outcome !== "rolled-back") return false;
  if (known.kind === "rollback" && end.outcome === "failed") return true;
  return known.revision !== run.revision && (known.tried !== end.tried || end.tried === "");
}

function troubleOf(end: ChangeEnd, known: OpenTrouble | undefined, run: RunStanding): OpenTrouble {
  return {
    key: failureKey(end.key),
    since: known?.since ?? run.at,
    kind: end.outcome === "rolled-back" ? "rollback" : "failure",
    revision: run.revision,
    tried: end.tried,
  };
}
