import type { DesiredState } from "../../src/model/desired-state.ts";
import type { Plan } from "../../src/model/plan.ts";
import type { RunEvent } from "../../src/model/run-event.ts";
import type { RunReport } from "../../src/model/run-report.ts";
import type { ContainerSpec } from "../../src/model/workload.ts";
import type { PlanRequest, Watch } from "../../src/plan/world.ts";
import type { Backend } from "../../src/ports.ts";
import { type ApplyOptions, applyRun, type BegunJobs } from "../../src/reconcile/apply-run.ts";
import { type PlanInput, type PlannedRun, planRun } from "../../src/reconcile/reconcile.ts";
import { txn as firstTxn } from "./builders.ts";
import { SimulatedEngine } from "./simulated-engine.ts";
import type { SimulatedStore } from "./simulated-store.ts";
import type { VirtualClock } from "./virtual-clock.ts";

/** Runs of the whole core against a simulated Engine or cluster, without the command line and without real time. */

export interface SimulatedSystem extends Backend {
  readonly clock: VirtualClock;
  readonly store: SimulatedStore;
  /** Every mutating call. */
  readonly calls: readonly unknown[];
}

export interface RunOptions {
  readonly adopt?: readonly string[];
  readonly retry?: readonly string[];
  readonly recreate?: readonly string[];
  /** Absent: the person said `--yes`. */
  readonly confirmed?: boolean;
  readonly txn?: string;
  readonly signal?: AbortSignal;
  /** Called when the plan is made, before anything is done. */
  readonly whenPlanned?: () => void;
  readonly rollback?: boolean;
  readonly to?: string;
  readonly request?: PlanRequest;
  readonly secrets?: ReadonlyMap<string, string>;
  readonly command?: Partial<ApplyOptions>;
  readonly watch?: Watch;
}

export interface Run {
  readonly plan: Plan;
  readonly planned: PlannedRun;
  readonly report: RunReport;
  readonly jobs: BegunJobs;
  readonly events: readonly RunEvent[];
  /** Mutating calls that the run made. */
  readonly calls: number;
}

const idle = new AbortController().signal;

function inputOf(desired: DesiredState, options: RunOptions): PlanInput {
  return {
    desired,
    adopt: new Set(options.adopt),
    retry: new Set(options.retry),
    confirmed: options.confirmed ?? true,
    rollback: options.rollback ?? false,
    secrets: options.secrets ?? new Map(),
    by: "tester",
    ...(options.recreate === undefined ? {} : { recreate: new Set(options.recreate) }),
    ...(options.to === undefined ? {} : { to: options.to }),
    ...(options.request === undefined ? {} : { request: options.request }),
    ...(options.watch === undefined ? {} : { watch: options.watch }),
  };
}

function depsOf(engine: SimulatedSystem, options: RunOptions) {
  return { backend: engine, store: engine.store, newTxn: () => options.txn ?? firstTxn };
}

export async function planned(
  engine: SimulatedSystem,
  desired: DesiredState,
  options: RunOptions = {},
): Promise<PlannedRun> {
  return await planRun(inputOf(desired, options), depsOf(engine, options), idle);
}

export async function plan(
  engine: SimulatedSystem,
  desired: DesiredState,
  options: RunOptions = {},
): Promise<Plan> {
  return (await planned(engine, desired, options)).plan;
}

/** One run: observe, plan, take the lock, execute, look again, judge, remember. */
export async function apply(
  engine: SimulatedSystem,
  desired: DesiredState,
  options: RunOptions = {},
): Promise<Run> {
  const before = engine.calls.length;
  const events: RunEvent[] = [];
  const applied = await applyRun(
    inputOf(desired, options),
    { command: "apply", ...options.command },
    {
      ...depsOf(engine, options),
      clock: engine.clock,
      emit: (event) => events.push(event),
      planned: () => options.whenPlanned?.(),
      waiting: () => {},
    },
    options.signal ?? idle,
  );
  if (applied.kind === "refused")
    throw new Error(`refused: ${applied.run.verdict.violations.map(({ message }) => message).join("; ")}`);
  const { run, report, jobs } = applied;
  return { plan: run.plan, planned: run, report, jobs, events, calls: engine.calls.length - before };
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

const slowMs = 150 * 60_000;

/** Good images for everything that is not there yet: services serve, jobs end with 0, some of them after hours. */
export function provideImages(engine: SimulatedEngine, desired: DesiredState): void {
  for (const { container, kind } of desired.workloads)
    if (!engine.images.has(container.image) && !engine.registry.has(container.image))
      engine.addImage(
        container.image,
        kind === "job"
          ? { behaviour: { kind: "exits", afterMs: isSlow(container) ? slowMs : 300, code: 0 } }
          : {},
      );
}

function isSlow({ image }: ContainerSpec): boolean {
  return image.includes("-slow-job:");
}
