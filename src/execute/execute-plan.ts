import { Semaphore } from "../lib/semaphore.ts";
import { ReconcilerError, toReconcilerError } from "../model/errors.ts";
import type { Plan } from "../model/plan.ts";
import type { Emit, Failure } from "../model/run-event.ts";
import type { Step } from "../model/step.ts";
import type { Backend, Clock } from "../ports.ts";
import { ExecutionMemory, executeStep, isWaiting } from "./execute-step.ts";

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
}

export interface Execution {
  readonly changes: ReadonlyMap<string, ChangeExecution>;
  /** Failures of steps that several changes share, such as a pull. */
  readonly shared: ReadonlyMap<string, Failure>;
  readonly interrupted: boolean;
}

export interface ExecuteDeps {
  readonly backend: Backend;
  readonly clock: Clock;
  readonly emit: Emit;
  /** Makes the way back for a failed change: the steps begun, the failed one last. */
  readonly rollbackPlan: (change: string, begun: readonly Step[]) => readonly Step[];
  /** How many effects may run at once. */
  readonly concurrency: number;
}

/** How long an interrupted run may take to put things back. */
const compensationMs = 60_000;

/**
 * Walks the plan: a step runs when all it depends on has succeeded (not merely finished); a failure takes its own change
 * back and skips its dependents, siblings go on.
 */
export async function executePlan(plan: Plan, deps: ExecuteDeps, signal: AbortSignal): Promise<Execution> {
  const walker = new PlanWalker(deps, signal);
  await Promise.all(plan.steps.map((step) => walker.schedule(step)));
  return walker.execution();
}

class PlanWalker {
  private readonly outcomes = new Map<string, Promise<StepStatus>>();
  private readonly begun = new Map<string, Step[]>();
  private readonly changes = new Map<string, ChangeExecution>();
  private readonly shared = new Map<string, Failure>();
  private readonly memory = new ExecutionMemory();
  private readonly slots: Semaphore;
  private readonly startedAt = new Map<string, number>();
  private readonly deps: ExecuteDeps;
  private readonly signal: AbortSignal;

  constructor(deps: ExecuteDeps, signal: AbortSignal) {
    this.deps = deps;
    this.signal = signal;
    this.slots = new Semaphore(deps.concurrency);
  }

  /** Steps come in topological order, so that what a step waits for is already scheduled. */
  schedule(step: Step): Promise<StepStatus> {
    const outcome = this.runWhenReady(step);
    this.outcomes.set(step.id, outcome);
    return outcome;
  }

  execution(): Execution {
    for (const [change, ms] of this.memory.downtimeMs) {
      const known = this.changes.get(change);
      if (known) this.changes.set(change, { ...known, downtimeMs: ms });
    }
    return { changes: this.changes, shared: this.shared, interrupted: this.signal.aborted };
  }

  private async runWhenReady(step: Step): Promise<StepStatus> {
    const needed = await Promise.all(step.dependsOn.map((id) => this.outcomes.get(id)));
    await Promise.all(step.after.map((id) => this.outcomes.get(id)));
    const missing = needed.findIndex((status) => status !== "succeeded");
    if (missing >= 0) return this.skip(step, step.dependsOn[missing] ?? "");
    if (this.signal.aborted && !this.hasBegun(step)) return this.skip(step, "the run was interrupted");
    const run = () => this.run(step);
    return isWaiting(step) ? run() : this.slots.run(run);
  }

  private hasBegun(step: Step): boolean {
    return step.change !== undefined && this.begun.has(step.change);
  }

  private skip(step: Step, because: string): StepStatus {
    this.deps.emit({ kind: "step-skipped", step, because });
    if (step.change !== undefined && !this.changes.get(step.change)?.failure) {
      this.note(step.change, { skippedBecause: because });
    }
    return "skipped";
  }

  private async run(step: Step): Promise<StepStatus> {
    const { clock, emit } = this.deps;
    const startedAt = clock.monotonicMs();
    if (step.change !== undefined) {
      this.begun.set(step.change, [...(this.begun.get(step.change) ?? []), step]);
      if (!this.startedAt.has(step.change)) this.startedAt.set(step.change, startedAt);
    }
    emit({ kind: "step-started", step });
    try {
      await executeStep(step, this.stepDeps(step), this.signal);
      const durationMs = clock.monotonicMs() - startedAt;
      emit({ kind: "step-succeeded", step, durationMs });
      if (step.change !== undefined) this.note(step.change, {});
      return "succeeded";
    } catch (error) {
      await this.fail(step, error, clock.monotonicMs() - startedAt);
      return "failed";
    }
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
    const failure = await this.describe(step, error);
    this.deps.emit({ kind: "step-failed", step, durationMs, failure });
    if (step.change === undefined) {
      this.shared.set(step.id, failure);
      return;
    }
    const rolledBack = await this.rollBack(step.change);
    this.note(step.change, {
      failure,
      failedStep: step,
      ...(rolledBack === undefined ? {} : { rolledBack }),
    });
  }

  private async describe(step: Step, error: unknown): Promise<Failure> {
    const coded = this.signal.aborted
      ? new ReconcilerError(
          "interrupted",
          `interrupted: ${String((this.signal.reason as Error)?.message ?? "stopped")}`,
          { cause: error },
        )
      : toReconcilerError(error);
    const container = this.memory.containerOf(step);
    const isAboutContainer = ["gate-container", "await-job", "start-container"].includes(step.kind);
    const details =
      container !== undefined && isAboutContainer
        ? await this.deps.backend.describeFailure(container, AbortSignal.timeout(compensationMs))
        : [];
    return {
      code: coded.code,
      message: coded.message,
      ...(coded.hint === undefined ? {} : { hint: coded.hint }),
      details,
    };
  }

  /** Undoes a failed change; it goes on after an interruption, because half a change is worse than a late end. */
  private async rollBack(change: string): Promise<boolean | undefined> {
    const steps = this.deps
      .rollbackPlan(change, this.begun.get(change) ?? [])
      .filter((step) => this.isPossible(step));
    if (steps.length === 0) return undefined;
    this.deps.emit({ kind: "rollback-started", change, plan: steps });
    const signal = AbortSignal.timeout(compensationMs);
    let succeeded = true;
    for (const step of steps) {
      try {
        await executeStep(step, this.stepDeps(step), signal);
      } catch (error) {
        succeeded = false;
        const { code, message } = toReconcilerError(error);
        this.deps.emit({ kind: "step-failed", step, durationMs: 0, failure: { code, message, details: [] } });
      }
    }
    return succeeded;
  }

  /** A container that was never created needs no undoing. */
  private isPossible(step: Step): boolean {
    return !("container" in step.payload) || this.memory.containerOf(step) !== undefined;
  }

  private note(change: string, facts: Omit<ChangeExecution, "durationMs">): void {
    const durationMs =
      this.deps.clock.monotonicMs() - (this.startedAt.get(change) ?? this.deps.clock.monotonicMs());
    this.changes.set(change, { ...this.changes.get(change), ...facts, durationMs });
  }
}
