import { expect, test } from "vitest";
import {
  readSavedPlan,
  refuseStalePlan,
  type SavedRun,
  writeSavedPlan,
} from "../../../src/cli/saved-plan.ts";
import { redactValues } from "../../../src/model/fingerprint.ts";
import { assumedState } from "../../../src/plan/assumed-state.ts";
import { buildPlan } from "../../../src/plan/build-plan.ts";
import { desiredState, txn, workload } from "../../support/builders.ts";

const secret = 'a "b\\c\nd';

/** A plan in which the secret stands in a label and a word of the command, once at the place where values are cut. */
function plannedRun(): SavedRun {
  const after = {
    ...desiredState([
      workload("web", { labels: { long: "x".repeat(156) + secret }, command: ["echo", secret] }),
    ]),
    secretValues: [secret],
  };
  const actual = assumedState(desiredState([workload("web")]), after);
  const plan = buildPlan(after, actual, { adopt: new Set(), txn });
  return { desired: after, actual, plan };
}

test("a saved plan must hold no part of a secret, and still be the plan that was saved", async () => {
  const redact = (text: string) => redactValues(text, [secret]);
  const run = plannedRun();
  const written = new Map<string, string>();
  const files = {
    read: async (path: string) => written.get(path) ?? "",
    readBytes: async () => new Uint8Array(),
    write: async (path: string, text: string) => {
      written.set(path, text);
    },
  };
  await writeSavedPlan("plan.json", run, redact, files);
  const text = written.get("plan.json") ?? "";
  expect(JSON.stringify(JSON.parse(text))).toContain(`${"x".repeat(156)}***`);
  expect(text).not.toMatch(/a \\*"b|b\\+c|\\+nd|a \\*"…/);
  const saved = await readSavedPlan("plan.json", files);
  expect(() => refuseStalePlan(saved, run, redact)).not.toThrow();
});
