import type { DesiredState } from "../model/desired-state.ts";
import type { Plan } from "../model/plan.ts";

export interface Verdict {
  /** Reasons to refuse the whole plan; empty allows it. */
  readonly violations: readonly Violation[];
}

export interface Violation {
  readonly message: string;
  readonly hint: string;
}

/**
 * Decides whether a plan may be executed. An empty configuration never removes anything; a large removal needs consent.
 *
 * @param confirmed the person said `--yes`
 */
export function guardPlan(plan: Plan, desired: DesiredState, confirmed: boolean): Verdict {
  const { removedWorkloads: removed, ownedWorkloads: owned } = plan;
  const removesAnything = plan.changes.some((change) => change.kind === "remove");
  if (plan.desiredWorkloads === 0 && (owned > 0 || removesAnything)) {
    const found =
      owned === 0 ? "objects of it are" : `${countOf(owned, "workload")} of it ${owned === 1 ? "is" : "are"}`;
    return refuse(
      `the configuration has no workloads, but ${found} on the Engine`,
      "an empty configuration never removes anything, not even with --yes; check that the right folder was read, or remove the containers by hand",
    );
  }
  const { maxShare } = desired.environment.prune;
  if (!confirmed && owned > 0 && removed.length / owned > maxShare) {
    return refuse(
      `this would remove ${removed.length} of ${countOf(owned, "workload")}, more than the allowed share of ${Math.round(maxShare * 100)} % (prune.maxShare)`,
      `confirm with --yes if this is meant: ${removed.join(", ")}`,
    );
  }
  return { violations: [] };
}

function refuse(message: string, hint: string): Verdict {
  return { violations: [{ message, hint }] };
}

function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
