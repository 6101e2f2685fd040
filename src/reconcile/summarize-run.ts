import { type ChangeExecution, type Execution, interruption } from "../execute/execute-plan.ts";
import { formatDuration } from "../lib/duration.ts";
import type { Change } from "../model/change.ts";
import type { DesiredState } from "../model/desired-state.ts";
import { exitCodes } from "../model/errors.ts";
import { parseImageRef } from "../model/image-ref.ts";
import { workloadsByInstance } from "../model/instances.ts";
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
  const reporter = new Reporter(facts);
  const changes = facts.plan.changes.map((change) => reporter.reportOf(change));
  const known = new Set(changes.map((report) => report.key));
  const left = facts.remaining.changes.filter(
    (change) => change.kind !== "unchanged" && !known.has(change.key),
  );
  const all = [...changes, ...left.map((change) => leftOver(change))];
  const converged = all.every(({ outcome }) => isFine(outcome));
  const { environment, revision } = facts.desired;
  return {
    environment: environment.name,
    project: environment.project,
    revision,
    changes: all,
    converged,
    ...(facts.execution.interrupted ? { interrupted: true } : {}),
    exitCode: converged ? exitCodes.converged : exitCodes.failed,
    verdict: verdictOf(all, facts.execution.interrupted),
    durationMs: facts.durationMs,
    warnings: [],
  };
}

/** What a person holds is as that person wants it. */
function isFine(outcome: Outcome): boolean {
  return outcome === "unchanged" || outcome === "done" || outcome === "held";
}

class Reporter {
  private readonly facts: RunFacts;
  private readonly remaining: ReadonlyMap<string, Change>;
  private readonly workloads: ReadonlyMap<string, WorkloadSpec>;

  constructor(facts: RunFacts) {
    this.facts = facts;
    this.remaining = new Map(facts.remaining.changes.map((change) => [change.key, change]));
    this.workloads = workloadsByInstance(facts.desired);
  }

  reportOf(change: Change): ChangeReport {
    const { execution } = this.facts;
    const base = { key: change.key, durationMs: 0 };
    if (change.kind === "unchanged") return this.unchangedReport(change);
    if (change.kind === "blocked") {
      const failure = { code: "blocked", message: change.cause, details: [] };
      return { ...base, outcome: "blocked", summary: change.cause, failure };
    }
    const done = execution.changes.get(change.key);
    if (change.kind === "held" || change.kind === "set-aside") {
      if (done?.failure !== undefined) return { ...base, ...this.failed(change, done, done.failure) };
      return { ...base, outcome: change.kind, summary: change.cause, durationMs: done?.durationMs ?? 0 };
    }
    if (done === undefined) return { ...base, outcome: "skipped", summary: "not reached" };
    const timed = {
      ...base,
      durationMs: done.durationMs,
      ...(done.downtimeMs === undefined ? {} : { downtimeMs: done.downtimeMs }),
    };
    if (done.failure !== undefined) return { ...timed, ...this.failed(change, done, done.failure) };
    if (done.skippedBecause !== undefined)
      return { ...timed, ...this.skipped(change, done, done.skippedBecause) };
    const still = this.remaining.get(change.key);
    if (still !== undefined && !this.isSettled(still, change) && change.kind !== "remove") {
      const differs = still.fields.map((field) => field.field).join(", ") || still.cause;
      const summary = `done, but the Engine still shows a difference: ${differs}`;
      return { ...timed, outcome: "failed", summary };
    }
    return { ...timed, outcome: "done", summary: this.doneText(change, done) };
  }

  /** It was as desired when the run was planned; what somebody did to it meanwhile is told. */
  private unchangedReport(change: Change): ChangeReport {
    const still = this.remaining.get(change.key);
    if (still !== undefined && !this.isSettled(still, change)) return leftOver(still);
    return { key: change.key, outcome: "unchanged", summary: "as desired", durationMs: 0 };
  }

  private failed(
    change: Change,
    done: ChangeExecution,
    failure: Failure,
  ): { outcome: Outcome; summary: string; failure: Failure } {
    const kind = done.failedStep?.kind;
    const isGate =
      kind === "gate-container" || (kind === "gate-service" && failure.code !== "precondition-failed");
    const isNewBuild = isGate && (change.kind === "replace" || isTakenBack(change, done));
    const reason = isNewBuild ? `new build ${failure.message}` : failure.message;
    const workload = this.workloads.get(change.key);
    if (workload?.timer !== undefined) return { outcome: "failed", summary: reason, failure };
    // Nothing takes the place of a service's run that failed.
    if (workload?.kind === "job" && kind === "gate-service")
      return { outcome: "failed", summary: failure.message, failure };
    if (change.kind === "replace" && (kind === "rename-container" || kind === "remove-container")) {
      const summary = `${reason}; the new container serves, the next run clears up`;
      return { outcome: "failed", summary, failure };
    }
    const survivor = this.survivorOf(change, done);
    if (survivor !== undefined)
      return { outcome: "rolled-back", summary: `${reason}; ${survivor} still serves`, failure };
    const lost = done.rolledBack === false ? "; the old container could not be put back" : "";
    return { outcome: "failed", summary: `${reason}${lost}`, failure };
  }

