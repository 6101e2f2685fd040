import type { ChangeExecution, Execution } from "../execute/execute-plan.ts";
import type { ActualState } from "../model/actual-state.ts";
import type { Change } from "../model/change.ts";
import type { DesiredState } from "../model/desired-state.ts";
import type { ErrorCode } from "../model/errors.ts";
import { workloadFingerprint, workloadIdentity } from "../model/fingerprint.ts";
import { workloadsByInstance } from "../model/instances.ts";
import {
  forgetFailures,
  type GoodBuild,
  type Hold,
  type Ledger,
  noteFailure,
  noteImages,
  noteRepair,
} from "../model/ledger.ts";
import { parseRoleName } from "../model/ownership.ts";
import type { Plan } from "../model/plan.ts";
import type { ChangeReport } from "../model/run-report.ts";
import type { Step } from "../model/step.ts";
import type { WorkloadSpec } from "../model/workload.ts";
import { timerRecords } from "./timed-jobs.ts";

/** What came of a run, as far as the ledger learns from it. */
export interface RunOutcome {
  readonly desired: DesiredState;
  readonly plan: Plan;
  readonly execution: Execution;
  readonly reports: readonly ChangeReport[];
  /** The second look at the Engine. */
  readonly actual: ActualState;
  /** The workloads that it was about; of the others it has learnt nothing. Absent: all of them. */
  readonly meant?: ReadonlySet<string>;
}

/**
 * The ledger after a run: builds that failed, builds that are good, what had to be put right although nobody changed the
 * configuration. Entries about what is no longer there, or no longer so, go.
 */
export function rememberRun(ledger: Ledger, outcome: RunOutcome): Ledger {
  const now = new Date(outcome.actual.engine.systemTime);
  const facts = new WorkloadFacts(outcome);
  let next = withoutOutdated(ledger, outcome, now.toISOString());
  for (const workload of outcome.desired.workloads) {
    if (outcome.meant?.has(workload.key) === false) continue;
    const changes = facts.changesOf(workload.key);
    const failed = changes
      .map((change) => failedBuild(change, outcome.execution.changes.get(change.key)))
      .find(Boolean);
    if (failed !== undefined) {
      next = noteFailure(next, { ...triedBuild(workload, outcome.actual), reason: failed }, now);
      continue;
    }
    const repaired = changes.find(({ drift, key }) => drift !== undefined && facts.outcomeOf(key) === "done");
    if (repaired?.drift !== undefined) next = noteRepair(next, workload.key, repaired.drift, now);
    if (changes.length > 0 && changes.every(({ key }) => facts.isGood(key))) {
      next = forgetFailures(next, new Set([workload.key]));
      next = { ...next, good: withGood(next.good, goodBuild(workload, outcome, now)) };
    }
  }
  const gone = outcome.reports.flatMap(({ key, outcome: came }) =>
    came === "done" && key.startsWith("image ") ? [key.slice(6)] : [],
  );
  const running = runningImages(outcome.actual);
  const timers = timerRecords(outcome.desired, outcome.actual, next, facts.served());
  return { ...noteImages(next, running, new Set(gone)), timers };
}

/** Only what became of a container that was tried says something about its build; the rest may pass by itself. */
const buildFailures: ReadonlySet<ErrorCode> = new Set(["gate-failed", "job-failed", "engine-refused"]);

/** A port that somebody else holds stays taken for a while, and every try of a stop-first replacement costs downtime. */
const portTaken = /port is already allocated|address already in use/i;

function failedBuild(change: Change, done: ChangeExecution | undefined): string | undefined {
  const { failure, failedStep } = done ?? {};
  if (failure === undefined || failedStep === undefined) return undefined;
  if (!buildFailures.has(failure.code as ErrorCode) && !portTaken.test(failure.message)) return undefined;
  return isTrial(failedStep, change) ? failure.message : undefined;
}

function runningImages({ containers, swarm }: ActualState): readonly string[] {
  const services = (swarm?.services ?? []).flatMap(({ ownership, record }) =>
    ownership.kind === "owned" && record.image !== undefined ? [record.image] : [],
  );
  const inContainers = containers.flatMap(({ ownership, spec }) =>
    ownership.kind === "owned" ? [spec.image] : [],
  );
  return [...inContainers, ...services];
}

