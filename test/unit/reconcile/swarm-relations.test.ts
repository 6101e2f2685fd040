import { describe, expect, test } from "vitest";
import { job, port, workload } from "../../support/builders.ts";
import { bad, clusterState, killed, outcomeOf, run, swarmRunning } from "../../support/clusters.ts";
import type { SimulatedSwarm } from "../../support/simulated-swarm.ts";
import { plan } from "../../support/simulation.ts";

/** Names of the steps of a run, in the order in which their effects came. */
const deeds = (swarm: SimulatedSwarm) => swarm.calls.map(({ step }) => step);
const needs = (key: string, more = {}) => ({ dependsOn: [{ workload: key, ...more }] });
const publishes = (...texts: readonly string[]) => ({ ports: texts.map(port) });
const names = (swarm: SimulatedSwarm) =>
  [...swarm.state.services.values()].map(({ spec }) => spec.Name).sort();

describe("what depends on something", () => {
  test("must come after it has proved itself, wave by wave", async () => {
    const swarm = await swarmRunning(clusterState([workload("base")]));
    const desired = clusterState([
      workload("base"),
      workload("web", {}, needs("api")),
      workload("api", {}, needs("db")),
      workload("db"),
    ]);
    const times = new Map<string, number>();
    swarm.watch = ({ step }) => times.set(step, swarm.clock.monotonicMs());
    await run(swarm, desired);
    expect(deeds(swarm)).toEqual(["create db", "create api", "create web"]);
    const [db = 0, api = 0] = [times.get("create db"), times.get("create api")];
    expect(api - db).toBeGreaterThanOrEqual(5_000);
  });

  test("must be left alone when that fails", async () => {
    const before = clusterState([workload("db"), workload("web", {}, needs("db"))]);
    const swarm = await swarmRunning(before);
    swarm.addImage("myrepo/db:2", bad.exits);
    const made = await run(
      swarm,
      clusterState([
        workload("db", { image: "myrepo/db:2" }),
        workload("web", { image: "myrepo/web:2" }, needs("db")),
      ]),
    );
    expect(outcomeOf(made, "db")).toMatch(/^rolled-back/);
    expect(outcomeOf(made, "web")).toBe("skipped: not tried: db did not succeed");
    expect(swarm.updates).toEqual(["db"]);
  });

  test("must be restarted with it where it asks for that, and only then", async () => {
    const of = (build: number, restart: boolean) =>
      clusterState([
        workload("db", { image: `myrepo/db:${build}` }),
        workload("web", {}, needs("db", { restart })),
      ]);
    const swarm = await swarmRunning(of(1, false));
    await run(swarm, of(2, false));
    expect(swarm.updates).toEqual(["db"]);
    const made = await run(swarm, of(3, true));
    expect(made.plan.changes.find(({ key }) => key === "web")?.cause).toBe(
      "depends on db, which is replaced",
    );
    expect(swarm.updates).toEqual(["db", "db", "web"]);
    expect((await run(swarm, of(3, true))).calls).toBe(0);
  });

  test("must not be restarted again and again with something that is blocked", async () => {
    const of = (ports: readonly string[]) =>
      clusterState([
        workload("edge", publishes("80:80")),
        workload("db", publishes(...ports)),
        workload("web", {}, needs("db", { restart: true, required: false })),
      ]);
    const swarm = await swarmRunning(of([]));
    for (let round = 0; round < 2; round += 1) {
      const made = await run(swarm, of(["80:80"]));
      expect([made.calls, outcomeOf(made, "db"), outcomeOf(made)]).toEqual([
        0,
        "blocked: port 80 is published by service edge, which keeps it",
        "unchanged: as desired",
      ]);
    }
  });
});

