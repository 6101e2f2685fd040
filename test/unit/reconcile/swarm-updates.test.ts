import { describe, expect, test } from "vitest";
import { port, workload } from "../../support/builders.ts";
import {
  bad,
  clusterState,
  killed,
  outcomeOf,
  quickCheck,
  replicated,
  run,
  swarmRunning,
} from "../../support/clusters.ts";
import { plan } from "../../support/simulation.ts";
import { image, imageOf, paused, pausing, stateOf, watchLowest, web } from "./swarm-web.ts";

describe("what is as desired", () => {
  test("case 110: must be found equal after its way through the cluster, whatever it declares", async () => {
    const rich = web(1, {
      environment: { ZONE: "west", LEVEL: "info" },
      labels: { team: "shop" },
      command: ["serve", "--port", "80"],
      entrypoint: [],
      memory: 2 ** 26,
      capAdd: ["net_admin"],
      capDrop: ["MKNOD"],
      ports: [port("8080:80"), port("8443:443"), port("53:53/udp")],
      mounts: [
        { kind: "volume", volume: "data", target: "/data/", readOnly: false },
        { kind: "tmpfs", target: "/tmp", options: "size=64m" },
      ],
      logging: { driver: "json-file", options: { "max-size": "1m" } },
      stopTimeoutSeconds: 20,
      extraHosts: ["db:10.0.0.7"],
      restart: { name: "on-failure", maximumRetryCount: 3 },
    });
    const desired = clusterState([rich, replicated("api", 2, {}, { cluster: { endpointMode: "dnsrr" } })]);
    const swarm = await swarmRunning(desired);
    expect((await plan(swarm, desired)).steps).toEqual([]);
    const again = await run(swarm, desired);
    expect([again.calls, again.report.verdict]).toEqual([0, "Nothing to do: 2 as desired."]);
  });

  test("case 111: must not be updated, its version and its previous spec stay", async () => {
    const swarm = await swarmRunning(stateOf(1));
    await run(swarm, stateOf(2));
    const { version, previousSpec } = swarm.service("web");
    for (let round = 0; round < 3; round += 1) expect((await run(swarm, stateOf(2))).calls).toBe(0);
    expect([swarm.service("web").version, swarm.service("web").previousSpec]).toEqual([
      version,
      previousSpec,
    ]);
  });

  test("case 119: must count at once with no replicas at all, and be judged by tasks when it is scaled", async () => {
    const none = workload("shop/web", {}, { containerNames: [] });
    const swarm = await swarmRunning(clusterState([none]));
    expect(swarm.service("shop_web").tasks).toEqual([]);
    const names = ["shop-web-1", "shop-web-2"];
    const scaled = clusterState([workload("shop/web", {}, { containerNames: names })]);
    expect(outcomeOf(await run(swarm, scaled), "shop/web")).toBe("done: changed in place");
    expect(swarm.serving("shop_web")).toHaveLength(2);
    expect(outcomeOf(await run(swarm, clusterState([none])), "shop/web")).toBe("done: changed in place");
    swarm.pass(1_000);
    expect(swarm.serving("shop_web")).toEqual([]);
  });
});

describe("an update that Swarm has paused", () => {
  test("case 112: must be reported as failed, and never be sent again", async () => {
    const swarm = await paused();
    const lowest = watchLowest(swarm);
    for (const options of [{}, { retry: ["web"] }]) {
      const made = await run(swarm, stateOf(2, {}, pausing), options);
      expect([made.calls, made.report.exitCode, lowest()]).toEqual([0, 1, 1]);
      expect(outcomeOf(made)).toMatch(/^blocked: its update is paused: .*mysysconfig rollback web/);
    }
  });

  test("case 112: must end when the configuration goes back, without a moment without service", async () => {
    const swarm = await paused();
    const lowest = watchLowest(swarm);
    const [before] = swarm.serving("web");
    const made = await run(swarm, stateOf(1, {}, pausing));
    expect(outcomeOf(made)).toMatch(/^done/);
    expect([lowest(), swarm.serving("web").map(({ id }) => id)]).toEqual([1, [before?.id]]);
    expect((await run(swarm, stateOf(1, {}, pausing))).calls).toBe(0);
  });

  test("case 113: must give way to another build, and the old task serve until that runs", async () => {
    const swarm = await paused();
    const lowest = watchLowest(swarm);
    const made = await run(swarm, stateOf(3, {}, pausing));
    expect(outcomeOf(made)).toMatch(/^done/);
    expect([lowest(), imageOf(swarm)]).toEqual([1, image(3)]);
  });

  test("case 112: must be taken back by the run that sent it", async () => {
    const swarm = await swarmRunning(stateOf(1, {}, pausing));
    swarm.addImage(image(2), bad.neverHealthy);
    const lowest = watchLowest(swarm);
    const made = await run(swarm, stateOf(2, {}, pausing));
    expect(outcomeOf(made)).toMatch(/^rolled-back: new build .*Swarm paused its update/);
    expect([lowest(), imageOf(swarm)]).toEqual([1, image(1)]);
    const next = await run(swarm, stateOf(2, {}, pausing));
    expect([next.calls, outcomeOf(next)]).toEqual([0, expect.stringContaining("set-aside")]);
  });
});

