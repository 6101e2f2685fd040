import type { Change } from "../model/change.ts";
import type { RunRecord } from "../model/history.ts";
import type { Notice } from "../model/notice.ts";
import type { Revision } from "../model/revision.ts";
import type { Failure } from "../model/run-event.ts";
import type { ChangeReport, JobReport, RunReport } from "../model/run-report.ts";
import {
  jobKey,
  type NoticeState,
  type OpenTrouble,
  type Progressed,
  progress,
  stateOf,
  triedImage,
} from "./notice-state.ts";
import { type NoticeContext, nameIn, runPrefix, Teller } from "./teller.ts";

export interface EndedRun {
  /** ISO 8601. */
  readonly at: string;
  /** Transaction, where one was begun. */
  readonly run?: string;
  readonly revision?: Revision;
  readonly end: RunEnd;
  /**
   * The next run will know of this one: always so in one process, and for a run by itself when the history has it.
   * Otherwise nothing is said to be over, because it would be said each time.
   */
  readonly isRemembered: boolean;
}

export type RunEnd =
  /** It came to a verdict. */
  | {
      readonly kind: "judged";
      readonly command: RunRecord["command"];
      readonly report: RunReport;
      /** Of the plan. */
      readonly changes: readonly Change[];
      /** Why something older than what is wanted was judged. */
      readonly problem?: Failure;
    }
  /** An error, a refusal or mistakes in the configuration ended it before. */
  | { readonly kind: "ended"; readonly failure: Failure };

/** The ends of jobs with a timer, which are told like changes of their own. */
export function jobsEnd(report: RunReport, jobs: readonly JobReport[]): RunEnd {
  const changes = jobs.flatMap(({ key, outcome, summary, durationMs, details }): ChangeReport[] => {
    if (outcome === "running") return [];
    const failure = { code: "job-failed", message: summary, details };
    return [{ key: jobKey(key), outcome, summary, durationMs, ...(outcome === "done" ? {} : { failure }) }];
  });
  // A job that has ended has ended, whatever became of the run that saw it.
  const { interrupted: _none, ...rest } = report;
  return { kind: "judged", command: "job", report: { ...rest, changes }, changes: [] };
}

export interface Told {
  /** What to tell now; troubles first. */
  readonly notices: readonly Notice[];
  readonly state: NoticeState;
}

/** Somebody else's run is at work, or the program was told to stop: no trouble. */
const untoldCodes: ReadonlySet<string> = new Set(["busy", "interrupted"]);

/** The same hand at the same workload is told once in this time. */
const driftQuietMs = 60 * 60_000;

/**
 * What to tell of a run after all that was told before. A trouble is told once until it is over, and its end once. Pure:
 * the state that comes back goes into the next call.
 */
export function noticesOf(before: NoticeState, run: EndedRun, context: NoticeContext): Told {
  const teller = new Teller(run, context);
  const { end } = run;
  return end.kind === "judged"
    ? judged(before, { ...run, end }, teller)
    : ended(before, { failure: end.failure, at: run.at }, teller);
}

function ended(
  before: NoticeState,
  ending: { readonly failure: Failure; readonly at: string },
  teller: Teller,
): Told {
  const { open, lastSuccess } = before;
  if (untoldCodes.has(ending.failure.code)) return { notices: [], state: before };
  const next = new Map(open.map((trouble) => [trouble.key, trouble]));
  const notices = beginRunTrouble(next, ending, teller);
  return { notices, state: notices.length === 0 ? before : stateOf(next, lastSuccess) };
}

/** A trouble of the whole run, unless it is known. */
function beginRunTrouble(
  open: Map<string, OpenTrouble>,
  { failure, at }: { readonly failure: Failure; readonly at: string },
  teller: Teller,
): readonly Notice[] {
  const key = `${runPrefix}${failure.code}`;
  if (open.has(key)) return [];
  open.set(key, { key, since: at, kind: "failure" });
  const details = [...failure.details, ...(failure.hint === undefined ? [] : [failure.hint])];
  return [teller.notice({ kind: "failure", key, title: failure.message, details })];
}

