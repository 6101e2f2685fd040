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
import { image, imageOf, stateOf, web } from "./swarm-web.ts";

describe("a service that finds no place", () => {
  const away = { cluster: { placement: { constraints: ["node.labels.disk==ssd"], spread: [] } } };

  test("case 118: must fail after a deadline with Swarm's own words, and not stay", async () => {
    const swarm = await swarmRunning(clusterState([workload("api")]));
    const made = await run(swarm, clusterState([web(1, {}, away), workload("api")]));
    expect(outcomeOf(made)).toMatch(
      /^failed: never became good within .*: no suitable node \(scheduling constraints not satisfied on 1 node\)/,
    );
    expect(swarm.state.serviceByName("web")).toBeUndefined();
  });

  test("case 118: must run as soon as a node fits", async () => {
    const swarm = await swarmRunning(clusterState([workload("api")]), { nodes: 2 });
    swarm.node("node-2").labels = { disk: "ssd" };
    const made = await run(swarm, clusterState([web(1, {}, away), workload("api")]));
    expect(outcomeOf(made)).toMatch(/^done/);
    expect(swarm.serving("web")[0]?.nodeId).toBe("id-node-2");
  });

  test("case 117: must be stopped first when it publishes a port of its node", async () => {
    const hostPort = { ports: [{ ...port("8080:80"), mode: "host" as const }] };
    const swarm = await swarmRunning(stateOf(1, hostPort));
    const made = await run(swarm, stateOf(2, hostPort));
    expect(made.plan.changes.find(({ key }) => key === "web")?.rollout?.order).toBe("stop-first");
    expect(outcomeOf(made)).toMatch(/^done/);
  });
});

describe("another mode or name", () => {
  const global = { cluster: { mode: "global" } } as const;

  test("case 121: must be refused with the way to allow it, and cost an interruption that the plan tells", async () => {
    const swarm = await swarmRunning(stateOf(1));
    const { id } = swarm.service("web");
    const refused = await run(swarm, stateOf(1, {}, global));
    expect([refused.calls, outcomeOf(refused)]).toEqual([0, expect.stringContaining("--recreate web")]);
    expect(swarm.service("web").id).toBe(id);
    const made = await run(swarm, stateOf(1, {}, global), { recreate: ["web"] });
    expect(made.plan.changes.find(({ key }) => key === "web")?.rollout?.order).toBe("stop-first");
    expect([outcomeOf(made), swarm.service("web").id === id]).toEqual([
      expect.stringMatching(/^done/),
      false,
    ]);
    expect((await run(swarm, stateOf(1, {}, global))).calls).toBe(0);
  });

  test("case 121: must go back to the service as it was when the new one fails", async () => {
    const swarm = await swarmRunning(stateOf(1));
    const before = swarm.service("web").spec;
    swarm.addImage(image(2), bad.exits);
    const made = await run(swarm, stateOf(2, {}, global), { recreate: ["web"] });
    expect(outcomeOf(made)).toMatch(/^rolled-back: new build failed in 3 tasks/);
    expect([swarm.service("web").spec, swarm.serving("web").length]).toEqual([before, 1]);
    const next = await run(swarm, stateOf(2, {}, global), { recreate: ["web"] });
    expect([next.calls, outcomeOf(next)]).toEqual([0, expect.stringContaining("set-aside")]);
  });

  test("case 121: must be carried through by the next run when one is killed in between", async () => {
    for (const at of [0, 1])
      for (const fault of ["killed-before", "killed-after"] as const) {
        const swarm = await swarmRunning(stateOf(1));
        await killed(swarm, stateOf(1, {}, global), { at, fault, recreate: ["web"] });
        expect(outcomeOf(await run(swarm, stateOf(1, {}, global), { recreate: ["web"] }))).toMatch(
          /^(?:done|unchanged)/,
        );
        expect(swarm.service("web").spec.Mode).toEqual({ Global: {} });
        expect((await run(swarm, stateOf(1, {}, global))).calls).toBe(0);
      }
  });

  test("case 121: another name is another service", async () => {
    const swarm = await swarmRunning(stateOf(1));
    const renamed = stateOf(1, {}, { containerNames: ["site"] });
    expect(outcomeOf(await run(swarm, renamed))).toContain('is named "web" instead of "site"');
    expect(outcomeOf(await run(swarm, renamed, { recreate: ["site"] }))).toMatch(/^done/);
    expect([...swarm.state.services.values()].map(({ spec }) => spec.Name)).toEqual(["site"]);
  });
});

describe("a tag and its digest", () => {
  test("case 124: must be pinned once, kept when the tag moves, and kept when nobody answers", async () => {
    const swarm = await swarmRunning(stateOf(1));
    const first = swarm.service("web").spec.TaskTemplate.ContainerSpec.Image;
    expect(first).toMatch(/^myrepo\/web:1-develop@sha256:[0-9a-f]{64}$/);
    expect(swarm.service("web").record.image).toBe(image(1));
    swarm.registry.set(image(1), `sha256:${"b".repeat(64)}`);
    expect((await run(swarm, stateOf(1))).calls).toBe(0);
    swarm.isRegistryAway = true;
    expect((await run(swarm, stateOf(1))).calls).toBe(0);
    await run(swarm, clusterState([replicated("web", 2, { image: image(1), healthcheck: quickCheck })]));
    expect(swarm.service("web").spec.TaskTemplate.ContainerSpec.Image).toBe(first);
  });

  test("case 124: must be told when there is none", async () => {
    const swarm = await swarmRunning(stateOf(1));
    swarm.isRegistryAway = true;
    const made = await run(swarm, stateOf(2));
    expect(made.plan.changes.find(({ key }) => key === "web")?.notes).toEqual([
      expect.stringMatching(/^not pinned to a digest/),
    ]);
    expect([outcomeOf(made), swarm.service("web").spec.TaskTemplate.ContainerSpec.Image]).toEqual([
      expect.stringMatching(/^done/),
      image(2),
    ]);
    swarm.isRegistryAway = false;
    expect((await run(swarm, stateOf(2))).calls).toBe(0);
  });
});

describe("a Swarm that cannot answer", () => {
  test("case 127: must stop the run before anything is done, and nothing is removed", async () => {
    const swarm = await swarmRunning(clusterState([web(1), workload("api")]));
    swarm.unavailable = "Swarm is encrypted and needs to be unlocked";
    const failing = run(swarm, clusterState([web(2)]));
    await expect(failing).rejects.toMatchObject({ code: "swarm-unavailable", exitCode: 5 });
    expect([swarm.calls, swarm.state.services.size]).toEqual([[], 2]);
  });

  test("case 127: must leave an update to Swarm when the leader is lost in the middle", async () => {
    const swarm = await swarmRunning(stateOf(1));
    swarm.watch = () => {
      swarm.unavailable = "The swarm does not have a leader";
    };
    await expect(run(swarm, stateOf(2))).rejects.toMatchObject({ code: "swarm-unavailable" });
    swarm.watch = () => {};
    swarm.unavailable = undefined;
    swarm.pass(40_000);
    const next = await run(swarm, stateOf(2));
    expect([next.report.converged, next.calls, imageOf(swarm)]).toEqual([true, 0, image(2)]);
  });
});