  /** Names the culprit: a step that several share, another change, or the end of the run. */
  private skipped(
    change: Change,
    done: ChangeExecution,
    because: string,
  ): { outcome: Outcome; summary: string; failure?: Failure } {
    const { shared, changeOfStep } = this.facts.execution;
    const failure = shared.get(because);
    if (failure !== undefined) return this.failed(change, done, failure);
    if (because === interruption) return { outcome: "skipped", summary: `not tried: ${because}` };
    const culprit = changeOfStep.get(because);
    const what = culprit === undefined || culprit === change.key ? because : culprit;
    if (done.rolledBack === undefined)
      return { outcome: "skipped", summary: `not tried: ${what} did not succeed` };
    return {
      outcome: done.rolledBack ? "rolled-back" : "failed",
      summary: `taken back: ${what} did not succeed`,
    };
  }

  /** As it should be: by the configuration, or because a person keeps it. */
  private isSettled({ key, kind, timer }: Change, before: Change): boolean {
    if (kind === "unchanged") return true;
    // A job that runs every few seconds is due again.
    if (timer?.due !== undefined && timer.due !== before.timer?.due) return true;
    return kind === "held" && !this.facts.remaining.steps.some((step) => step.change === key);
  }

  /** What still serves after a failed replacement, by the second look: the old container is to be replaced again. */
  private survivorOf(change: Change, done: ChangeExecution): string | undefined {
    if (change.kind !== "replace" && !isTakenBack(change, done)) return undefined;
    if (done.rolledBack === false) return undefined;
    if (isDown(change)) return undefined;
    const remaining = this.remaining.get(change.key);
    if (remaining === undefined) return undefined;
    // A run that lost its lock takes nothing back: what is as desired then is the new build.
    if (remaining.kind === "unchanged" && done.rolledBack !== true) return undefined;
    // Swarm itself remembers the tasks that failed: the next plan sets the build aside at once.
    const isSetAside = remaining.kind === "set-aside" && done.rolledBack === true;
    if (
      !isSetAside &&
      !this.isSettled(remaining, change) &&
      (remaining.kind !== "replace" || isDown(remaining))
    )
      return undefined;
    const shown = remaining.kind === "replace" ? remaining : change;
    const image = shown.fields.find((field) => field.field === "image")?.before;
    return image === undefined ? "the old container" : tagOf(image);
  }

  private doneText(change: Change, done: ChangeExecution): string {
    if (change.kind === "remove") return "removed";
    if (change.kind === "in-place") return "changed in place";
    if (change.subject !== "workload") return "created";
    const workload = this.workloads.get(change.key);
    if (workload === undefined) return "tidied up";
    const isGated = this.facts.plan.steps.some(
      ({ kind, change: of }) => (kind === "gate-container" || kind === "gate-service") && of === change.key,
    );
    if (workload.timer !== undefined) return timedText(change);
    if (change.kind === "repair" && !isGated && workload.kind === "service") return "put right";
    if (workload.kind === "job") return "finished with exit code 0";
    if (workload.containerNames.length === 0) return "scaled to 0";
    const { stabilityMs } = this.facts.desired.environment.rollout;
    const stable = formatDuration(workload.update.monitorMs ?? stabilityMs);
    const downtime = done.downtimeMs === undefined ? "" : `, downtime ${formatDuration(done.downtimeMs)}`;
    return `running, stable for ${stable}${downtime}`;
  }
}

/** Nobody has waited for the end of the job. */
function timedText({ kind, timer }: Change): string {
  if (timer?.due !== undefined) return "started";
  return kind === "repair" ? "put right" : "armed";
}

/** The new container of an interrupted run was no good: what it was to replace came back. */
function isTakenBack({ kind }: Change, { rolledBack }: ChangeExecution): boolean {
  return (kind === "repair" || kind === "in-place") && rolledBack === true;
}

function tagOf(image: string): string {
  const ref = parseImageRef(image.replace(/ \(.*$/, ""));
  return typeof ref === "string" ? image : (ref.tag ?? image);
}

/** Something that came up only during the run. */
function leftOver(change: Change): ChangeReport {
  return { key: change.key, outcome: "failed", summary: `not as desired: ${change.cause}`, durationMs: 0 };
}

/** A stop-first replacement without downtime is one of a container that does not run. */
function isDown({ rollout }: Change): boolean {
  return rollout?.order === "stop-first" && rollout.downtimeMs === 0;
}

function verdictOf(changes: readonly ChangeReport[], interrupted: boolean): string {
  const counts = new Map<Outcome, number>();
  for (const { outcome } of changes) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  const count = (outcome: Outcome) => counts.get(outcome) ?? 0;
  const fine = count("unchanged") + count("done") + count("held");
  const held = count("held") === 0 ? "" : `, ${count("held")} held`;
  if (fine === changes.length) {
    return count("done") === 0
      ? `Nothing to do: ${count("unchanged")} as desired${held}.`
      : `Converged: ${count("done")} changed, ${count("unchanged")} unchanged${held}.`;
  }
  const words: readonly (readonly [Outcome, string])[] = [
    ["rolled-back", "failed and rolled back"],
    ["failed", "failed"],
    ["blocked", "blocked"],
    ["set-aside", "set aside"],
    ["skipped", "not tried"],
  ];
  const parts = words.flatMap(([outcome, text]) =>
    count(outcome) === 0 ? [] : [`${count(outcome)} ${text}`],
  );
  const prefix = interrupted ? "Interrupted, not converged" : "Not converged";
  return `${prefix}: ${parts.join(", ")}; ${fine} of ${changes.length} as desired.`;
}
