import { describe, expect, test } from "vitest";
import { formatPlan } from "../../../src/plan/format-plan.ts";
import { desiredState, network, workload } from "../../support/builders.ts";
import { SimulatedEngine } from "../../support/simulated-engine.ts";
import { apply, plan, provideImages } from "../../support/simulation.ts";

const hour = 60 * 60_000;
const day = { retentionMs: 24 * hour };

const web = (build: number, fields = {}) =>
  workload("web", { image: `myrepo/web:${build}-develop`, ...fields });

async function runningBuilds(builds: readonly number[], fields = {}): Promise<SimulatedEngine> {
  const engine = new SimulatedEngine();
  for (const [index, build] of builds.entries()) {
    const desired = desiredState([web(build, fields)], day);
    provideImages(engine, desired);
    const { report } = await apply(engine, desired, { txn: String(index).repeat(8) });
    expect(report.converged).toBe(true);
    engine.clock.advance(hour);
  }
  return engine;
}

/** `web 59-develop running`, sorted by name. */
function containersOf(engine: SimulatedEngine): string[] {
  return [...engine.containers.values()]
    .map(({ name, sent, isUp }) => `${name} ${sent.image.split(":")[1]} ${isUp ? "up" : "down"}`)
    .sort();
}

describe("a replaced container", () => {
  test("10: must be kept stopped under a name of its own and be no difference", async () => {
    const engine = await runningBuilds([58, 59]);
    expect(containersOf(engine)).toEqual(["web 59-develop up", "web.prev-11111111 58-develop down"]);
    const again = await apply(engine, desiredState([web(59)], day));
    expect([again.calls, again.report.converged]).toEqual([0, true]);
  });

  test("44: must not start again by itself when the host restarts", async () => {
    const engine = await runningBuilds([58, 59]);
    const previous = engine.byName("web.prev-11111111");
    expect(previous?.state().status, "stopped").toBe("exited");
    expect(previous?.restart).toEqual({ name: "no" });
  });

  test("10: must go when its time is over, and only then", async () => {
    const engine = await runningBuilds([58, 59]);
    const desired = desiredState([web(59)], day);
    engine.clock.advance(22 * hour);
    expect((await plan(engine, desired)).steps).toEqual([]);
    engine.clock.advance(2 * hour);
    expect(formatPlan(await plan(engine, desired))).toContain("was kept for a rollback, at most for 24 h");
    expect((await apply(engine, desired)).report.converged).toBe(true);
    expect(containersOf(engine)).toEqual(["web 59-develop up"]);
  });

  test("10: must give its place to the next one that is replaced", async () => {
    const engine = await runningBuilds([58, 59, 60]);
    expect(containersOf(engine)).toEqual(["web 60-develop up", "web.prev-22222222 59-develop down"]);
  });

  test("83: must keep its network while it is kept", async () => {
    const engine = new SimulatedEngine();
    const onOld = web(58, { network: { kind: "networks", attachments: [{ network: "old", aliases: [] }] } });
    const before = desiredState([onOld], { ...day, networks: [network("old")] });
    provideImages(engine, before);
    await apply(engine, before, { txn: "00000000" });
    const after = desiredState([web(59)], day);
    provideImages(engine, after);
    await apply(engine, after, { txn: "11111111" });
    expect([...engine.networks.values()].map(({ name }) => name).sort()).toEqual(["front", "old"]);
    engine.clock.advance(25 * hour);
    await apply(engine, after);
    expect([...engine.networks.values()].map(({ name }) => name)).toEqual(["front"]);
  });

  test.each(["before", "after", "killed-before", "killed-after"] as const)(
    "must be kept although the rollout was interrupted by the fault '%s' at any call after the stop",
    async (fault) => {
      const desired = desiredState([web(59)], day);
      for (let at = 0; at < 4; at += 1) {
        const engine = await runningBuilds([58]);
        provideImages(engine, desired);
        let stopped: number | undefined;
        engine.faults = (index, { kind }) => {
          if (kind === "stop-container") stopped ??= index;
          return stopped !== undefined && index === stopped + at ? fault : undefined;
        };
        await apply(engine, desired, { txn: "11111111" }).catch(() => undefined);
        engine.revive();
        expect([at, (await apply(engine, desired, { txn: "22222222" })).report.converged]).toEqual([
          at,
          true,
        ]);
        expect([at, containersOf(engine)]).toEqual([
          at,
          ["web 59-develop up", expect.stringMatching(/^web\.prev-\d+ 58-develop down$/)],
        ]);
      }
    },
  );

  test("must not be kept with a retention of 0", async () => {
    const engine = await runningBuilds([58]);
    const desired = desiredState([web(59)]);
    provideImages(engine, desired);
    await apply(engine, desired);
    expect(containersOf(engine)).toEqual(["web 59-develop up"]);
  });

  test("must not be kept when its workload leaves the configuration", async () => {
    const engine = await runningBuilds([58, 59]);
    const without = desiredState([workload("other")], day);
    provideImages(engine, without);
    expect((await apply(engine, without)).report.converged).toBe(true);
    expect([...engine.containers.values()].map(({ name }) => name)).toEqual(["other"]);
  });

  test("9: that stands alone because the serving one was removed by hand must not be lost when the new one fails", async () => {
    const engine = await runningBuilds([58, 59]);
    engine.addImage("myrepo/web:60-develop", { behaviour: { kind: "exits", afterMs: 10, code: 1 } });
    engine.containers.delete(engine.byName("web")?.id ?? "");
    const { report } = await apply(engine, desiredState([web(60)], day), { txn: "77777777" });
    expect(report.converged).toBe(false);
    const serving = [...engine.containers.values()].filter(({ isUp }) => isUp);
    expect(serving.map(({ sent }) => sent.image)).toEqual(["myrepo/web:58-develop"]);
  });
});

