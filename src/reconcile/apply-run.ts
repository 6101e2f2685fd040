import { type Execution, executePlan } from "../execute/execute-plan.ts";
import type { ActualState } from "../model/actual-state.ts";
import type { DesiredState } from "../model/desired-state.ts";
import { toReconcilerError } from "../model/errors.ts";
import { workloadFingerprint } from "../model/fingerprint.ts";
import { addRun, type RunRecord } from "../model/history.ts";
import type { Ledger } from "../model/ledger.ts";
import { isEmptyPlan } from "../model/plan.ts";
import type { Emit, Progress } from "../model/run-event.ts";
import type { JobReport, RunReport } from "../model/run-report.ts";
import { sealSecrets } from "../model/seal.ts";
import { instancesOf } from "../plan/pair.ts";
import { buildRollbackPlan } from "../plan/rollback-plan.ts";
import type { PlanRequest } from "../plan/world.ts";
import type { Clock, RunLock, StateUpdate } from "../ports.ts";
import { appliedRevision } from "./choose-desired.ts";
import { noteJobs, type StartedJob } from "./job-results.ts";
import { ownerOf, type PlanDeps, type PlanInput, type PlannedRun, planRun } from "./reconcile.ts";
import { rememberRun } from "./remember.ts";
import { runRecord } from "./run-record.ts";
import { summarizeRun } from "./summarize-run.ts";
import { timedJobs } from "./timed-jobs.ts";

/** How many effects on the Engine run at once. */
const concurrency = 6;

/** The last look and the last words have their own deadlines: an interrupted run owes the truth as well. */
const lookAgainMs = 30_000;
const writeMs = 10_000;

export interface ApplyDeps extends PlanDeps {
  readonly clock: Clock;
  readonly emit: Emit;
  /** Called with each plan before anything is done; the last one called is the one carried out. */
  readonly planned: (run: PlannedRun) => void;
  /** While somebody else's run is waited for. */
  readonly waiting: (progress: Progress) => void;
}

export interface ApplyOptions {
  readonly command: RunRecord["command"];
  /** A further look at the plan before it is carried out; it throws when the plan must not be. */
  readonly check?: (run: PlannedRun) => void;
  /** What the command itself writes into the ledger when the run has converged. */
  readonly amend?: (ledger: Ledger, run: PlannedRun) => Ledger;
  /** It is written before anything is done, so that whoever comes after a crash carries it through. */
  readonly intent?: boolean;
}

export type Applied =
  | { readonly kind: "refused"; readonly run: PlannedRun }
  | {
      readonly kind: "done";
      readonly run: PlannedRun;
      readonly report: RunReport;
      /** The Engine as it was looked at last. */
      readonly actual: ActualState;
      /** What is remembered now. */
      readonly ledger: Ledger;
      /** The last look has found nothing more to do, whatever had happened until then. */
      readonly isSettled: boolean;
      readonly jobs: BegunJobs;
    };

export interface BegunJobs {
  /** Started by this run, which has not waited for their end. */
  readonly started: readonly StartedJob[];
  /** Runs before this one whose end it has written down. */
  readonly recorded: readonly JobReport[];
}

/**
 * Steps 4 to 10: plans, and when there is anything to do takes the lock, plans again on what is there by then, executes,
 * looks at the Engine again, judges what it sees and writes it down. An empty plan takes no lock and writes nothing.
 *
 * @throws ReconcilerError `busy` when another run of the environment is at work
 */
export async function applyRun(
  input: PlanInput,
  options: ApplyOptions,
  deps: ApplyDeps,
  signal: AbortSignal,
): Promise<Applied> {
  const first = await planRun(input, deps, signal);
  options.check?.(first);
  if (hasNothingToDo(first, options)) return withoutLock(first, deps);
  const { lockExpiryMs } = first.desired.environment.rollout;
  const lock = await deps.store.acquire(
    ownerOf(input.desired),
    { holder: `${options.command} by ${input.by}`, expiryMs: lockExpiryMs, progress: deps.waiting },
    signal,
  );
  try {
    const run = await planRun(input, deps, signal);
    options.check?.(run);
    // Whoever had the lock before may have done it all.
    if (hasNothingToDo(run, options)) return withoutLock(run, deps);
    return await underLock(run, options, deps, lock, input, signal);
  } finally {
    await lock.release();
  }
}