describe("ports of the mesh", () => {
  test("case 122: must be given before they are taken, and taken only when the giver has proved itself", async () => {
    const swarm = await swarmRunning(clusterState([workload("a", publishes("80:80")), workload("b")]));
    const moved = clusterState([workload("a", publishes("81:80")), workload("b", publishes("80:80"))]);
    const made = await run(swarm, moved);
    expect([made.report.converged, deeds(swarm)]).toEqual([true, ["update a", "update b"]]);
    expect((await run(swarm, moved)).calls).toBe(0);
  });

  test("case 122: must stay with the giver when its new build fails", async () => {
    const swarm = await swarmRunning(clusterState([workload("a", publishes("80:80")), workload("b")]));
    swarm.addImage("myrepo/a:2", bad.crashesLater);
    const asked = clusterState([
      workload("a", { ...publishes("81:80"), image: "myrepo/a:2" }),
      workload("b", publishes("80:80")),
    ]);
    const made = await run(swarm, asked);
    expect([outcomeOf(made, "a"), outcomeOf(made, "b")]).toEqual([
      expect.stringMatching(/^rolled-back/),
      "skipped: not tried: a did not succeed",
    ]);
    const next = await run(swarm, asked);
    expect([next.calls, outcomeOf(next, "b")]).toEqual([
      0,
      "blocked: port 80 is published by service a, which keeps it",
    ]);
  });

  test("case 122: must be free of an orphan before they are taken", async () => {
    const swarm = await swarmRunning(clusterState([workload("old", publishes("80:80")), workload("web")]));
    const made = await run(swarm, clusterState([workload("web"), workload("new", publishes("80:80"))]));
    expect([made.report.converged, deeds(swarm), names(swarm)]).toEqual([
      true,
      ["remove old", "create new"],
      ["new", "web"],
    ]);
  });

  test("case 122: a port of the nodes is in the way of one of the mesh, too", async () => {
    const host = { ports: [{ ...port("80:80"), mode: "host" as const }] };
    const swarm = await swarmRunning(clusterState([workload("a", host), workload("b")]));
    const kept = await run(swarm, clusterState([workload("a", host), workload("b", publishes("80:80"))]));
    expect(outcomeOf(kept, "b")).toBe("blocked: port 80 is published by service a, which keeps it");
    const moved = await run(swarm, clusterState([workload("a"), workload("b", publishes("80:80"))]));
    expect([moved.report.converged, deeds(swarm)]).toEqual([true, ["update a", "update b"]]);
  });

  test("must not be exchanged between two services at once", async () => {
    const swarm = await swarmRunning(
      clusterState([workload("a", publishes("80:80")), workload("b", publishes("81:80"))]),
    );
    const made = await run(
      swarm,
      clusterState([workload("a", publishes("81:80")), workload("b", publishes("80:80")), workload("c")]),
    );
    expect(outcomeOf(made, "a")).toBe(
      "blocked: a and b would have to exchange ports at once, which Swarm cannot do: move one of them to another port in a commit of its own",
    );
    expect([outcomeOf(made, "c"), deeds(swarm)]).toEqual([expect.stringMatching(/^done/), ["create c"]]);
  });

  test("must stay blocked when an orphan that holds them is still needed", async () => {
    const swarm = await swarmRunning(
      clusterState([
        workload("old", publishes("80:80")),
        workload("edge", publishes("90:80")),
        workload("user", {}, needs("old")),
      ]),
    );
    const asked = clusterState([
      workload("edge", publishes("90:80")),
      workload("new", publishes("80:80")),
      workload("user", publishes("90:90")),
    ]);
    const made = await run(swarm, asked);
    expect([outcomeOf(made, "user"), outcomeOf(made, "old"), outcomeOf(made, "new"), made.calls]).toEqual([
      "blocked: port 90 is published by service edge, which keeps it",
      "blocked: no longer in the configuration, but user still needs it and is blocked",
      "blocked: port 80 is published by service old, which keeps it",
      0,
    ]);
  });
});

describe("the service that carries the run out", () => {
  const of = (build: number, more: readonly string[] = []) =>
    clusterState([
      workload("ops", { image: `myrepo/ops:${build}` }),
      workload("web", { image: `myrepo/web:${build}` }, needs("ops")),
      ...more.map((key) => workload(key)),
    ]);

  test("must be updated last of all, and not be waited for", async () => {
    const swarm = await swarmRunning(of(1, ["old"]));
    swarm.ownService = swarm.service("ops").id;
    const made = await plan(swarm, of(2));
    expect(made.steps.map(({ id }) => id)).toEqual(["update web", "gate web", "remove old", "update ops"]);
    const { report } = await run(swarm, of(2));
    expect(deeds(swarm)).toEqual(["update web", "remove old", "update ops"]);
    // Its tasks are still being replaced.
    expect([report.converged, (await run(swarm, of(2))).calls]).toEqual([true, 0]);
  });

  test("must stay updated when the run is killed by it", async () => {
    const swarm = await swarmRunning(of(1));
    swarm.ownService = swarm.service("ops").id;
    await killed(swarm, of(2), { at: 1 });
    swarm.pass(30_000);
    const next = await run(swarm, of(2));
    expect([next.report.converged, next.calls, swarm.service("ops").record.image]).toEqual([
      ...[true, 0, "myrepo/ops:2"],
    ]);
  });

  test("must not be taken back when the answer to its update is lost", async () => {
    const swarm = await swarmRunning(of(1));
    swarm.ownService = swarm.service("ops").id;
    swarm.faults = (_index, { step }) => (step === "update ops" ? "after" : undefined);
    await run(swarm, of(2));
    expect(swarm.service("ops").record.image).toBe("myrepo/ops:2");
  });

  test("must not remove itself, neither to be made anew nor when it is no longer wanted", async () => {
    const swarm = await swarmRunning(of(1, ["old"]));
    swarm.ownService = swarm.service("ops").id;
    const state = of(1, ["old"]);
    const global = state.workloads.map((one) =>
      one.key === "ops" ? { ...one, cluster: { mode: "global" as const } } : one,
    );
    const made = await run(swarm, { ...state, workloads: global }, { recreate: ["ops"] });
    expect([made.calls, outcomeOf(made, "ops")]).toEqual([
      0,
      expect.stringContaining("it is what carries this out"),
    ]);
    const last = await run(swarm, clusterState([workload("new")]));
    expect([names(swarm), outcomeOf(last, "ops")]).toEqual([["new", "ops"], expect.stringMatching(/^held/)]);
  });
});

test("a job must end before what depends on it changes", async () => {
  const swarm = await swarmRunning(clusterState([workload("api")]));
  const desired = clusterState([
    workload("api"),
    job("migrate"),
    workload("web", {}, needs("migrate", { condition: "completed" })),
  ]);
  const made = await run(swarm, desired);
  expect([made.report.converged, deeds(swarm)]).toEqual([true, ["create migrate", "create web"]]);
  expect(swarm.service("migrate").tasks.map(({ state }) => state)).toEqual(["complete"]);
});
