import { describe, expect, test } from "vitest";
import type { ContainerSpec } from "../../../src/model/workload.ts";
import { buildPlan } from "../../../src/plan/build-plan.ts";
import { formatPlan, plainFormat } from "../../../src/plan/format-plan.ts";
import { planDocument } from "../../../src/plan/plan-document.ts";
import { actualState, desiredState, port, runningContainer, workload } from "../../support/builders.ts";
import { planOf } from "../../support/plan-text.ts";

function planFor(before: Partial<ContainerSpec>, after: Partial<ContainerSpec>) {
  return planOf(
    desiredState([workload("web", after)]),
    actualState([runningContainer(workload("web", before))]),
  );
}

const shown = { ...plainFormat, showValues: true, steps: false };
const environment = { project: "shop", name: "develop" };

describe("the text of a plan", () => {
  test("137: must mask values of the environment, old and new, unless asked", () => {
    const plan = planFor(
      { environment: { TOKEN: "s3cret", OLD: "x1" } },
      { environment: { TOKEN: "other", NEW: "x2" } },
    );
    const text = formatPlan(plan, { ...shown, showValues: false });
    expect(text).toContain("env NEW  + ***");
    expect(text).toContain("env OLD  *** → (not set)");
    expect(text).toContain("env TOKEN  *** → *** (changed)");
    expect(
      text + JSON.stringify(planDocument(plan, desiredState([]).revision, environment, false)),
    ).not.toMatch(/s3cret|other|x1|x2/);
    expect(formatPlan(plan, shown)).toContain("env TOKEN  s3cret → other");
  });

  test("must keep values on one line and away from the terminal", () => {
    const plan = planFor({ labels: { note: "a" } }, { labels: { note: "two\nlines \u001b[31mred\u2028" } });
    expect(formatPlan(plan, shown)).toContain("label note  a → two\\nlines \\u001b[31mred\\u2028");
  });

  test("must shorten what nobody would read", () => {
    const plan = planFor({ labels: { note: "a" } }, { labels: { note: "x".repeat(5_000) } });
    expect(formatPlan(plan, shown)).toContain(`${"x".repeat(160)}… (5000 characters)`);
  });

  test("must say the repository of an image once, and write every other value out", () => {
    const plan = planFor(
      { image: "myrepo/web:58-develop", environment: { URL: "http://db:5432" } },
      { image: "myrepo/web:59-develop", environment: { URL: "http://db:5433" } },
    );
    const text = formatPlan(plan, shown);
    expect(text).toContain("image  myrepo/web:58-develop → 59-develop");
    expect(text).toContain("env URL  http://db:5432 → http://db:5433");
  });

  test("136: must be the same from run to run and from machine to machine", () => {
    const desired = desiredState([
      workload("b", { ports: [port("80:80")] }),
      workload("a", {}, { dependsOn: [{ workload: "b" }] }),
    ]);
    const [one, two] = ["11111111", "fedcba98"].map((txn) =>
      buildPlan(desired, actualState([runningContainer(workload("b"))]), { adopt: new Set(), txn }),
    );
    if (one === undefined || two === undefined) throw new Error("unreachable");
    expect(formatPlan(two)).toBe(formatPlan(one));
    const documents = [one, two].map((plan) =>
      JSON.stringify(planDocument(plan, desired.revision, environment, false)),
    );
    expect(documents[1]).toBe(documents[0]);
    expect(documents[0]).not.toMatch(/11111111|fedcba98/);
  });

  test("must not depend on the order in which the Engine lists things", () => {
    const specs = ["c", "a", "b"].map((key) => workload(key));
    const containers = specs.map((spec) => runningContainer(spec, { spec: { user: "7" } }));
    const forward = actualState(containers);
    const backward = {
      ...forward,
      containers: [...forward.containers].reverse(),
      networks: [...forward.networks].reverse(),
    };
    expect(formatPlan(planOf(desiredState(specs), backward))).toBe(
      formatPlan(planOf(desiredState(specs), forward)),
    );
  });
});
