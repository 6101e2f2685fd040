import { type Execution, executePlan } from "../../src/execute/execute-plan.ts";
import type { ActualState } from "../../src/model/actual-state.ts";
import type { DesiredState } from "../../src/model/desired-state.ts";
import type { Plan } from "../../src/model/plan.ts";
import type { RunEvent } from "../../src/model/run-event.ts";
import type { RunReport } from "../../src/model/run-report.ts";
import { buildPlan } from "../../src/plan/build-plan.ts";
import { buildRollbackPlan } from "../../src/plan/rollback-plan.ts";
import { observeScope } from "../../src/reconcile/observe-scope.ts";
import { summarizeRun } from "../../src/reconcile/summarize-run.ts";
import { txn as firstTxn } from "./builders.ts";
import { SimulatedEngine } from "./simulated-engine.ts";

/** Runs of the whole core against a simulated Engine, without the command line and without real time. */

export interface RunOptions {
  readonly adopt?: readonly string[];
  readonly txn?: string;
  readonly concurrency?: number;
  readonly signal?: AbortSignal;
}

export interface Run {
  readonly plan: Plan;
  readonly execution: Execution;
  readonly report: RunReport;
  readonly events: readonly RunEvent[];
  /** Mutating calls that the run made. */
  readonly calls: number;
}

const idle = new AbortController().signal;

export async function observe(engine: SimulatedEngine, desired: DesiredState): Promise<ActualState> {
  return await engine.observe(observeScope(desired), idle);
}

export async function plan(
  engine: SimulatedEngine,
  desired: DesiredState,
  options: RunOptions = {},
): Promise<Plan> {
  const actual = await observe(engine, desired);
  return buildPlan(desired, actual, {
    adopt: new Set(options.adopt),
    txn: options.txn ?? firstTxn,
  });
}

/** One run: observe, plan, execute, look again, judge. */
export async function apply(
  engine: SimulatedEngine,
  desired: DesiredState,
  options: RunOptions = {},
): Promise<Run> {
  const before = engine.calls.length;
  const made = await plan(engine, desired, options);
  const events: RunEvent[] = [];
  const execution = await executePlan(
    made,
    {
      backend: engine,
      clock: engine.clock,
      emit: (event) => events.push(event),
      rollbackPlan: buildRollbackPlan,
      concurrency: options.concurrency ?? 6,
    },
    options.signal ?? idle,
  );
  const calls = engine.calls.length - before;
  const remaining = await plan(engine, desired, options);
  const report = summarizeRun({ desired, plan: made, execution, remaining, durationMs: 0 });
  return { plan: made, execution, report, events, calls };
}

/** An Engine that has all images of these configurations and runs the first of them. */
export async function engineRunning(
  desired: DesiredState,
  setUp: (engine: SimulatedEngine) => void = () => {},
): Promise<SimulatedEngine> {
  const engine = new SimulatedEngine();
  provideImages(engine, desired);
  setUp(engine);
  const { report } = await apply(engine, desired, { txn: "00000000" });
  if (!report.converged)
    throw new Error(`the first run did not converge: ${JSON.stringify(report, null, 1)}`);
  engine.calls.length = 0;
  return engine;
}

/** Good images for everything that is not there yet: services serve, jobs end with 0. */
export function provideImages(engine: SimulatedEngine, desired: DesiredState): void {
  for (const { container, kind } of desired.workloads)
    if (!engine.images.has(container.image) && !engine.registry.has(container.image))
      engine.addImage(
        container.image,
        kind === "job" ? { behaviour: { kind: "exits", afterMs: 300, code: 0 } } : {},
      );
}
