import type { DesiredState } from "../model/desired-state.ts";
import type { Plan } from "../model/plan.ts";
import { assumedState } from "../plan/assumed-state.ts";
import { buildPlan } from "../plan/build-plan.ts";
import { settingChanges } from "../plan/setting-changes.ts";
import { guardPlan, type Verdict } from "../policy/guard.ts";

export interface Comparison {
  /** What `apply` would do on an Engine that runs the one and is given the other. */
  readonly plan: Plan;
  /** What `apply` would refuse without `--yes`. */
  readonly verdict: Verdict;
  /** What differs without a step in the plan, each a line for people. */
  readonly settings: readonly string[];
}

/** No container is ever made with it, and texts leave it out. */
const noTxn = "00000000";

/** What going from one desired state to another would do, without an Engine. Pure. */
export function compareStates(from: DesiredState, to: DesiredState): Comparison {
  const plan = buildPlan(to, assumedState(from, to), { adopt: new Set(), txn: noTxn, isTimeless: true });
  return { plan, verdict: guardPlan(plan, to, false), settings: settingChanges(from, to) };
}
