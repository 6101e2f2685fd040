import { deepEqual } from "../lib/stable-json.ts";
import type { ActualState, ContainerState } from "../model/actual-state.ts";
import type { DesiredState } from "../model/desired-state.ts";
import { exitCodes } from "../model/errors.ts";
import { redactValues } from "../model/fingerprint.ts";
import { addRun, type RunRecord, revisionRecord } from "../model/history.ts";
import type { TimerRecord } from "../model/ledger.ts";
import type { Progress } from "../model/run-event.ts";
import type { JobReport } from "../model/run-report.ts";
import { timeText } from "../plan/time-text.ts";
import {
  endMs,
  isUnrecorded,
  type RunEvidence,
  startMs,
  type TimedJob,
  timerState,
} from "../plan/timer-state.ts";
import type { Backend, NewTxn, StateStore, StoredState } from "../ports.ts";
import { observeScope } from "./observe-scope.ts";
import { ownerOf } from "./reconcile.ts";
import { type RunViews, runViews } from "./run-state.ts";
import { timedJobs } from "./timed-jobs.ts";

/** A run of a job that was started and not waited for. */
export interface StartedJob {
  /** Key of the instance. */
  readonly key: string;
  /** Name of the timer unit. */
  readonly unit: string;
  readonly containerId: string;
  /** The time that it serves. */
  readonly due?: string;
}

export interface JobDeps {
  readonly backend: Backend;
  readonly store: StateStore;
  readonly newTxn: NewTxn;
  /** While somebody else's run is waited for. */
  readonly waiting: (progress: Progress) => void;
}

/** How long containers may take to tell their stories. */
const storyMs = 15_000;

interface Finished {
  readonly job: TimedJob;
  readonly record: TimerRecord;
  /** The container of a run that the history does not tell of. */
  readonly ran?: RunEvidence;
}

/** Jobs of which the Engine tells more than the ledger knows. */
function jobsToNote(
  desired: DesiredState,
  actual: ActualState,
  { ledger }: StoredState,
): readonly Finished[] {
  return timedJobs(desired, actual).flatMap((job): Finished[] => {
    const known = ledger.timers.find((record) => record.job === job.key);
    const state = timerState(job, ledger, actual.engine.systemTime);
    const { record, ran } = state;
    if (ran !== undefined && isUnrecorded(state)) return [{ job, record, ran }];
    return deepEqual(known, record) ? [] : [{ job, record }];
  });
}

/** Whether `recordJobs` would write anything. */
export function hasJobsToNote(desired: DesiredState, actual: ActualState, stored: StoredState): boolean {
  return jobsToNote(desired, actual, stored).length > 0;
}

/** What is remembered with the runs that ended meanwhile in it, and a report for each of them. */
export interface NotedJobs {
  readonly stored: StoredState;
  readonly jobs: readonly JobReport[];
}

/**
 * Adds what containers tell to what is remembered: runs that ended, and jobs that nobody knew of yet. It has to be
 * written before a container that tells it is removed.
 *
 * @returns `undefined` when there is nothing new
 */
export async function noteJobs(
  { desired, actual, stored }: Pick<NotedJobs, "stored"> & { desired: DesiredState; actual: ActualState },
  { backend, newTxn }: Pick<JobDeps, "backend" | "newTxn">,
): Promise<NotedJobs | undefined> {
  const found = jobsToNote(desired, actual, stored);
  if (found.length === 0) return undefined;
  let { ledger, history } = stored;
  const jobs: JobReport[] = [];
  for (const { job, record, ran } of found) {
    let noted = record;
    if (ran !== undefined) {
      const details = await storyOf(ran.id, desired, backend);
      const report = reportOf(startedJob(job, record, ran), ran.state, record.startedAt, details);
      jobs.push(report);
      noted = { ...record, ...pick(report) };
      history = addRun(history, runRecord(report, newTxn(), desired));
    }
    const others = ledger.timers.filter((other) => other.job !== job.key);
    const timers = [...others, noted].sort((a, b) => (a.job < b.job ? -1 : 1));
    ledger = { ...ledger, timers };
  }
  return { stored: { ...stored, ledger, history }, jobs };
}

/**
 * Looks for runs of jobs that have ended and of which the history does not tell, and writes them down under the lock.
 * When there is nothing to write it takes no lock.
 *
 * @throws ReconcilerError `busy` when another run of the environment is at work
 */
