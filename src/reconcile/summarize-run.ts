import type { ChangeExecution, Execution } from "../execute/execute-plan.ts";
import { formatDuration } from "../lib/duration.ts";
import type { Change } from "../model/change.ts";
import type { DesiredState } from "../model/desired-state.ts";
import { exitCodes } from "../model/errors.ts";
import { parseImageRef } from "../model/image-ref.ts";
import type { Plan } from "../model/plan.ts";
import type { Failure } from "../model/run-event.ts";
import type { ChangeReport, Outcome, RunReport } from "../model/run-report.ts";
import type { WorkloadSpec } from "../model/workload.ts";

export interface RunFacts {
  readonly desired: DesiredState;
  readonly plan: Plan;
  readonly execution: Execution;
  /** The plan that a second look at the Engine gave: what is left to do. */
  readonly remaining: Plan;
  readonly durationMs: number;
}

/** The verdict on a run, judged from what the Engine shows afterwards rather than from what it answered. */
export function summarizeRun(facts: RunFacts): RunReport {
  const changes = facts.plan.changes.map((change) => reportOf(change, facts));
  const left = facts.remaining.changes.filter(
    (change) => change.kind !== "unchanged" && !changes.some((report) => report.key === change.key),
  );
  const all = [...changes, ...left.map((change) => leftOver(change))];
  const converged = all.every((report) => report.outcome === "unchanged" || report.outcome === "done");
  const { environment, revision } = facts.desired;
  return {
    environment: environment.name,
    project: environment.project,
    revision,
    changes: all,
    converged,
    exitCode: converged ? exitCodes.converged : exitCodes.failed,
    verdict: verdictOf(all, facts.execution.interrupted),
    durationMs: facts.durationMs,
  };
}

function reportOf(change: Change, facts: RunFacts): ChangeReport {
  const base = { key: change.key, durationMs: 0 };
  if (change.kind === "unchanged") return { ...base, outcome: "unchanged", summary: "as desired" };
  if (change.kind === "blocked") {
    return {
      ...base,
      outcome: "blocked",
      summary: change.cause,
      failure: { code: "blocked", message: change.cause, details: [] },
    };
  }
  const execution = facts.execution.changes.get(change.key);
  if (execution === undefined) return { ...base, outcome: "skipped", summary: "not reached" };
  const timed = {
    ...base,
    durationMs: execution.durationMs,
    ...(execution.downtimeMs === undefined ? {} : { downtimeMs: execution.downtimeMs }),
  };
  if (execution.failure !== undefined)
    return { ...timed, ...failed(change, execution, execution.failure, facts) };
  if (execution.skippedBecause !== undefined) {
    const shared = facts.execution.shared.get(execution.skippedBecause);
    return shared === undefined
      ? { ...timed, outcome: "skipped", summary: `not tried: ${execution.skippedBecause} did not succeed` }
      : { ...timed, ...failed(change, execution, shared, facts) };
  }
  const still = facts.remaining.changes.find((left) => left.key === change.key && left.kind !== "unchanged");
  if (still !== undefined && change.kind !== "remove") {
    const differs = still.fields.map((field) => field.field).join(", ") || still.cause;
    return {
      ...timed,
      outcome: "failed",
      summary: `done, but the Engine still shows a difference: ${differs}`,
    };
  }
  return { ...timed, outcome: "done", summary: doneText(change, execution, facts) };
}

function failed(
  change: Change,
  execution: ChangeExecution,
  failure: Failure,
  facts: RunFacts,
): { outcome: Outcome; summary: string; failure: Failure } {
  const survivor = survivorOf(change, execution, facts);
  const reason =
    execution.failedStep?.kind === "gate-container" && change.kind === "replace"
      ? `new build ${failure.message}`
      : failure.message;
  if (survivor !== undefined)
    return { outcome: "rolled-back", summary: `${reason}; ${survivor} still serves`, failure };
  return { outcome: "failed", summary: reason, failure };
}

/** What still serves after a failed replacement, by the second look: the old container is the one that is to be replaced again. */
function survivorOf(change: Change, execution: ChangeExecution, facts: RunFacts): string | undefined {
  if (change.kind !== "replace" || execution.rolledBack === false) return undefined;
  const remaining = facts.remaining.changes.find((left) => left.key === change.key);
  if (remaining?.kind !== "replace") return undefined;
  const image = remaining.fields.find((field) => field.field === "image")?.before;
  return image === undefined ? "the old container" : tagOf(image);
}

function tagOf(image: string): string {
  const ref = parseImageRef(image.replace(/ \(.*$/, ""));
  return typeof ref === "string" ? image : (ref.tag ?? image);
}

function doneText(change: Change, execution: ChangeExecution, facts: RunFacts): string {
  if (change.kind === "remove") return "removed";
  if (change.kind === "in-place") return "changed in place";
  if (change.subject !== "workload") return "created";
  const workload = workloadOf(change.key, facts.desired.workloads);
  if (workload === undefined) return "tidied up";
  if (workload.kind === "job") return "finished with exit code 0";
  const stable = formatDuration(workload.update.monitorMs ?? facts.desired.environment.rollout.stabilityMs);
  const downtime =
    execution.downtimeMs === undefined ? "" : `, downtime ${formatDuration(execution.downtimeMs)}`;
  return `running, stable for ${stable}${downtime}`;
}

function workloadOf(changeKey: string, workloads: readonly WorkloadSpec[]): WorkloadSpec | undefined {
  const key = changeKey.replace(/#\d+$/, "");
  return workloads.find((workload) => workload.key === key);
}

/** Something that came up only during the run. */
function leftOver(change: Change): ChangeReport {
  return { key: change.key, outcome: "failed", summary: `not as desired: ${change.cause}`, durationMs: 0 };
}

function verdictOf(changes: readonly ChangeReport[], interrupted: boolean): string {
  const count = (outcome: Outcome) => changes.filter((change) => change.outcome === outcome).length;
  const fine = count("unchanged") + count("done");
  if (fine === changes.length) {
    return count("done") === 0
      ? `Nothing to do: ${fine} as desired.`
      : `Converged: ${count("done")} changed, ${count("unchanged")} unchanged.`;
  }
  const words: readonly (readonly [Outcome, string])[] = [
    ["rolled-back", "failed and rolled back"],
    ["failed", "failed"],
    ["blocked", "blocked"],
    ["skipped", "not tried"],
  ];
  const parts = words.flatMap(([outcome, text]) =>
    count(outcome) === 0 ? [] : [`${count(outcome)} ${text}`],
  );
  const prefix = interrupted ? "Interrupted, not converged" : "Not converged";
  return `${prefix}: of ${changes.length} ${parts.join(", ")}, ${fine} as desired.`;
}
