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
  const removed = new Set(
    plan.changes
      .filter((change) => change.kind === "remove" && change.subject === "workload")
      .map((change) => change.key.replace(/[#(].*$/, "").trimEnd()),
  );
  if (plan.desiredWorkloads === 0 && plan.ownedWorkloads > 0) {
    return refuse(
      `the configuration has no workloads, but ${countOf(plan.ownedWorkloads, "workload")} of it ${plan.ownedWorkloads === 1 ? "is" : "are"} on the Engine`,
      "an empty configuration never removes anything, not even with --yes; check that the right folder was read, or remove the containers by hand",
    );
  }
  const { maxShare } = desired.environment.prune;
  if (!confirmed && plan.ownedWorkloads > 0 && removed.size / plan.ownedWorkloads > maxShare) {
    return refuse(
      `this would remove ${removed.size} of ${countOf(plan.ownedWorkloads, "workload")}, more than the allowed share of ${Math.round(maxShare * 100)} % (prune.maxShare)`,
      `confirm with --yes if this is meant: ${[...removed].sort().join(", ")}`,
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
