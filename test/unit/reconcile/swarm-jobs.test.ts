import { describe, expect, test } from "vitest";
import { job, timedJob, workload } from "../../support/builders.ts";
import { clusterState, killed, outcomeOf, run, swarmRunning } from "../../support/clusters.ts";
import { finishedRun } from "../../support/finished-run.ts";
import { SimulatedSwarm } from "../../support/simulated-swarm.ts";

const image = (build: number) => `myrepo/migrate:${build}-develop`;
const migrate = (build: number, options = {}) => job("migrate", { image: image(build) }, options);
const api = workload("api");
const stateOf = (build: number, options = {}) => clusterState([api, migrate(build, options)]);
const runsOf = (swarm: SimulatedSwarm) => swarm.state.runs.map((one) => one.image);
const failing = { behaviour: { kind: "exits", afterMs: 200, code: 4 } } as const;

describe("a job", () => {
  test("case 126: must run once for each build, and never because of a label or because somebody looks", async () => {
    const swarm = await swarmRunning(stateOf(1));
    for (const options of [{}, {}, { cluster: { labels: { team: "shop" } } }])
      expect((await run(swarm, stateOf(1, options))).calls).toBe(0);
    expect(runsOf(swarm)).toEqual([image(1)]);
    expect(outcomeOf(await run(swarm, stateOf(2)), "migrate")).toBe("done: finished with exit code 0");
    expect([runsOf(swarm), (await run(swarm, stateOf(2))).calls]).toEqual([[image(1), image(2)], 0]);
  });

  test("case 126: must run once although the run is killed anywhere, or an answer is lost", async () => {
    for (const fault of ["killed-before", "killed-after", "before", "after"] as const) {
      const swarm = await swarmRunning(stateOf(1));
      await killed(swarm, stateOf(2), { fault });
      await run(swarm, stateOf(2), { retry: ["migrate"] });
      const last = await run(swarm, stateOf(2));
      expect([fault, runsOf(swarm), last.calls]).toEqual([fault, [image(1), image(2)], 0]);
    }
  });

  test("case 126: must be run as often as it says", async () => {
    const three = { containerNames: ["migrate", "migrate-2", "migrate-3"] };
    const swarm = await swarmRunning(stateOf(1, three));
    expect(runsOf(swarm)).toHaveLength(3);
    const made = await run(swarm, stateOf(1, { containerNames: ["migrate", "migrate-2"] }));
    expect([outcomeOf(made, "migrate"), runsOf(swarm).length]).toEqual([expect.stringMatching(/^done/), 5]);
  });

  test("case 126: must run on every node when it is global", async () => {
    const desired = stateOf(1, { cluster: { mode: "global-job" } });
    const swarm = await swarmRunning(desired, { nodes: 3 });
    expect([runsOf(swarm).length, (await run(swarm, desired)).calls]).toEqual([3, 0]);
  });

  test("must not go back to an earlier build when it fails: that would run once more", async () => {
    const swarm = await swarmRunning(stateOf(1));
    swarm.addImage(image(2), failing);
    const made = await run(swarm, stateOf(2));
    expect(outcomeOf(made, "migrate")).toMatch(/^failed: .*non-zero exit \(4\)/);
    const next = await run(swarm, stateOf(2));
    expect([next.calls, outcomeOf(next, "migrate")]).toEqual([0, expect.stringContaining("set-aside")]);
    expect(runsOf(swarm)).toEqual([image(1), image(2)]);
    swarm.addImage(image(2), { behaviour: { kind: "exits", afterMs: 100, code: 0 } });
    const again = await run(swarm, stateOf(2), { retry: ["migrate"] });
    expect([outcomeOf(again, "migrate"), runsOf(swarm).length]).toEqual([
      "done: finished with exit code 0",
      3,
    ]);
  });

  test("must keep what depends on it from changing when it fails", async () => {
    const of = (build: number) =>
      clusterState([
        migrate(build),
        workload(
          "web",
          { image: `myrepo/web:${build}` },
          { dependsOn: [{ workload: "migrate", condition: "completed" }] },
        ),
      ]);
    const swarm = await swarmRunning(of(1));
    swarm.addImage(image(2), failing);
    const made = await run(swarm, of(2));
    expect(outcomeOf(made)).toBe("skipped: not tried: migrate did not succeed");
    const next = await run(swarm, of(2));
    expect([outcomeOf(next), swarm.updates]).toEqual([
      "blocked: depends on migrate, which is blocked",
      ["migrate"],
    ]);
  });

  test("must go where it can run as soon as the configuration says so", async () => {
    const on = (disk: string) => ({
      cluster: { placement: { constraints: [`node.labels.disk==${disk}`], spread: [] } },
    });
    const swarm = await swarmRunning(clusterState([api]));
    swarm.node("node-1").labels = { disk: "ssd" };
    await killed(swarm, stateOf(1, on("hdd")));
    swarm.pass(5_000);
    expect(runsOf(swarm)).toEqual([]);
    const made = await run(swarm, stateOf(1, on("ssd")));
    expect([outcomeOf(made, "migrate"), runsOf(swarm).length]).toEqual([
      "done: finished with exit code 0",
      1,
    ]);
    expect((await run(swarm, stateOf(1, { cluster: {} }))).calls).toBe(0);
  });
});

const minuteMs = 60_000;
const backup = (build: number) =>
  timedJob("backup", { calendars: ["hourly"] }, { image: `myrepo/backup:${build}` });
const timed = (build: number, more: ReturnType<typeof workload>[] = []) =>
  clusterState([backup(build), api, ...more]);

