import { topologicalOrder } from "../lib/dag.ts";
import { ReconcilerError } from "../model/errors.ts";
import type { Step } from "../model/step.ts";

/** Steps in an order in which every one comes after those that it waits for. */
export function inOrder(steps: readonly Step[]): readonly Step[] {
  const byId = new Map(steps.map((step) => [step.id, step]));
  if (byId.size !== steps.length)
    throw new ReconcilerError("internal", "two steps of the plan have the same name");
  const sorted = topologicalOrder([...byId.keys()], (id) => {
    const step = byId.get(id);
    if (step === undefined) return [];
    return step.after.length === 0 ? step.dependsOn : [...step.dependsOn, ...step.after];
  });
  if ("cycle" in sorted)
    throw new ReconcilerError(
      "internal",
      `the plan's steps wait for each other: ${sorted.cycle.join(" → ")}`,
    );
  return sorted.order.flatMap((id) => byId.get(id) ?? []);
}