function hasNothingToDo({ verdict, plan }: PlannedRun, { amend }: ApplyOptions): boolean {
  return verdict.violations.length > 0 || (isEmptyPlan(plan) && amend === undefined);
}

function withoutLock(run: PlannedRun, deps: ApplyDeps): Applied {
  deps.planned(run);
  if (run.verdict.violations.length > 0) return { kind: "refused", run };
  const report = judge(run, run, emptyExecution, 0);
  const jobs = { started: [], recorded: [] };
  return {
    ...{ kind: "done", run, jobs, actual: run.actual, ledger: run.stored.ledger, isSettled: true },
    report: { ...report, warnings: run.stored.warnings },
  };
}

const emptyExecution: Execution = {
  changes: new Map(),
  shared: new Map(),
  changeOfStep: new Map(),
  interrupted: false,
};

async function underLock(
  planned: PlannedRun,
  options: ApplyOptions,
  deps: ApplyDeps,
  lock: RunLock,
  input: PlanInput,
  signal: AbortSignal,
): Promise<Applied> {
  const { clock, backend, emit } = deps;
  const begunAt = clock.monotonicMs();
  deps.planned(planned);
  emit({ kind: "plan-built", plan: planned.plan });
  const noted = await noteJobs(planned, deps);
  const run = noted === undefined ? planned : { ...planned, stored: noted.stored };
  if (noted !== undefined) {
    const { ledger, history } = noted.stored;
    await lock.write({ ledger, history }, signal);
  }
  if (options.intent === true && options.amend !== undefined) {
    const { ledger, history } = run.stored;
    await lock.write({ ledger: options.amend(ledger, run), history }, signal);
  }
  const execution = await executePlan(
    run.plan,
    { backend, clock, emit, rollbackPlan: buildRollbackPlan, concurrency, lock },
    AbortSignal.any([signal, lock.lost]),
  );
  const remaining = isEmptyPlan(run.plan) ? run : await lookAgain(run, options, deps, input);
  const report = judge(run, remaining, execution, clock.monotonicMs() - begunAt);
  const update = stateAfter({ run, remaining, execution, report }, options, input);
  const unwritten = await write(lock, update);
  const jobs = { started: startedJobs(run, report, remaining), recorded: noted?.jobs ?? [] };
  return {
    ...{ kind: "done", run, jobs, actual: remaining.actual, ledger: update.ledger },
    isSettled: isEmptyPlan(remaining.plan),
    report: { ...report, warnings: [...run.stored.warnings, ...unwritten] },
  };
}

/** Jobs that this run has started, by what a second look shows. */
function startedJobs(
  { plan, desired }: PlannedRun,
  { changes }: RunReport,
  { actual }: PlannedRun,
): readonly StartedJob[] {
  const done = new Set(changes.flatMap(({ key, outcome }) => (outcome === "done" ? [key] : [])));
  const timers = new Map(plan.changes.map(({ key, timer }) => [key, timer]));
  const names = new Map(instancesOf(desired).map(({ key, name }) => [key, name]));
  const services = new Map(timedJobs(desired, actual).map(({ key, containers: [run] }) => [key, run]));
  return [...done].flatMap((key) => {
    const { unit, due } = timers.get(key) ?? {};
    const run = actual.swarm
      ? services.get(key)
      : actual.containers.find(({ name }) => name === names.get(key));
    if (unit === undefined || due === undefined || run === undefined) return [];
    return [{ key, unit, due, containerId: run.id }];
  });
}

