import { Semaphore } from "../lib/semaphore.ts";
import { ReconcilerError, toReconcilerError } from "../model/errors.ts";
import type { Plan } from "../model/plan.ts";
import type { Emit, Failure } from "../model/run-event.ts";
import type { Step } from "../model/step.ts";
import type { Backend, Clock, RunLock } from "../ports.ts";
import { ExecutionMemory, executeStep, isWaiting } from "./execute-step.ts";
import { graceAfter, reasonOf, takesAway } from "./interruption.ts";
import { takeBack } from "./take-back.ts";
import { Unit } from "./unit.ts";

export type StepStatus = "succeeded" | "failed" | "skipped";

/** What came of the steps of one change. */
export interface ChangeExecution {
  readonly failure?: Failure;
  /** The step that failed. */
  readonly failedStep?: Step;
  /** Not tried, because this failed. */
  readonly skippedBecause?: string;
  /** Whether the way back succeeded; absent when none was needed. */
  readonly rolledBack?: boolean;
  readonly durationMs: number;
  readonly downtimeMs?: number;
  /** How long the gate took that was passed. */
  readonly gateMs?: number;
}

export interface Execution {
  readonly changes: ReadonlyMap<string, ChangeExecution>;
  /** Failures of steps that several changes share, such as a pull, by step. */
  readonly shared: ReadonlyMap<string, Failure>;
  /** The change that a step belongs to, to name the culprit of what was skipped. */
  readonly changeOfStep: ReadonlyMap<string, string>;
  readonly interrupted: boolean;
}

export interface ExecuteDeps {
  readonly backend: Backend;
  readonly clock: Clock;
  readonly emit: Emit;
  /** Makes the way back for what failed: the steps begun, the failed one last. */
  readonly rollbackPlan: (change: string, begun: readonly Step[]) => readonly Step[];
  /** How many effects may run at once. */
  readonly concurrency: number;
  /** The lock of the run: nothing is taken away, and nothing taken back, once it is lost. */
  readonly lock?: Pick<RunLock, "assertHeld" | "lost">;
}

export const interruption = "the run was interrupted";

/** How long a container may take to tell its story. */
const storyMs = 15_000;

/**
 * Walks the plan: a step runs when all it depends on has succeeded (not merely finished); a failure takes its own change
 * back, and those that change together with it, and skips its dependents. Siblings go on.
 */
export async function executePlan(plan: Plan, deps: ExecuteDeps, signal: AbortSignal): Promise<Execution> {
  const walker = new PlanWalker(deps, signal);
  await Promise.all(plan.steps.map((step) => walker.schedule(step)));
  return walker.execution();
}

class PlanWalker {
  private readonly outcomes = new Map<string, Promise<StepStatus>>();
  private readonly units = new Map<string, Unit>();
  private readonly changes = new Map<string, ChangeExecution>();
  private readonly changeOfStep = new Map<string, string>();
  private readonly shared = new Map<string, Failure>();
  private readonly memory = new ExecutionMemory();
  private readonly slots: Semaphore;
  private readonly startedAt = new Map<string, number>();
  private readonly deps: ExecuteDeps;
  private readonly signal: AbortSignal;
  private readonly afterGrace: AbortSignal;

  constructor(deps: ExecuteDeps, signal: AbortSignal) {
    this.deps = deps;
    this.signal = signal;
    this.afterGrace = graceAfter(signal);
    this.slots = new Semaphore(deps.concurrency);
  }

  /** Steps come in topological order, so that what a step waits for is already scheduled. */
  schedule(step: Step): Promise<StepStatus> {
    if (step.change !== undefined) this.changeOfStep.set(step.id, step.change);
    const outcome = this.runWhenReady(step);
    this.outcomes.set(step.id, outcome);
    return outcome;
  }

