import { describe, expect, test } from "vitest";
import { settingChanges } from "../../../src/plan/setting-changes.ts";
import { desiredState, workload } from "../../support/builders.ts";

const db = workload("db");
const web = workload("web", {}, { dependsOn: [{ workload: "db" }] });

describe("settings that change nothing that runs", () => {
  test("must not be told where there are none", () => {
    expect(settingChanges(desiredState([db, web]), desiredState([db, web]))).toEqual([]);
    // What comes, goes or is replaced is the plan's.
    expect(settingChanges(desiredState([db]), desiredState([db, web]))).toEqual([]);
    expect(settingChanges(desiredState([db]), desiredState([workload("db", { image: "a:2" })]))).toEqual([]);
  });

  test("must be told by the name they are set by", () => {
    const before = desiredState([db], { stabilityMs: 5_000, maxShare: 0.5, retentionMs: 0 });
    const after = desiredState([db], { stabilityMs: 20_000, maxShare: 0.2, pruneImages: "unused" });
    const timed = {
      ...after,
      environment: {
        ...after.environment,
        target: "auto" as const,
        rollout: { ...after.environment.rollout, gateTimeoutMs: 60_000 },
      },
    };
    expect(settingChanges(before, timed)).toEqual([
      "policy.stability: 5 s → 20 s",
      "policy.gateTimeout: computed → 1 min",
      "prune.maxShare: 0.5 → 0.2",
      "prune.images: keep → unused",
      "target: engine → auto",
    ]);
  });

  test("must be told for workloads whose order or way of replacement changes", () => {
    const changed = [
      db,
      workload(
        "web",
        {},
        { dependsOn: [{ workload: "db", condition: "healthy" }], update: { parallelism: 2 } },
      ),
    ];
    expect(settingChanges(desiredState([db, web]), desiredState(changed))).toEqual([
      "web waits for its dependencies in another way",
      "web is replaced in another way",
    ]);
    expect(settingChanges(desiredState([db, web]), desiredState([db, workload("web")]))).toEqual([
      "web depends on: db → nothing",
    ]);
  });
});
