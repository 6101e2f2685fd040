import { describe, expect, test } from "vitest";
import { port } from "../../support/builders.ts";
import { bad, killed, outcomeOf, replicaNames, run, swarmRunning } from "../../support/clusters.ts";
import { again, image, paused, pausing, stateOf, watchLowest } from "./swarm-web.ts";

/** What was measured on a real Swarm (W1 to W16), that the simulated one does the same, and what a run makes of it. */

describe("an update without a difference", () => {
  test("W1: would forget what Swarm can go back to, so none is ever sent", async () => {
    const swarm = await swarmRunning(stateOf(1));
    await run(swarm, stateOf(2));
    const before = swarm.service("web");
    expect(before.previousSpec?.TaskTemplate.ContainerSpec.Image).toContain(image(1));

    for (let round = 0; round < 3; round += 1) {
      const { calls, report } = await run(swarm, stateOf(2));
      expect([calls, report.converged]).toEqual([0, true]);
    }
    const { version, previousSpec } = swarm.service("web");
    expect({ version, previousSpec }).toEqual({
      version: before.version,
      previousSpec: before.previousSpec,
    });

    swarm.change("web", again);
    const after = swarm.service("web");
    expect(after.version).toBeGreaterThan(before.version);
    expect(after.previousSpec).toEqual(after.spec);
  });

  test("W2: would end the last healthy task of a paused update, so nothing is sent", async () => {
    const swarm = await paused();
    for (let round = 0; round < 3; round += 1) {
      const made = await run(swarm, stateOf(2, {}, pausing));
      expect(made.calls).toBe(0);
      expect(outcomeOf(made)).toContain("blocked: its update is paused: update paused due to failure");
      expect(made.report.exitCode).toBe(1);
      expect(swarm.serving("web")).toHaveLength(1);
    }
    swarm.change("web", again);
    swarm.pass(14_000);
    expect(swarm.serving("web")).toHaveLength(0);
  });

  test("W2: nor is one for a label or a number of replicas alone while an update is paused", async () => {
    const swarm = await paused();
    const labelled = { cluster: { ...pausing.cluster, labels: { team: "shop" } } };
    for (const options of [labelled, { ...pausing, containerNames: replicaNames(2) }]) {
      const made = await run(swarm, stateOf(2, {}, options));
      expect(made.calls).toBe(0);
      expect(outcomeOf(made)).toContain("blocked: its update is paused");
      expect(swarm.serving("web")).toHaveLength(1);
    }
  });
});

describe("a build that is no good", () => {
  test("W3: is rolled back with labels and all by Swarm, and is not tried for ever", async () => {
    const swarm = await swarmRunning(stateOf(1));
    const before = swarm.service("web");
    swarm.addImage(image(2), bad.neverHealthy);
    const made = await run(swarm, stateOf(2));
    expect(outcomeOf(made)).toContain("rolled-back: new build was rolled back by Swarm");
    expect(outcomeOf(made)).toContain("1-develop still serves");
    const after = swarm.service("web");
    expect(after.update?.state).toBe("rollback_completed");
    expect([after.spec, after.previousSpec]).toEqual([before.spec, undefined]);

    swarm.updates.length = 0;
    const next = await run(swarm, stateOf(2));
    expect(outcomeOf(next)).toContain("set-aside: this build failed");
    expect([next.calls, swarm.updates, next.report.exitCode]).toEqual([0, [], 1]);
  });

  test("W4: a check that never succeeds fails in its task, and the old one serves", async () => {
    const swarm = await swarmRunning(stateOf(1));
    swarm.addImage(image(2), bad.neverHealthy);
    const lowest = watchLowest(swarm);
    const made = await run(swarm, stateOf(2));
    expect(outcomeOf(made)).toContain("unhealthy container");
    expect(lowest()).toBe(1);
  });

  test("W16: the old task survives the first update after the creation", async () => {
    for (const image2 of [bad.exits, bad.neverHealthy, { ...bad.crashesLater, healthyAfterMs: 60_000 }]) {
      const swarm = await swarmRunning(stateOf(1));
      swarm.addImage(image(2), image2);
      const lowest = watchLowest(swarm);
      const made = await run(swarm, stateOf(2));
      expect(outcomeOf(made)).toContain("rolled-back: new build");
      expect([lowest(), swarm.service("web").spec.TaskTemplate.ContainerSpec.Image]).toEqual([
        1,
        expect.stringContaining(image(1)),
      ]);
    }
  });
});

const hostPort = { ports: [{ ...port("8080:80"), mode: "host" as const }] };

describe("an update that never ends", () => {
  test("W5: is one of a host port that the old task holds; it is taken back after a deadline of ours", async () => {
    const declared = { update: { order: "start-first" as const } };
    const swarm = await swarmRunning(stateOf(1, hostPort, declared));
    const made = await run(swarm, stateOf(2, hostPort, declared));
    expect(outcomeOf(made)).toMatch(/never became good within .*host-mode port already in use on 1 node/);
    expect(outcomeOf(made)).toContain("1-develop still serves");
    const { spec, update } = swarm.service("web");
    expect([spec.TaskTemplate.ContainerSpec.Image, update?.state]).toEqual([
      expect.stringContaining(image(1)),
      "completed",
    ]);
    expect(swarm.serving("web")).toHaveLength(1);
    expect((await run(swarm, stateOf(2, hostPort, declared))).calls).toBe(0);
  });

  test("W5: is avoided where nobody declared the order", async () => {
    const swarm = await swarmRunning(stateOf(1, hostPort));
    const made = await run(swarm, stateOf(2, hostPort));
    expect(outcomeOf(made)).toMatch(/^done/);
    expect(made.plan.changes[0]?.rollout).toMatchObject({
      order: "stop-first",
      reason: "host port 8080 can be held by one task only",
    });
  });

  test("W5: is taken back by the next run when the one that sent it was killed", async () => {
    const declared = { update: { order: "start-first" as const } };
    const swarm = await swarmRunning(stateOf(1, hostPort, declared));
    swarm.faults = () => "killed-after";
    await killed(swarm, stateOf(2, hostPort, declared));
    swarm.pass(60_000);
    expect(swarm.service("web").update?.state).toBe("updating");
    const made = await run(swarm, stateOf(2, hostPort, declared));
    expect(outcomeOf(made)).toContain("host-mode port already in use");
    expect(swarm.service("web").spec.TaskTemplate.ContainerSpec.Image).toContain(image(1));
    const last = await run(swarm, stateOf(2, hostPort, declared));
    expect([last.calls, outcomeOf(last)]).toEqual([0, expect.stringContaining("set-aside")]);
  });
});
