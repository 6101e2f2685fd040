import { expect, test } from "vitest";
import { looksAtRuns, nextTimes } from "../../../src/reconcile/next-times.ts";
import { timedJob } from "../../support/builders.ts";
import { clusterState, run, swarmRunning } from "../../support/clusters.ts";

test("a run under way in a cluster must be looked at, the longer it runs the more seldom", async () => {
  const desired = clusterState([timedJob("backup", { onActiveMs: [1_000] })]);
  const swarm = await swarmRunning(desired);
  swarm.addImage(desired.workloads[0]?.container.image ?? "", {
    behaviour: { kind: "exits", afterMs: 3_600_000, code: 0 },
  });
  swarm.pass(2_000);
  const { planned } = await run(swarm, desired);
  const looks = async () => {
    const made = await run(swarm, desired);
    const { actual, stored } = made.planned;
    const times = nextTimes(desired, actual, stored.ledger, {
      watchedSince: planned.actual.engine.systemTime,
    });
    return [looksAtRuns(desired, actual, stored.ledger).get("backup"), [...times.keys()]];
  };
  expect(await looks()).toEqual([2_000, []]);
  swarm.pass(100_000);
  const [later] = await looks();
  expect(later).toBeGreaterThan(9_000);
  expect(later).toBeLessThan(12_000);
  swarm.pass(3_000_000);
  expect(await looks()).toEqual([60_000, []]);
  swarm.pass(3_600_000);
  expect((await looks())[0]).toBeUndefined();
});
