import { describe, expect, test } from "vitest";
import { desiredState, workload } from "../../support/builders.ts";
import { next } from "../../support/rollouts.ts";
import { SimulatedEngine } from "../../support/simulated-engine.ts";
import { apply, engineRunning, plan, provideImages } from "../../support/simulation.ts";

describe("a registry that cannot be reached", () => {
  test("32: must not matter for an image that is on the Engine already", async () => {
    const engine = await engineRunning(desiredState([workload("web")]));
    engine.addImage(next);
    engine.registry.clear();
    const run = await apply(engine, desiredState([workload("web", { image: next })]));
    expect(run.report.converged).toBe(true);
    expect(engine.byName("web")?.sent.image).toBe(next);
    expect(engine.calls.map(({ kind }) => kind)).not.toContain("pull-image");
  });

  test("82: must change nothing that runs", async () => {
    const desired = desiredState([workload("web"), workload("api")]);
    const engine = await engineRunning(desired);
    engine.registry.clear();
    const run = await apply(engine, desired);
    expect([run.calls, run.report.converged]).toEqual([0, true]);
  });

  test("82: must change nothing for an image that is gone from the Engine, too", async () => {
    const desired = desiredState([workload("web")]);
    const engine = await engineRunning(desired);
    engine.images.clear();
    expect((await plan(engine, desired)).steps).toEqual([]);
  });
});

test("83: an image must stay as long as a serving, kept or stopped container was made of it", async () => {
  const engine = new SimulatedEngine();
  const stateOf = (build: number) =>
    desiredState([workload("web", { image: `myrepo/web:${build}-develop` }), workload("api")], {
      retentionMs: 24 * 60 * 60_000,
      pruneImages: "unused",
    });
  for (const build of [58, 59]) {
    provideImages(engine, stateOf(build));
    await apply(engine, stateOf(build), { txn: String(build).padStart(8, "0") });
  }
  engine.byName("api")?.end(0);
  await plan(engine, stateOf(59));
  const used = [...engine.containers.values()].map(({ sent }) => sent.image).sort();
  expect(used).toEqual(["myrepo/api:1-develop", "myrepo/web:58-develop", "myrepo/web:59-develop"]);
  expect(used.filter((reference) => !engine.images.has(reference))).toEqual([]);
});