  execution(): Execution {
    for (const [change, known] of this.changes) {
      const downtimeMs = this.memory.downtimeMs.get(change);
      const gateMs = this.memory.gateMs.get(change);
      this.changes.set(change, {
        ...known,
        ...(downtimeMs === undefined ? {} : { downtimeMs }),
        ...(gateMs === undefined ? {} : { gateMs }),
      });
    }
    const { changes, shared, changeOfStep } = this;
    return { changes, shared, changeOfStep, interrupted: this.signal.aborted };
  }

  private async runWhenReady(step: Step): Promise<StepStatus> {
    const needed = await Promise.all(step.dependsOn.map((id) => this.outcomes.get(id)));
    await Promise.all(step.after.map((id) => this.outcomes.get(id)));
    const missing = needed.findIndex((status) => status !== "succeeded");
    if (missing >= 0) return await this.skip(step, step.dependsOn[missing] ?? "");
    if (isWaiting(step)) return await this.run(step);
    return await this.slots.run(() => this.run(step));
  }

  /** A change that cannot go on is taken back like one that failed: half a change must not stay. */
  private async skip(step: Step, because: string): Promise<StepStatus> {
    this.deps.emit({ kind: "step-skipped", step, because });
    const known = step.change === undefined ? undefined : this.changes.get(step.change);
    if (known?.failure === undefined && known?.skippedBecause === undefined)
      this.note(step, { skippedBecause: because });
    await this.rollBack(step, false);
    return "skipped";
  }

  private async run(step: Step): Promise<StepStatus> {
    const { clock, emit } = this.deps;
    const unit = this.unitOf(step);
    if (unit?.isTakenBack) return await this.skip(step, unit.because);
    if (this.signal.aborted && unit?.hasBegun(step) !== true) return await this.skip(step, interruption);
    const startedAt = clock.monotonicMs();
    if (step.change !== undefined && !this.startedAt.has(step.change))
      this.startedAt.set(step.change, startedAt);
    emit({ kind: "step-started", step });
    const end = unit?.begin(step);
    try {
      // Renames are the end of a change that has succeeded: they are done even after an interruption.
      if (step.kind !== "rename-container" || step.payload.reversible) this.signal.throwIfAborted();
      if (takesAway(step)) await this.deps.lock?.assertHeld(this.afterGrace);
      await executeStep(step, this.stepDeps(step), this.signalFor(step, unit));
      emit({ kind: "step-succeeded", step, durationMs: clock.monotonicMs() - startedAt });
      this.note(step, {});
      return "succeeded";
    } catch (error) {
      end?.();
      await this.fail(step, error, clock.monotonicMs() - startedAt);
      return "failed";
    } finally {
      end?.();
    }
  }

  /**
   * An interruption ends waiting, pulls and deliveries at once, and gives other effects a moment to come to their end:
   * torn off, they would happen all the same, but nobody would know. Stops and renames are always brought to their end,
   * within the backend's own deadlines. Waiting also ends when another change of the circle has failed.
   */
  private signalFor(step: Step, unit: Unit | undefined): AbortSignal {
    if (isWaiting(step))
      return unit === undefined ? this.signal : AbortSignal.any([this.signal, unit.signal]);
    if (step.kind === "pull-image" || step.kind === "create-files") return this.signal;
    const isLong = step.kind === "stop-container" || step.kind === "rename-container";
    return isLong ? new AbortController().signal : this.afterGrace;
  }

  private stepDeps(step: Step) {
    const { backend, clock, emit } = this.deps;
    return {
      backend,
      clock,
      memory: this.memory,
      progress: (progress: { text: string }) => emit({ kind: "step-progress", step, progress }),
    };
  }

  private async fail(step: Step, error: unknown, durationMs: number): Promise<void> {
    const unit = this.unitOf(step);
    const failure = await this.describe(step, error, unit);
    this.deps.emit({ kind: "step-failed", step, durationMs, failure });
    if (step.change === undefined) {
      this.shared.set(step.id, failure);
      return;
    }
    if (this.changes.get(step.change)?.failure === undefined) this.note(step, { failure, failedStep: step });
    await this.rollBack(step, true);
  }