/** A new container was tried: one of this run, or one that an interrupted run had begun with. */
function isTrial(step: Step, { kind }: Change): boolean {
  if (step.kind === "create-service" || step.kind === "update-service") return true;
  if (step.kind === "gate-service") return kind !== "repair" || step.payload.back !== undefined;
  if (step.kind !== "start-container" && step.kind !== "gate-container" && step.kind !== "await-job")
    return false;
  if (step.kind === "start-container" && step.payload.run) return true;
  const { container } = step.payload;
  const isTakenUp =
    (kind === "repair" || kind === "in-place") && parseRoleName(container.name).role === "next";
  return container.kind === "created" || isTakenUp;
}

function triedBuild(workload: WorkloadSpec, actual: ActualState) {
  const { image } = workload.container;
  const imageId = actual.images.get(image)?.id;
  return {
    workload: workload.key,
    build: workloadIdentity(workload),
    image,
    ...(imageId === undefined ? {} : { imageId }),
  };
}

function goodBuild(workload: WorkloadSpec, { desired }: RunOutcome, now: Date): GoodBuild {
  const spec = workloadFingerprint(workload, desired.secretValues);
  return { workload: workload.key, spec, image: workload.container.image, since: now.toISOString() };
}

/** The same build stays good since it was first. */
function withGood(known: readonly GoodBuild[], good: GoodBuild): readonly GoodBuild[] {
  const before = known.find(({ workload }) => workload === good.workload);
  if (before?.spec === good.spec) return known;
  const others = known.filter(({ workload }) => workload !== good.workload);
  return [...others, good].sort((a, b) => (a.workload < b.workload ? -1 : 1));
}

class WorkloadFacts {
  private readonly byWorkload: ReadonlyMap<string, readonly Change[]>;
  private readonly outcomes: ReadonlyMap<string, ChangeReport["outcome"]>;

  constructor({ desired, plan, reports }: RunOutcome) {
    const workloadOf = workloadsByInstance(desired);
    this.byWorkload = Map.groupBy(
      plan.changes.filter(({ subject, key }) => subject === "workload" && workloadOf.has(key)),
      ({ key }) => workloadOf.get(key)?.key ?? key,
    );
    this.outcomes = new Map(reports.map(({ key, outcome }) => [key, outcome]));
  }

  changesOf(workload: string): readonly Change[] {
    return this.byWorkload.get(workload) ?? [];
  }

  outcomeOf(change: string): ChangeReport["outcome"] | undefined {
    return this.outcomes.get(change);
  }

  /** The times that jobs were started for. */
  served(): ReadonlyMap<string, string> {
    const changes = [...this.byWorkload.values()].flat();
    return new Map(
      changes.flatMap(({ key, timer }) =>
        timer?.due !== undefined && this.outcomes.get(key) === "done" ? [[key, timer.due]] : [],
      ),
    );
  }

  isGood(change: string): boolean {
    const outcome = this.outcomes.get(change);
    return outcome === "done" || outcome === "unchanged";
  }
}

/** A hold ends with its time, and one that a rollback set when the configuration asks for another build. */
function withoutOutdated(ledger: Ledger, { desired }: RunOutcome, now: string): Ledger {
  const workloads = new Map(desired.workloads.map((workload) => [workload.key, workload]));
  const isKnown = ({ workload }: { readonly workload: string }) => workloads.has(workload);
  const isInForce = ({ workload: key, until, rejectedSpec }: Hold) => {
    if (until !== undefined && until <= now) return false;
    if (rejectedSpec === undefined || key === undefined) return true;
    const workload = workloads.get(key);
    return workload !== undefined && workloadFingerprint(workload, desired.secretValues) === rejectedSpec;
  };
  return {
    ...ledger,
    failures: ledger.failures.filter(isKnown),
    good: ledger.good.filter(isKnown),
    repairs: ledger.repairs.filter(isKnown),
    holds: ledger.holds.filter(isInForce),
  };
}