function judged(
  before: NoticeState,
  run: EndedRun & { readonly end: Extract<RunEnd, { kind: "judged" }> },
  teller: Teller,
): Told {
  const { command, report, changes, problem } = run.end;
  const problemKey = problem && `${runPrefix}${problem.code}`;
  const planned = new Map(changes.map((change) => [change.key, change]));
  const isWhole = command === "apply";
  const ends = report.changes.map(({ key, outcome }) => {
    const change = planned.get(key);
    return { key, outcome, tried: change === undefined ? "" : triedImage(change) };
  });
  const isInterrupted = report.interrupted === true;
  const standing = { ends, isWhole, isInterrupted, revision: report.revision.id, at: run.at };
  const went = progress(before.open, standing);
  const next = new Map(went.open);
  const succeeded = isWhole && report.converged;
  const isReached = ({ key }: OpenTrouble) => key.startsWith(runPrefix) && key !== problemKey;
  const reached = isWhole ? takeOut(next, isReached) : [];
  const silent = succeeded ? takeOut(next, ({ kind }) => kind === "silence") : [];
  const drifts = tellDrifts(next, { reports: report.changes, planned, at: run.at }, teller);
  const troubles = report.changes
    .filter(({ key }) => went.begun.has(key))
    .map((change) => teller.trouble(change));
  const stale = problem === undefined ? [] : beginRunTrouble(next, { failure: problem, at: run.at }, teller);
  const over = [
    ...recoveries(went, report, teller),
    ...[...reached, ...silent].map((one) => teller.over(one)),
  ];
  return {
    notices: [...stale, ...troubles, ...(run.isRemembered ? over : []), ...drifts],
    state: stateOf(next, succeeded ? run.at : before.lastSuccess),
  };
}

function recoveries({ over }: Progressed, report: RunReport, teller: Teller): readonly Notice[] {
  const reports = new Map(report.changes.map((change) => [change.key, change]));
  return over.map((trouble) => teller.over(trouble, reports.get(nameIn(trouble))));
}

function takeOut(open: Map<string, OpenTrouble>, isOver: (trouble: OpenTrouble) => boolean): OpenTrouble[] {
  const over = [...open.values()].filter(isOver);
  for (const { key } of over) open.delete(key);
  return over;
}

/** What was put right although nobody changed the configuration. Forgets what was told long ago. */
function tellDrifts(
  open: Map<string, OpenTrouble>,
  run: {
    readonly reports: readonly ChangeReport[];
    readonly planned: ReadonlyMap<string, Change>;
    readonly at: string;
  },
  teller: Teller,
): readonly Notice[] {
  const { reports, planned, at } = run;
  takeOut(
    open,
    ({ kind, since: told }) => kind === "drift" && Date.parse(at) - Date.parse(told) >= driftQuietMs,
  );
  return reports.flatMap(({ key: change, outcome, summary }) => {
    const drift = planned.get(change)?.drift;
    const key = `drift ${change}`;
    if (drift === undefined || outcome !== "done" || open.has(key)) return [];
    open.set(key, { key, since: at, kind: "drift" });
    const title = `${change}: put right after it was ${drift}`;
    return [teller.notice({ kind: "drift", key, title, details: [summary] })];
  });
}

/** What silence is measured by. */
export interface SilenceWatch {
  /** Now, ISO 8601. */
  readonly at: string;
  /** Since when somebody looks, ISO 8601: before that nothing could succeed. */
  readonly watchedSince: string;
  /** Milliseconds since the last success, or since then, by a clock that nobody sets. */
  readonly silentMs: number;
  /** Of the reconcile schedule. */
  readonly intervalMs: number;
  /** `silentIntervals` of the targets. */
  readonly thresholds: readonly number[];
}

/** Tells, once for each threshold, that there was no success for so many intervals. */
export function silenceNotices(before: NoticeState, watch: SilenceWatch, context: NoticeContext): Told {
  const { at, watchedSince, silentMs, intervalMs, thresholds } = watch;
  const { lastSuccess } = before;
  const last =
    lastSuccess !== undefined && Date.parse(lastSuccess) > Date.parse(watchedSince)
      ? lastSuccess
      : watchedSince;
  const teller = new Teller({ at }, context);
  const next = new Map(before.open.map((trouble) => [trouble.key, trouble]));
  const due = [...new Set(thresholds)]
    .sort((a, b) => a - b)
    .filter((count) => silentMs >= count * intervalMs && !next.has(silenceKey(count)));
  for (const count of due)
    next.set(silenceKey(count), { key: silenceKey(count), since: last, kind: "silence" });
  const said =
    lastSuccess === undefined
      ? `no run has succeeded since ${last}`
      : `the last success was at ${lastSuccess}`;
  const notices = due.map((count) =>
    teller.notice({
      kind: "silence",
      key: silenceKey(count),
      title: `no success for ${count} ${count === 1 ? "interval" : "intervals"}`,
      details: [said],
    }),
  );
  return { notices, state: stateOf(next, lastSuccess) };
}

/** The key of a notice of silence, which only targets with this threshold are told. */
export function silenceKey(silentIntervals: number): string {
  return `silence ${silentIntervals}`;
}