export async function recordJobs(
  desired: DesiredState,
  deps: JobDeps,
  signal: AbortSignal,
): Promise<readonly JobReport[]> {
  const owner = ownerOf(desired);
  const look = async () => {
    const [stored, actual] = await Promise.all([
      deps.store.read(owner, signal),
      deps.backend.observe(observeScope(desired), signal),
    ]);
    return { desired, stored, actual };
  };
  const first = await look();
  if (!hasJobsToNote(desired, first.actual, first.stored)) return [];
  const { lockExpiryMs } = desired.environment.rollout;
  const options = { holder: "record of jobs", expiryMs: lockExpiryMs, progress: deps.waiting };
  const lock = await deps.store.acquire(owner, options, signal);
  try {
    const noted = await noteJobs(await look(), deps);
    if (noted === undefined) return [];
    const { ledger, history } = noted.stored;
    await lock.write({ ledger, history }, signal);
    return noted.jobs;
  } finally {
    await lock.release();
  }
}

/**
 * Waits without any lock until these runs have ended or the signal fires; what still runs then is reported as running.
 */
export async function awaitJobs(
  jobs: readonly StartedJob[],
  desired: DesiredState,
  backend: Backend,
  signal: AbortSignal,
): Promise<readonly JobReport[]> {
  return await Promise.all(
    jobs.map(async (job) => {
      const state = await awaitEnd(job.containerId, runViews(desired.target, backend), signal);
      const isOver = state !== undefined && !isAtWork(state);
      const details = isOver ? await storyOf(job.containerId, desired, backend) : [];
      return reportOf(job, state, undefined, details);
    }),
  );
}

/** The last state that was seen; `undefined` when the container is gone. */
async function awaitEnd(
  id: string,
  runs: RunViews,
  signal: AbortSignal,
): Promise<ContainerState | undefined> {
  let state: ContainerState | undefined = await runs.stateOf(id, AbortSignal.timeout(storyMs));
  try {
    while (state !== undefined && isAtWork(state)) {
      await runs.waitFor(id, signal);
      state = await runs.stateOf(id, signal);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  return state;
}

function isAtWork({ status }: ContainerState): boolean {
  return status === "running" || status === "restarting" || status === "paused";
}

/** What the container says of itself, without secrets. */
async function storyOf(id: string, desired: DesiredState, backend: Backend): Promise<readonly string[]> {
  const lines = await runViews(desired.target, backend).storyOf(id, AbortSignal.timeout(storyMs));
  return lines.map((line) => redactValues(line, desired.secretValues));
}

function startedJob({ key, timer }: TimedJob, { served }: TimerRecord, { id }: RunEvidence): StartedJob {
  return { key, unit: timer.unit, containerId: id, ...(served === undefined ? {} : { due: served }) };
}

function reportOf(
  { key, unit, due, containerId }: StartedJob,
  state: ContainerState | undefined,
  startedAt: string | undefined,
  details: readonly string[],
): JobReport {
  const base = { key, unit, containerId, details, ...(due === undefined ? {} : { due }) };
  if (state === undefined)
    return { ...base, outcome: "failed", summary: "its container was removed", durationMs: 0 };
  const started = startedAt ?? isoOf(startMs({ state }));
  if (isAtWork(state))
    return { ...base, outcome: "running", summary: "still runs", startedAt: started, durationMs: 0 };
  const { exitCode, oomKilled } = state;
  return {
    ...base,
    outcome: exitCode === 0 ? "done" : "failed",
    summary: `exit code ${exitCode}${oomKilled ? " (out of memory)" : ""}`,
    startedAt: started,
    endedAt: isoOf(endMs({ state })),
    exitCode,
    durationMs: Math.max(0, endMs({ state }) - Date.parse(started)),
  };
}

function pick({ containerId, startedAt, endedAt, exitCode }: JobReport): Partial<TimerRecord> {
  return {
    container: containerId,
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(endedAt === undefined ? {} : { endedAt }),
    ...(exitCode === undefined ? {} : { exitCode }),
  };
}

function runRecord(report: JobReport, txn: string, desired: DesiredState): RunRecord {
  const { key, unit, due, summary, details, durationMs } = report;
  const isGood = report.outcome === "done";
  const origin = desired.workloads.find(({ timer }) => timer?.unit === unit)?.timer?.origin;
  const cause = due === undefined ? `started by ${unit}` : `due since ${timeText(due)}`;
  return {
    txn,
    at: report.endedAt ?? report.startedAt ?? "",
    durationMs,
    command: "job",
    by: unit,
    revision: revisionRecord(desired.revision),
    exitCode: isGood ? exitCodes.converged : exitCodes.failed,
    verdict: `${key}: ${summary}.`,
    changes: [
      {
        key,
        kind: "run",
        cause,
        fields: [],
        ...(origin === undefined ? {} : { position: `${origin.file}:${origin.line}` }),
        outcome: isGood ? "done" : "failed",
        summary,
        details,
        durationMs,
      },
    ],
  };
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}
