import { describe, expect, test } from "vitest";
import { outcomeOf, run, swarmRunning } from "../../support/clusters.ts";
import { plan } from "../../support/simulation.ts";
import { image, imageOf, setEnv, stateOf } from "./swarm-web.ts";

describe("somebody else at work", () => {
  test("case 115: must not be overwritten when it happens between the plan and the update", async () => {
    const swarm = await swarmRunning(stateOf(1));
    const made = await run(swarm, stateOf(2), {
      whenPlanned: () => swarm.change("web", setEnv("HOTFIX=1")),
    });
    expect(outcomeOf(made)).toMatch(/^failed: .*somebody else changed it meanwhile, it was not overwritten/);
    expect(swarm.service("web").spec.TaskTemplate.ContainerSpec.Env).toEqual(["HOTFIX=1"]);
    expect(swarm.store.stored.ledger.failures).toEqual([]);
    // The next run sees what is there and decides.
    const next = await run(swarm, stateOf(2));
    expect([outcomeOf(next), imageOf(swarm)]).toEqual([expect.stringMatching(/^done/), image(2)]);
  });

  test("case 115: must not be overwritten at the very moment of the update", async () => {
    const swarm = await swarmRunning(stateOf(1));
    let isFirst = true;
    swarm.betweenLookAndWrite = () => {
      if (isFirst) swarm.change("web", setEnv("HOTFIX=1"));
      isFirst = false;
    };
    expect(outcomeOf(await run(swarm, stateOf(2)))).toContain("somebody else changed it meanwhile");
    expect(swarm.service("web").spec.TaskTemplate.ContainerSpec.Env).toEqual(["HOTFIX=1"]);
  });

  test("case 115: must not be overwritten while the new build is watched", async () => {
    const swarm = await swarmRunning(stateOf(1));
    swarm.watch = () =>
      swarm.state.agenda.after(2_000, () => {
        const found = swarm.state.serviceByName("web");
        if (found !== undefined)
          swarm.manager.updateService(found.id, found.version, setEnv("HOTFIX=1")(found.spec));
      });
    const made = await run(swarm, stateOf(2));
    swarm.watch = () => {};
    expect(outcomeOf(made)).toContain("somebody else changed the service meanwhile");
    expect(swarm.service("web").spec.TaskTemplate.ContainerSpec.Env).toEqual(["HOTFIX=1"]);
  });

  test("case 116: must be put right when it is a change by hand, and left alone when it is a fight", async () => {
    const swarm = await swarmRunning(stateOf(1));
    for (let round = 0; round < 3; round += 1) {
      swarm.change("web", setEnv("LEVEL=debug"));
      swarm.pass(30_000);
      const made = await run(swarm, stateOf(1));
      expect(made.plan.changes.find(({ key }) => key === "web")).toMatchObject({
        cause: "changed by hand on the cluster",
        drift: "changed: env LEVEL",
      });
      expect(outcomeOf(made)).toMatch(/^done/);
    }
    swarm.change("web", setEnv("LEVEL=debug"));
    const last = await run(swarm, stateOf(1));
    expect([last.calls, outcomeOf(last)]).toEqual([0, expect.stringContaining("somebody else manages it")]);
  });

  test("case 116: must let one of two runs win, and lose nothing", async () => {
    const swarm = await swarmRunning(stateOf(1));
    const one = await plan(swarm, stateOf(2));
    await run(swarm, stateOf(3));
    const [update] = one.steps;
    if (update?.kind !== "update-service") throw new Error("an update is planned first");
    const idle = new AbortController().signal;
    const context = { idOf: () => swarm.service("web").id, progress: () => {} };
    await expect(swarm.execute(update, context, idle)).rejects.toMatchObject({ code: "precondition-failed" });
    expect(imageOf(swarm)).toBe(image(3));
  });
});
