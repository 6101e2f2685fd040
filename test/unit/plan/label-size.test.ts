import { expect, test } from "vitest";
import { actualState, desiredState, workload } from "../../support/builders.ts";
import { planOf } from "../../support/plan-text.ts";

test("22: our labels must stay short and without values, however much a workload declares", () => {
  const variables = Array.from({ length: 5_000 }, (_, index) => [`NAME_${index}`, "x".repeat(100)] as const);
  const large = workload("web", { environment: Object.fromEntries(variables) });
  const { steps } = planOf(desiredState([large]), actualState());
  const labels = steps.flatMap((step) =>
    step.kind === "create-container" ? Object.entries(step.payload.labels) : [],
  );
  expect(labels.length).toBeGreaterThan(5);
  expect(labels.filter(([, value]) => value.length > 200 || value.includes("xxx"))).toEqual([]);
});
