import type { Change } from "./change.ts";
import type { Step } from "./step.ts";

/**
 * Everything a run will do: changes for people, steps for the executor. What is not in the plan does not happen.
 */
export interface Plan {
  /** Sorted by key; unchanged ones are included, so that a report can name them all. */
  readonly changes: readonly Change[];
  /** In an order in which every step comes after those it depends on. */
  readonly steps: readonly Step[];
  readonly volumesKept: readonly string[];
  /** Owned workloads at plan time, the base of the prune guard. */
  readonly ownedWorkloads: number;
  readonly desiredWorkloads: number;
  /** Keys of owned workloads of which nothing stays, sorted. */
  readonly removedWorkloads: readonly string[];
  /** Another source already manages this project and environment: nothing is removed. */
  readonly rivalSource?: string;
}

export function isEmptyPlan(plan: Plan): boolean {
  return plan.steps.length === 0;
}

/** The plan changes nothing and blocks nothing; what a person holds is as it should be. */
export function isConvergedPlan(plan: Plan): boolean {
  const isFine = ({ kind }: Change) => kind === "unchanged" || kind === "held";
  return plan.steps.length === 0 && plan.changes.every(isFine);
}