/** A request is judged by what it was about, and by what the next run would make of it. */
async function lookAgain(
  run: PlannedRun,
  { amend }: ApplyOptions,
  deps: ApplyDeps,
  input: PlanInput,
): Promise<PlannedRun> {
  const { request, ...rest } = input;
  const ahead = (ledger: Ledger) => (amend === undefined ? ledger : amend(ledger, run));
  const found = await planRun(rest, deps, AbortSignal.timeout(lookAgainMs), ahead);
  if (request === undefined) return found;
  const meant = new Set(run.plan.steps.map(({ change }) => change));
  const changes = found.plan.changes.filter(({ key }) => meant.has(key));
  return { ...found, plan: { ...found.plan, changes } };
}

function judge(run: PlannedRun, remaining: PlannedRun, execution: Execution, durationMs: number): RunReport {
  return summarizeRun({
    desired: run.desired,
    plan: run.plan,
    execution,
    remaining: remaining.plan,
    durationMs,
  });
}

interface Finished {
  readonly run: PlannedRun;
  readonly remaining: PlannedRun;
  readonly execution: Execution;
  readonly report: RunReport;
}

function stateAfter(finished: Finished, options: ApplyOptions, input: PlanInput): StateUpdate {
  const { run, remaining, execution, report } = finished;
  const at = remaining.actual.engine.systemTime;
  const { plan, desired, stored, txn } = run;
  const learnt = rememberRun(
    { ...stored.ledger, ahead: run.pin ? stored.ledger.ahead : run.ahead },
    {
      desired,
      plan,
      execution,
      reports: report.changes,
      actual: remaining.actual,
      ...(input.request === undefined ? {} : { meant: input.request.workloads }),
    },
  );
  const applied =
    input.request === undefined ? withRevision(learnt, run, at) : withoutRejected(learnt, input.request);
  const ledger =
    holdsGood(report, options) && options.amend !== undefined ? options.amend(applied, run) : applied;
  const record = runRecord({ txn, at, command: options.command, by: input.by }, plan, execution, report);
  const history = addRun(stored.history, record);
  if (input.request !== undefined) return { ledger, history };
  const good = goodOf(desired, ledger);
  const kept: DesiredState = sealSecrets(desired, input.secrets);
  return { ledger, history, keep: { revision: desired.revision.id, at, good, desired: kept } };
}

/** What this very state asks for is good: where its build failed, the ledger still tells of the one before. */
function goodOf({ workloads, secretValues }: DesiredState, { good }: Ledger): readonly string[] {
  const wanted = new Map(
    workloads.map((workload) => [workload.key, workloadFingerprint(workload, secretValues)]),
  );
  return good.flatMap(({ workload, spec }) => (wanted.get(workload) === spec ? [workload] : []));
}

/** An intent stands unless it was taken back: what is half done by then is carried through by the next run. */
function holdsGood({ converged, changes }: RunReport, { intent }: ApplyOptions): boolean {
  return converged || (intent === true && !changes.some(({ outcome }) => outcome === "rolled-back"));
}

/** What a person went back from is no good build, whatever its gate said. */
function withoutRejected(ledger: Ledger, { kind, workloads }: PlanRequest): Ledger {
  if (kind === "finish") return ledger;
  return { ...ledger, good: ledger.good.filter(({ workload }) => !workloads.has(workload)) };
}

function withRevision(ledger: Ledger, { desired, pin }: PlannedRun, at: string): Ledger {
  const { pin: _ended, ...rest } = ledger;
  const isHeldBack = pin !== undefined && pin.revision !== desired.revision.id;
  return {
    ...rest,
    ...(isHeldBack ? {} : { lastApplied: appliedRevision(desired.revision, at) }),
    ...(pin === undefined ? {} : { pin }),
  };
}

/** What cannot be written down is said: the run itself has happened. */
async function write(lock: RunLock, update: StateUpdate): Promise<readonly string[]> {
  try {
    await lock.write(update, AbortSignal.timeout(writeMs));
    return [];
  } catch (error) {
    return [`the run could not be recorded: ${toReconcilerError(error).message}`];
  }
}