  private async describe(step: Step, error: unknown, unit: Unit | undefined): Promise<Failure> {
    if (unit?.isTakenBack && isWaiting(step) && !this.signal.aborted)
      return {
        code: "precondition-failed",
        message: `taken back, because ${unit.because} did not succeed`,
        details: [],
      };
    const coded = this.signal.aborted
      ? new ReconcilerError("interrupted", `interrupted: ${reasonOf(this.signal)}`, { cause: error })
      : toReconcilerError(error);
    const details = await this.story(step);
    return {
      code: coded.code,
      message: coded.message,
      ...(coded.hint === undefined ? {} : { hint: coded.hint }),
      details,
    };
  }

  /** What the container or the service has to say of itself. */
  private async story(step: Step): Promise<readonly string[]> {
    const { backend } = this.deps;
    const signal = AbortSignal.timeout(storyMs);
    const service = step.kind === "gate-service" ? this.memory.serviceOf(step) : undefined;
    if (service !== undefined) return await backend.describeService(service, signal);
    const container = this.memory.containerOf(step);
    const isAboutContainer = ["gate-container", "await-job", "start-container"].includes(step.kind);
    return container !== undefined && isAboutContainer
      ? await backend.describeFailure(container, signal)
      : [];
  }

  /**
   * Takes back what was begun, once; it goes on after an interruption, because half a change is worse than a late end.
   *
   * @param hasRun the step was tried, so that it may have had its effect
   */
  private async rollBack(step: Step, hasRun: boolean): Promise<void> {
    const unit = this.unitOf(step);
    const { change } = step;
    if (unit === undefined || change === undefined || unit.isTakenBack || !unit.hasBegunAny()) return;
    // Whoever took the lock over sees what there is and goes on from it.
    if (this.deps.lock?.lost.aborted) return;
    // The update is in Swarm's hands, which rolls it back by itself if it fails.
    if (this.signal.aborted && step.kind === "gate-service") return;
    if (this.deps.rollbackPlan(change, unit.begunUntil(step)).length === 0) return;
    unit.close(step.id);
    await unit.settled();
    const begun = hasRun ? unit.begunUntil(step) : unit.begun();
    const plan = this.deps.rollbackPlan(change, begun);
    const made = new Set(plan.map(({ id }) => id));
    const steps = plan.filter((undo) => this.isPossible(undo, made));
    if (steps.length === 0) return;
    this.deps.emit({ kind: "rollback-started", change, plan: steps });
    const failed = await takeBack(steps, (undo) => this.stepDeps(undo), {
      emit: this.deps.emit,
      isInterrupted: this.signal.aborted,
    });
    for (const member of new Set(steps.flatMap((undo) => undo.change ?? []))) {
      const known = this.changes.get(member);
      const isExplained = known?.failure !== undefined || known?.skippedBecause !== undefined;
      this.changes.set(member, {
        ...known,
        ...(isExplained ? {} : { skippedBecause: step.id }),
        rolledBack: !failed.has(member),
        durationMs: this.elapsed(member),
      });
    }
  }

  /** What was never created needs no undoing; what the way back itself creates is there in time. */
  private isPossible(step: Step, made: ReadonlySet<string>): boolean {
    if ("service" in step.payload) {
      const { service } = step.payload;
      const isMade = service.kind === "created" && made.has(service.step);
      return isMade || this.memory.serviceOf(step) !== undefined;
    }
    return !("container" in step.payload) || this.memory.containerOf(step) !== undefined;
  }

  private unitOf(step: Step): Unit | undefined {
    const key = step.together ?? step.change;
    if (key === undefined) return undefined;
    const found = this.units.get(key) ?? new Unit();
    this.units.set(key, found);
    return found;
  }

  private note(step: Step, facts: Omit<ChangeExecution, "durationMs">): void {
    const { change } = step;
    if (change === undefined) return;
    this.changes.set(change, { ...this.changes.get(change), ...facts, durationMs: this.elapsed(change) });
  }

  private elapsed(change: string): number {
    const now = this.deps.clock.monotonicMs();
    return now - (this.startedAt.get(change) ?? now);
  }
}
