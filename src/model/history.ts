import type { ChangeKind } from "./change.ts";
import type { DesiredState } from "./desired-state.ts";
import type { ExitCode } from "./errors.ts";
import type { Revision } from "./revision.ts";
import type { Outcome } from "./run-report.ts";

/** A run that changed something, as it is remembered. Secret values never get here, environment values only masked. */
export interface RunRecord {
  /** Transaction of the run: the same that is in the labels of the containers it made. */
  readonly txn: string;
  readonly at: string;
  readonly durationMs: number;
  readonly command: "apply" | "rollback" | "finish" | "hold" | "release" | "job";
  /** Who started it, as far as that is known. */
  readonly by: string;
  readonly revision: Pick<Revision, "id" | "branch" | "subject">;
  readonly exitCode: ExitCode;
  /** It was told to stop before everything was tried. */
  readonly interrupted?: true;
  readonly verdict: string;
  /** Without those that were as desired. */
  readonly changes: readonly ChangeRecord[];
}

export interface ChangeRecord {
  readonly key: string;
  readonly kind: ChangeKind;
  readonly cause: string;
  /** `image myrepo/web:58-develop → 59-develop`, `env LOG_LEVEL (changed)` */
  readonly fields: readonly string[];
  /** `units/web.service:12` */
  readonly position?: string;
  readonly outcome: Outcome;
  readonly summary: string;
  readonly details: readonly string[];
  readonly durationMs: number;
  /** How long the new container took from its start until it was good. */
  readonly gateMs?: number;
  readonly downtimeMs?: number;
}

/** A desired state that a rollback can go back to; secret values are references by name. */
export interface KeptState {
  readonly revision: string;
  readonly at: string;
  /** Keys of the workloads that were good when the run ended. */
  readonly good: readonly string[];
  readonly desired: DesiredState;
}

/** Newest last. */
export type History = readonly RunRecord[];

const longestHistory = 200;
/** Runs of jobs by their timers are many and alike: they must not push out what changed the system. */
const mostJobRuns = 100;

export function addRun(history: History, run: RunRecord): History {
  const all = [...history, run];
  const jobRuns = all.filter(isJobRun);
  const outdated = new Set(jobRuns.slice(0, Math.max(0, jobRuns.length - mostJobRuns)));
  return all.filter((one) => !outdated.has(one)).slice(-longestHistory);
}

function isJobRun({ changes }: RunRecord): boolean {
  return changes.length > 0 && changes.every(({ kind }) => kind === "run");
}

/** What the history says of a revision. */
export function revisionRecord({ id, branch, subject }: Revision): RunRecord["revision"] {
  return {
    id,
    ...(branch === undefined ? {} : { branch }),
    ...(subject === undefined ? {} : { subject }),
  };
}
