import type { ActualState } from "../model/actual-state.ts";
import { isReconcilerError, ReconcilerError, toReconcilerError } from "../model/errors.ts";
import { type Ledger, noteAhead, noteDone } from "../model/ledger.ts";
import type { Emit } from "../model/run-event.ts";
import type { RunReport } from "../model/run-report.ts";
import type { Watch } from "../plan/world.ts";
import type { ConnectedBackend, StateStore } from "../ports.ts";
import { type Applied, type ApplyDeps, type ApplyOptions, applyRun } from "../reconcile/apply-run.ts";
import { finishJobs } from "../reconcile/finish-jobs.ts";
import { ownerOf, type PlanInput, type PlannedRun } from "../reconcile/reconcile.ts";
import { assertTarget, compileTarget } from "../reconcile/target.ts";
import type { Configuration, ConfigurationWatch, SourceProblem } from "./configuration-watch.ts";
import type { DaemonApp, Followed } from "./daemon-app.ts";
import { followPushes, type ImageMark, type PushOutcome } from "./pushed-builds.ts";
import type { Trigger } from "./trigger.ts";

export interface RunOnce {
  readonly app: DaemonApp;
  readonly backend: ConnectedBackend;
  readonly watch: ConfigurationWatch;
  readonly followed: Followed;
  readonly triggers: readonly Trigger[];
  /** What is known about time, by the Engine's clock. */
  readonly timeWatch: Watch;
  readonly emit: Emit;
  /** Called when a look at the Engine begins. */
  readonly looking: () => void;
  /** Called with what is to be enforced, before anything is done. */
  readonly configured: (configuration: Configuration) => void;
}

/** What a run of the daemon came to. */
export interface RunOutcome {
  readonly report: RunReport;
  readonly run: PlannedRun;
  /** The Engine as it was looked at last. */
  readonly actual: ActualState;
  /** What is remembered now. */
  readonly ledger: Ledger;
  /** The last look has found nothing more to do, whatever had happened until then. */
  readonly isSettled: boolean;
  readonly configuration: Configuration;
  /** Why something older than what the source has now is in force. */
  readonly problem?: SourceProblem;
  /** What pushes to registries have led to. */
  readonly facts: readonly string[];
  /** Why pushes could not be followed up. */
  readonly pushError?: ReconcilerError;
}

/**
 * One run: what the source has now, or the last good that it had, brought about on the Engine.
 *
 * @throws ReconcilerError when there is nothing to enforce, or when the Engine does not let itself be looked at
 */
export async function runOnce(options: RunOnce, signal: AbortSignal): Promise<RunOutcome> {
  const { backend, watch } = options;
  let looked = await lookAt(options, signal);
  let pushed: PushOutcome = { ahead: [], committed: false, facts: [] };
  if (looked.configuration !== undefined) {
    // What a refused configuration says of hooks and schedules is not in force either; at the start there is no other.
    if (watch.lastGood === undefined) options.configured(looked.configuration);
    pushed = await pushesOf(options, looked.configuration, signal);
    if (pushed.committed) looked = await lookAt(options, signal);
  }
  const { configuration = watch.lastGood, problem } = looked;
  if (configuration === undefined) throw problem?.error ?? nothingToEnforce();
  const { target, environment } = configuration.desired;
  assertTarget(target, environment, backend.swarmRole());
  const context = { options, store: storeOf(configuration.desired, options), pushed };
  const done = await enforce(configuration, context, signal);
  if ("report" in done) {
    options.configured(configuration);
    return { ...done, configuration, ...toldOf(pushed), ...(problem === undefined ? {} : { problem }) };
  }
  return await standIn(configuration, done, context, signal);
}

function toldOf({ facts, error }: PushOutcome): Pick<RunOutcome, "facts" | "pushError"> {
  return { facts, ...(error === undefined ? {} : { pushError: error }) };
}

function nothingToEnforce(): ReconcilerError {
  return new ReconcilerError("configuration-unreadable", "there is no configuration to enforce");
}

function storeOf({ target }: Configuration["desired"], { app, backend }: RunOnce): StateStore {
  return backend.stateStore(app.clock, target);
}

async function lookAt(run: RunOnce, signal: AbortSignal) {
  const { app, backend, watch } = run;
  const options = {
    inputs: app.inputs,
    hostName: backend.hostName(),
    ...compileTarget(backend.swarmRole()),
    lastApplied: async (desired: Configuration["desired"]) =>
      (await storeOf(desired, run).read(ownerOf(desired), signal)).ledger.lastApplied,
  };
  return await watch.look(app.source, options, signal);
}

interface Context {
  readonly options: RunOnce;
  readonly store: StateStore;
  readonly pushed: PushOutcome;
  /** Removals were refused: everything else is done all the same. */
  readonly keepUnwanted?: boolean;
}