/** At 10:00, with everything deployed. */
async function armed(
  behaviour = { kind: "exits", afterMs: 12_000, code: 0 } as { kind: "exits"; afterMs: number; code: number },
) {
  const swarm = new SimulatedSwarm();
  for (const build of [1, 2]) swarm.addImage(`myrepo/backup:${build}`, { behaviour });
  const made = await run(swarm, timed(1));
  expect(made.report.converged).toBe(true);
  swarm.calls.length = 0;
  return swarm;
}

describe("a job with a timer", () => {
  test("141: must be armed as a service that is to run nothing, and be left alone", async () => {
    const swarm = await armed();
    expect(swarm.service("backup").spec.Mode).toEqual({
      ReplicatedJob: { MaxConcurrent: 1, TotalCompletions: 0 },
    });
    expect([runsOf(swarm), (await run(swarm, timed(1))).calls]).toEqual([[], 0]);
  });

  test("142: must run once when it is due, and be recorded", async () => {
    const swarm = await armed();
    for (let hour = 1; hour <= 3; hour += 1) {
      swarm.pass(61 * minuteMs);
      const { report } = await finishedRun(swarm, timed(1));
      expect(report.jobs).toMatchObject([
        { key: "backup", outcome: "done", exitCode: 0, durationMs: expect.any(Number) },
      ]);
      expect([runsOf(swarm).length, (await run(swarm, timed(1))).calls]).toEqual([hour, 0]);
    }
    const { history } = swarm.store.stored;
    expect(history.filter(({ command }) => command === "job")).toHaveLength(3);
  });

  test("143: must be let go on while it runs, and change after that", async () => {
    const swarm = await armed({ kind: "exits", afterMs: 90 * minuteMs, code: 0 });
    swarm.pass(61 * minuteMs);
    expect(outcomeOf(await run(swarm, timed(1)), "backup")).toBe("done: started");
    swarm.pass(61 * minuteMs);
    const during = await run(swarm, timed(2));
    expect([during.calls, outcomeOf(during, "backup")]).toEqual([0, "unchanged: as desired"]);
    swarm.pass(30 * minuteMs);
    const after = await run(swarm, timed(2));
    expect([after.report.converged, swarm.service("backup").record.image]).toEqual([true, "myrepo/backup:2"]);
  });

  test("a change of the configuration must arm it anew without a run", async () => {
    const swarm = await armed();
    swarm.pass(61 * minuteMs);
    await finishedRun(swarm, timed(1));
    const made = await run(swarm, timed(2));
    expect([outcomeOf(made, "backup"), runsOf(swarm)]).toEqual(["done: armed", ["myrepo/backup:1"]]);
    swarm.pass(5 * minuteMs);
    expect([(await run(swarm, timed(2))).calls, runsOf(swarm).length]).toEqual([0, 1]);
    swarm.pass(60 * minuteMs);
    await finishedRun(swarm, timed(2));
    expect(runsOf(swarm)).toEqual(["myrepo/backup:1", "myrepo/backup:2"]);
  });

  test("145: must fail the run that saw it fail, and run again at its next time", async () => {
    const swarm = await armed({ kind: "exits", afterMs: 2_000, code: 7 });
    swarm.pass(61 * minuteMs);
    const { report } = await finishedRun(swarm, timed(1));
    expect([report.exitCode, report.jobs?.[0]?.summary]).toEqual([1, "exit code 7"]);
    expect([(await run(swarm, timed(1))).calls, runsOf(swarm).length]).toEqual([0, 1]);
    swarm.pass(61 * minuteMs);
    await run(swarm, timed(1));
    swarm.pass(5_000);
    expect(runsOf(swarm)).toHaveLength(2);
  });

  test("144: must serve each time once, wherever a run is killed or an answer is lost", async () => {
    for (const fault of ["killed-before", "killed-after", "before", "after", "doubled"] as const) {
      const swarm = await armed();
      for (let hour = 1; hour <= 3; hour += 1) {
        swarm.pass(61 * minuteMs);
        await killed(swarm, timed(1), { fault });
        await run(swarm, timed(1), { retry: ["backup"] });
        swarm.pass(minuteMs);
        expect([fault, hour, runsOf(swarm).length]).toEqual([fault, hour, hour]);
        expect([fault, (await run(swarm, timed(1))).calls]).toEqual([fault, 0]);
      }
    }
  });

  test("149: must not run while it is held, and once when it is released", async () => {
    const swarm = await armed();
    const since = swarm.clock.at(swarm.clock.monotonicMs());
    const { stored } = swarm.store;
    const hold = { workload: "backup", by: "tester", reason: "maintenance", since };
    swarm.store.stored = { ...stored, ledger: { ...stored.ledger, holds: [hold] } };
    swarm.pass(200 * minuteMs);
    expect([outcomeOf(await run(swarm, timed(1)), "backup"), runsOf(swarm)]).toEqual([
      expect.stringMatching(/^held: .*due since/),
      [],
    ]);
    swarm.store.stored = { ...stored };
    await run(swarm, timed(1));
    swarm.pass(minuteMs);
    expect(runsOf(swarm)).toHaveLength(1);
  });
});

test("a service that becomes a job with a timer must not pass for a run of it, and be made anew on request", async () => {
  const before = clusterState([workload("backup"), api]);
  const swarm = await swarmRunning(before);
  const asked = timed(1);
  swarm.addImage("myrepo/backup:1");
  const refused = await run(swarm, asked);
  expect([refused.calls, outcomeOf(refused, "backup")]).toEqual([
    0,
    expect.stringMatching(
      /^blocked: runs as replicated service and is to run as replicated job.*--recreate backup$/,
    ),
  ]);
  const made = await run(swarm, asked, { recreate: ["backup"] });
  expect([outcomeOf(made, "backup"), (await run(swarm, asked)).calls]).toEqual(["done: armed", 0]);
});