describe("a build that Swarm has rolled back", () => {
  test("case 114: must be set aside, also when the run was killed before it could write that down", async () => {
    for (const image2 of [bad.neverHealthy, bad.endsWell, bad.exits, bad.crashesLater, bad.sickens]) {
      const swarm = await swarmRunning(stateOf(1));
      swarm.addImage(image(2), image2);
      await killed(swarm, stateOf(2));
      swarm.pass(60_000);
      expect(swarm.service("web").update?.state).toBe("rollback_completed");
      expect(swarm.store.stored.ledger.failures).toEqual([]);
      swarm.updates.length = 0;
      for (let round = 0; round < 3; round += 1) {
        const made = await run(swarm, stateOf(2));
        expect([made.calls, made.report.exitCode]).toEqual([0, 1]);
        expect(outcomeOf(made)).toMatch(/^set-aside: Swarm rolled this build back at .* with --retry web$/);
      }
      expect([swarm.updates, imageOf(swarm)]).toEqual([[], image(1)]);
    }
  });

  test("case 114: must be set aside while the way back is not at its end yet", async () => {
    const swarm = await swarmRunning(stateOf(1));
    swarm.addImage(image(2), bad.exits);
    await killed(swarm, stateOf(2));
    swarm.pass(600);
    expect(swarm.service("web").update?.state).toBe("rollback_started");
    const made = await run(swarm, stateOf(2));
    expect([made.calls, outcomeOf(made)]).toEqual([0, expect.stringContaining("set-aside")]);
  });

  test("case 114: must be tried again on request, after a while, and when it changes", async () => {
    const swarm = await swarmRunning(stateOf(1));
    swarm.addImage(image(2), bad.exits);
    await killed(swarm, stateOf(2));
    swarm.pass(60_000);
    expect(outcomeOf(await run(swarm, stateOf(2), { retry: ["web"] }))).toContain("rolled-back");
    expect(outcomeOf(await run(swarm, stateOf(2)))).toContain("set-aside: this build failed at");
    swarm.pass(11 * 60_000);
    expect(outcomeOf(await run(swarm, stateOf(2)))).toContain("rolled-back");
    expect(outcomeOf(await run(swarm, stateOf(2)))).toContain("set-aside: this build failed 2 times");
    expect(outcomeOf(await run(swarm, stateOf(3)))).toMatch(/^done/);
  });

  test("case 114: must be tried again after a while although nobody wrote down that it failed", async () => {
    const swarm = await swarmRunning(stateOf(1));
    swarm.addImage(image(2), bad.exits);
    await killed(swarm, stateOf(2));
    swarm.pass(11 * 60_000);
    const made = await run(swarm, stateOf(2));
    expect(outcomeOf(made)).toContain("rolled-back: new build");
  });
});

test("a build that becomes healthy and then fails leaves a gap, as Swarm has ended the old task by then", async () => {
  const swarm = await swarmRunning(stateOf(1));
  swarm.addImage(image(2), bad.crashesLater);
  const made = await run(swarm, stateOf(2));
  expect(outcomeOf(made)).toMatch(/^rolled-back: new build was rolled back by Swarm/);
  expect([imageOf(swarm), swarm.serving("web").length]).toEqual([image(1), 1]);
});

test("replicas must be replaced in batches, and one that fails takes all of them back", async () => {
  const four = (build: number) =>
    clusterState([
      replicated(
        "web",
        4,
        { image: image(build), healthcheck: quickCheck },
        { update: { parallelism: 2, delayMs: 1_000 } },
      ),
    ]);
  const swarm = await swarmRunning(four(1), { nodes: 3 });
  const lowest = watchLowest(swarm);
  expect(outcomeOf(await run(swarm, four(2)))).toMatch(/^done/);
  expect([lowest(), swarm.serving("web").length]).toEqual([4, 4]);
  swarm.addImage(image(3), bad.neverHealthy);
  expect(outcomeOf(await run(swarm, four(3)))).toContain("2-develop still serves");
  expect([lowest(), swarm.serving("web").length]).toEqual([4, 4]);
});
