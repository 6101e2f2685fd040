import { describe, expect, test } from "vitest";
import type { Plan } from "../../../src/model/plan.ts";
import type { WorkloadSpec } from "../../../src/model/workload.ts";
import { guardPlan } from "../../../src/policy/guard.ts";
import { actualState, desiredState, replicas, runningContainer, workload } from "../../support/builders.ts";
import { planOf } from "../plan/planning.ts";

interface Case {
  readonly wanted: readonly WorkloadSpec[];
  readonly running: readonly WorkloadSpec[];
  readonly maxShare?: number;
  readonly confirmed?: boolean;
}

function many(count: number): readonly WorkloadSpec[] {
  return Array.from({ length: count }, (_, index) => workload(`w${index + 1}`));
}

function containersOf(specs: readonly WorkloadSpec[]) {
  return specs.flatMap((spec) =>
    spec.containerNames.map((_, index) => runningContainer(spec, { replica: index + 1 })),
  );
}

function violations({ wanted, running, maxShare = 0.5, confirmed = false }: Case) {
  const plan = planOf(wanted, containersOf(running));
  return guardPlan(plan, desiredState(wanted, { maxShare }), confirmed).violations;
}

describe("a removal", () => {
  test.for<[string, number, number, number, boolean]>([
    ["nothing", 4, 4, 0.5, true],
    ["a quarter", 4, 3, 0.5, true],
    ["exactly half", 4, 2, 0.5, true],
    ["more than half", 4, 1, 0.5, false],
    ["one of three with a share of a third", 3, 2, 1 / 3, true],
    ["one of four with a share of nothing", 4, 3, 0, false],
    ["three of four with a share of everything", 4, 1, 1, true],
  ])("of %s must be weighed against the allowed share", ([, running, wanted, maxShare, isAllowed]) => {
    const found = violations({ wanted: many(wanted), running: many(running), maxShare });
    expect(found.length === 0).toBe(isAllowed);
  });

  test("that is too large must say how much it is, and which workloads", () => {
    expect(violations({ wanted: many(1), running: many(4) })).toEqual([
      {
        message: "this would remove 3 of 4 workloads, more than the allowed share of 50 % (prune.maxShare)",
        hint: "confirm with --yes if this is meant: w2, w3, w4",
      },
    ]);
  });

  test("must be allowed by --yes, whatever its size", () => {
    expect(violations({ wanted: many(1), running: many(9), maxShare: 0, confirmed: true })).toEqual([]);
  });

  test("must count a workload once, however many replicas it has", () => {
    const big = workload("big", {}, { containerNames: replicas(5, "big") });
    expect(violations({ wanted: many(1), running: [...many(1), big] })).toEqual([]);
    expect(violations({ wanted: [big], running: [big, ...many(2)] })[0]?.message).toContain(
      "2 of 3 workloads",
    );
  });

  test("must not count replicas that are scaled away", () => {
    const scaled = (count: number) =>
      workload("big", {}, { containerNames: replicas(5, "big").slice(0, count) });
    expect(violations({ wanted: [scaled(1)], running: [scaled(5)], maxShare: 0 })).toEqual([]);
  });

  test("must not count containers that belong to somebody else", () => {
    const theirs = many(3).map((spec) =>
      runningContainer(spec, { name: `their-${spec.key}`, ownership: { kind: "unmanaged" } }),
    );
    const plan = planOf([workload("web")], [runningContainer(workload("web")), ...theirs]);
    expect([plan.ownedWorkloads, plan.removedWorkloads]).toEqual([1, []]);
    expect(guardPlan(plan, desiredState([workload("web")], { maxShare: 0 }), false).violations).toEqual([]);
  });
});

describe("an empty configuration", () => {
  test.for([
    [1, "the configuration has no workloads, but 1 workload of it is on the Engine"],
    [3, "the configuration has no workloads, but 3 workloads of it are on the Engine"],
  ] as const)("must never remove %d workloads, not even with --yes", ([count, message]) => {
    for (const confirmed of [false, true]) {
      const found = violations({ wanted: [], running: many(count), maxShare: 1, confirmed });
      expect(found.map((violation) => violation.message)).toEqual([message]);
      expect(found[0]?.hint).toContain("not even with --yes");
    }
  });

  test("must not remove what is left beside the workloads either", () => {
    const plan = planOf([], [], { desired: { networks: [] }, actual: { networks: ["front"] } });
    expect(plan.changes.map(({ kind, key }) => `${kind} ${key}`)).toEqual(["remove network front"]);
    expect(guardPlan(plan, desiredState([]), true).violations[0]?.message).toBe(
      "the configuration has no workloads, but objects of it are on the Engine",
    );
  });

  test("must be allowed where there is nothing", () => {
    const plan: Plan = planOf([], [], { desired: { networks: [] }, actual: { networks: [] } });
    expect(actualState().containers).toEqual([]);
    expect(guardPlan(plan, desiredState([]), false).violations).toEqual([]);
  });

  test("must allow the first run", () => {
    expect(violations({ wanted: many(3), running: [], maxShare: 0 })).toEqual([]);
  });
});
