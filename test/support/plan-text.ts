import type { ActualState } from "../../src/model/actual-state.ts";
import type { DesiredState } from "../../src/model/desired-state.ts";
import type { Plan } from "../../src/model/plan.ts";
import { buildPlan } from "../../src/plan/build-plan.ts";
import { formatPlan } from "../../src/plan/format-plan.ts";
import { txn } from "./builders.ts";

export function planOf(desired: DesiredState, actual: ActualState, ...adopt: readonly string[]): Plan {
  return buildPlan(desired, actual, { adopt: new Set(adopt), txn });
}

/** The plan as people read it, which is what most tests of the planner are about. */
export function planText(desired: DesiredState, actual: ActualState, ...adopt: readonly string[]): string {
  return `\n${formatPlan(planOf(desired, actual, ...adopt))}\n`;
}

/** Whether one step comes after another by the edges of the plan alone. */
export function waitsFor(plan: Plan, step: string, earlier: string): boolean {
  const byId = new Map(plan.steps.map((found) => [found.id, found]));
  if (!byId.has(step) || !byId.has(earlier)) throw new Error(`no such step: ${step}, ${earlier}`);
  const seen = new Set<string>();
  const queue = [step];
  for (const id of queue) {
    const found = byId.get(id);
    for (const needed of [...(found?.dependsOn ?? []), ...(found?.after ?? [])]) {
      if (needed === earlier) return true;
      if (!seen.has(needed)) queue.push(needed);
      seen.add(needed);
    }
  }
  return false;
}