describe("finish", () => {
  test("must remove what is kept and nothing else", async () => {
    const engine = await runningBuilds([58, 59]);
    const request = { kind: "finish" as const, workloads: new Set(["web"]) };
    const run = await apply(engine, desiredState([web(59)], day), {
      request,
      command: { command: "finish" },
    });
    expect(run.plan.steps.map(({ kind }) => kind)).toEqual(["remove-container"]);
    expect(containersOf(engine)).toEqual(["web 59-develop up"]);
  });

  test("must leave a pending change alone", async () => {
    const engine = await runningBuilds([58, 59]);
    const request = { kind: "finish" as const, workloads: new Set<string>() };
    const run = await apply(engine, desiredState([web(60)], day), { request });
    expect([run.calls, run.report.converged]).toEqual([0, true]);
  });
});

describe("images that nothing needs any more", () => {
  const policy = { ...day, pruneImages: "unused" as const };
  const builds = async (numbers: readonly number[]) => {
    const engine = new SimulatedEngine();
    for (const build of numbers) {
      const desired = desiredState([web(build)], policy);
      provideImages(engine, desired);
      const run = await apply(engine, desired, { txn: String(build).padStart(8, "0") });
      expect(run.report.converged).toBe(true);
      expect((await plan(engine, desired)).steps).toEqual([]);
    }
    return engine;
  };
  const tags = (engine: SimulatedEngine) =>
    [...engine.images.keys()].map((image) => image.split(":")[1]).sort();

  test("83: must stay while the serving or the retained container uses them, and then go", async () => {
    const engine = await builds([57, 58, 59]);
    expect(tags(engine)).toEqual(["58-develop", "59-develop"]);
    engine.clock.advance(25 * hour);
    expect((await apply(engine, desiredState([web(59)], policy))).report.converged).toBe(true);
    expect(tags(engine)).toEqual(["59-develop"]);
  });

  test("83: must stay unless the settings say otherwise, and never be those that others brought", async () => {
    const engine = await runningBuilds([57, 58, 59]);
    engine.addImage("somebody/else:1");
    engine.clock.advance(25 * hour);
    await apply(engine, desiredState([web(59)], day));
    expect(tags(engine)).toContain("57-develop");
    await apply(engine, desiredState([web(59)], policy));
    expect(tags(engine)).toEqual(["1", "59-develop"]);
  });
});