async function pushesOf(
  run: RunOnce,
  configuration: Configuration,
  signal: AbortSignal,
): Promise<PushOutcome> {
  const { app, followed, triggers } = run;
  const marks = triggers.flatMap((trigger): ImageMark[] =>
    trigger.kind === "hook" && trigger.mark.kind === "image" ? [trigger.mark] : [],
  );
  if (marks.length === 0) return { ahead: [], committed: false, facts: [] };
  const { desired } = configuration;
  const { ledger } = await storeOf(desired, run).read(ownerOf(desired), signal);
  const failed = new Set(ledger.failures.map(({ image }) => image));
  const now = app.clock.now().toISOString();
  try {
    return await followPushes(marks, { app, followed, configuration, failed, now }, signal);
  } catch (error) {
    if (signal.aborted || !isReconcilerError(error)) throw error;
    // A registry or a server that is away stops nothing else.
    return { ahead: [], committed: false, facts: [`pushed images: ${error.message}`], error };
  }
}

type Enforced =
  | Pick<RunOutcome, "report" | "run" | "actual" | "ledger" | "isSettled">
  | { readonly refused: ReconcilerError };

/** Plans and carries out; a refusal changes nothing and is told as one. */
async function enforce(
  configuration: Configuration,
  { options, store, pushed, keepUnwanted = false }: Context,
  signal: AbortSignal,
): Promise<Enforced> {
  const { app, backend, emit, looking } = options;
  const deps: ApplyDeps = {
    ...{ backend, store, newTxn: app.newTxn, clock: app.clock, emit, looking },
    planned: () => {},
    waiting: () => {},
  };
  const input = { ...planInput(configuration, options, pushed), keepUnwanted };
  let applied: Applied;
  try {
    applied = await applyRun(input, { command: "apply", ...amendments(options, pushed) }, deps, signal);
  } catch (error) {
    const coded = toReconcilerError(error);
    if (coded.code === "older-revision" || coded.code === "no-way-back") return { refused: coded };
    throw error;
  }
  const { run } = applied;
  if (applied.kind === "done") {
    options.watch.accept(configuration);
    const { actual, ledger, isSettled, jobs } = applied;
    // Nobody waits for the jobs that were started: their end is an event, and the next run writes it down.
    const report = await finishJobs({ ...applied, jobs: { ...jobs, started: [] } }, deps, signal);
    return { report, run, actual, ledger, isSettled };
  }
  const [violation] = run.verdict.violations;
  return {
    refused: new ReconcilerError("prune-refused", violation?.message ?? "the plan is refused", {
      hint: violation?.hint,
    }),
  };
}

/** A build that goes ahead of Git is noted before it is rolled out: whoever comes after a crash knows of it. */
function amendments({ triggers }: RunOnce, { ahead }: PushOutcome): Pick<ApplyOptions, "amend" | "intent"> {
  const isPruned = triggers.some(isPrune);
  if (!isPruned && ahead.length === 0) return {};
  return {
    amend: (ledger, run) => {
      const noted = noteAhead(ledger, ahead);
      return isPruned ? noteDone(noted, "prune", timeOf(run)) : noted;
    },
    intent: ahead.length > 0,
  };
}

/** What is refused leaves the last good in force, drift repaired; without one there is only the refusal. */
async function standIn(
  refusedOne: Configuration,
  { refused }: { readonly refused: ReconcilerError },
  context: Context,
  signal: AbortSignal,
): Promise<RunOutcome> {
  const { lastGood } = context.options.watch;
  if (lastGood === undefined) throw refused;
  context.options.configured(lastGood);
  const pushed = { ...context.pushed, ahead: [] };
  const done = await enforce(lastGood, { ...context, pushed, keepUnwanted: true }, signal);
  if ("refused" in done) throw done.refused;
  const problem = { error: refused, findings: [], revision: refusedOne.revision };
  return { ...done, configuration: lastGood, problem, ...toldOf(context.pushed) };
}

function planInput(
  { desired, compiled }: Configuration,
  { app, triggers, timeWatch: watch }: RunOnce,
  { ahead }: PushOutcome,
): PlanInput {
  // With a schedule of its own the clean-up of images waits for its time.
  const isOwnSchedule = compiled.daemon.schedules.some(({ name }) => name === "prune");
  const { environment } = desired;
  const images = isOwnSchedule && !triggers.some(isPrune) ? "keep" : environment.prune.images;
  return {
    desired: { ...desired, environment: { ...environment, prune: { ...environment.prune, images } } },
    adopt: new Set(),
    retry: new Set(),
    confirmed: false,
    rollback: false,
    ahead,
    watch,
    secrets: app.inputs.secrets,
    by: app.actor,
  };
}

function isPrune(trigger: Trigger): boolean {
  return trigger.kind === "schedule" && trigger.name === "prune";
}

function timeOf({ actual }: PlannedRun): string {
  return actual.engine.systemTime;
}
