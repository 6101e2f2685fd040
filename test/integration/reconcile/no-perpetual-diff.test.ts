/** A field that the Engine shows in other words than it was sent must not look like a change for ever. */
import { expect, inject } from "vitest";
import { expectNothingDone, expectUntouched } from "../../support/checks.ts";
import { test } from "../../support/scenario.ts";
import { writeCorpus } from "./corpus.ts";

test("whatever can be declared must be as desired after one apply", async ({ system }) => {
  const { step, proxy } = system;
  const engine20 = inject("engine").version.startsWith("20.");
  await step("one workload for each field is written", () => writeCorpus(system, engine20));
  const first = await step("they are applied", () => system.apply());
  const failures = first.report?.changes
    .filter(({ outcome }) => outcome !== "done")
    .map(({ key, outcome, summary }) => `${key} ${outcome}: ${summary}`);
  expect({ failures, said: first.report ? "" : first.stdout + first.stderr }).toEqual({
    failures: [],
    said: "",
  });
  const before = await system.containers();
  expect(before.size).toBeGreaterThan(90);

  const planned = await step("the plan finds nothing to do", () => system.plan());
  const differences = planned.plan.changes
    .filter(({ kind }) => kind !== "unchanged")
    .map(({ key, kind, fields, cause }) => ({ key, kind, cause, fields }));
  expect(differences).toEqual([]);
  proxy.forget();
  const again = await step("a second apply restarts nothing", () => system.apply());
  expectUntouched(before, await system.containers());
  expectNothingDone(system, again);
});
