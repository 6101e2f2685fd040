import {
  type CompiledConfiguration,
  type CompileOptions,
  compileDesiredState,
} from "../desired/compile-desired-state.ts";
import type { RunInputs } from "../desired/run-inputs.ts";
import { executePlan } from "../execute/execute-plan.ts";
import type { ActualState } from "../model/actual-state.ts";
import type { DesiredState } from "../model/desired-state.ts";
import type { Plan } from "../model/plan.ts";
import { isEmptyPlan } from "../model/plan.ts";
import type { Emit } from "../model/run-event.ts";
import type { RunReport } from "../model/run-report.ts";
import { buildPlan } from "../plan/build-plan.ts";
import { buildRollbackPlan } from "../plan/rollback-plan.ts";
import { guardPlan, type Verdict } from "../policy/guard.ts";
import type { Backend, Clock, ConfigSource, NewTxn } from "../ports.ts";
import { observeScope } from "./observe-scope.ts";
import { summarizeRun } from "./summarize-run.ts";

/** How many effects on the Engine run at once. */
const concurrency = 6;

/** Steps 1 to 3 of a run: where the configuration comes from, and what it says. Diagnostics are data, not errors. */
export async function compileRevision(
  source: ConfigSource,
  inputs: RunInputs,
  options: CompileOptions,
  signal: AbortSignal,
): Promise<CompiledConfiguration> {
  const revision = await source.resolveRevision(signal);
  const tree = await source.readTree(revision, signal);
  return compileDesiredState(tree, revision, inputs, options);
}

export interface PlanInput {
  readonly desired: DesiredState;
  readonly adopt: ReadonlySet<string>;
  readonly confirmed: boolean;
}

export interface PlannedRun {
  readonly actual: ActualState;
  readonly plan: Plan;
  readonly verdict: Verdict;
}

/** Steps 4 to 7: what is there, what differs, what to do, whether that is allowed. Changes nothing. */
export async function planRun(
  input: PlanInput,
  backend: Backend,
  newTxn: NewTxn,
  signal: AbortSignal,
): Promise<PlannedRun> {
  const actual = await backend.observe(observeScope(input.desired), signal);
  const plan = buildPlan(input.desired, actual, { adopt: input.adopt, txn: newTxn() });
  return { actual, plan, verdict: guardPlan(plan, input.desired, input.confirmed) };
}

export interface ApplyDeps {
  readonly backend: Backend;
  readonly clock: Clock;
  readonly newTxn: NewTxn;
  readonly emit: Emit;
}

/** Steps 8 to 10: executes an allowed plan, looks at the Engine again and judges what it sees. */
export async function applyPlan(
  input: PlanInput,
  plan: Plan,
  deps: ApplyDeps,
  signal: AbortSignal,
): Promise<RunReport> {
  const begunAt = deps.clock.monotonicMs();
  deps.emit({ kind: "plan-built", plan });
  const execution = await executePlan(
    plan,
    { ...deps, rollbackPlan: buildRollbackPlan, concurrency },
    signal,
  );
  const remaining = isEmptyPlan(plan) ? plan : await lookAgain(input, deps);
  return summarizeRun({
    desired: input.desired,
    plan,
    execution,
    remaining,
    durationMs: deps.clock.monotonicMs() - begunAt,
  });
}

/** The last look has its own deadline: an interrupted run owes the truth as well. */
const lookAgainMs = 30_000;

async function lookAgain(input: PlanInput, deps: ApplyDeps): Promise<Plan> {
  const { plan } = await planRun(input, deps.backend, deps.newTxn, AbortSignal.timeout(lookAgainMs));
  return plan;
}
