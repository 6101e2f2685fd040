import { exitCodes, toReconcilerError } from "../model/errors.ts";
import { isEmptyPlan } from "../model/plan.ts";
import type { JobReport, RunReport } from "../model/run-report.ts";
import type { Applied } from "./apply-run.ts";
import { awaitJobs, hasJobsToNote, type JobDeps, recordJobs } from "./job-results.ts";

/** Whoever was interrupted while waiting still writes down what has ended. */
const recordMs = 30_000;

/**
 * What a run by hand does beside applying: it waits until the jobs that it started have ended, writes them down together
 * with those that ended unseen, and fails when one of them did. Interrupted, it says what still runs: a later run
 * records that.
 *
 * @returns the report with the jobs in it
 */
export async function finishJobs(
  { run, report, jobs: begun }: Extract<Applied, { kind: "done" }>,
  deps: JobDeps,
  signal: AbortSignal,
): Promise<RunReport> {
  const { desired } = run;
  const ended = await awaitJobs(begun.started, desired, deps.backend, signal);
  const isNeeded =
    begun.started.length > 0 || (isEmptyPlan(run.plan) && hasJobsToNote(desired, run.actual, run.stored));
  const warnings: string[] = [];
  let recorded: readonly JobReport[] = [];
  if (isNeeded) {
    try {
      const patience = signal.aborted ? AbortSignal.timeout(recordMs) : signal;
      recorded = await recordJobs(desired, deps, patience);
    } catch (error) {
      warnings.push(`the end of jobs could not be recorded: ${toReconcilerError(error).message}`);
    }
  }
  const byRun = new Map<string, JobReport>();
  for (const job of [...begun.recorded, ...ended, ...recorded])
    byRun.set(`${job.containerId} ${job.endedAt}`, job);
  return withJobs({ ...report, warnings: [...report.warnings, ...warnings] }, [...byRun.values()]);
}

/** The verdict names the jobs that failed. */
function withJobs(report: RunReport, jobs: readonly JobReport[]): RunReport {
  if (jobs.length === 0) return report;
  const sorted = jobs.toSorted((a, b) => (a.key < b.key ? -1 : 1));
  const failed = sorted.filter(({ outcome }) => outcome === "failed");
  if (failed.length === 0) return { ...report, jobs: sorted };
  const names = failed.map(({ key, summary }) => `${key} (${summary})`).join(", ");
  return {
    ...report,
    jobs: sorted,
    converged: false,
    exitCode: report.converged ? exitCodes.failed : report.exitCode,
    verdict: `${report.verdict} ${failed.length === 1 ? "A job" : `${failed.length} jobs`} failed: ${names}.`,
  };
}
