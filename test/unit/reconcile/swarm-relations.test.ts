import { describe, expect, test } from "vitest";
import { fileSet, job, network, onNetworks, port, workload } from "../../support/builders.ts";
import {
  bad,
  clusterState,
  killed,
  outcomeOf,
  quickCheck,
  run,
  swarmRunning,
} from "../../support/clusters.ts";
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

describe("networks", () => {
  test("case 129: must be created first and removed after the last service has left them", async () => {
    const swarm = await swarmRunning(clusterState([workload("a"), workload("b")]));
    const moved = clusterState(
      [workload("a", { network: onNetworks("back") }), workload("b", { network: onNetworks("back") })],
      { networks: [network("back")] },
    );
    const made = await run(swarm, moved);
    expect([made.report.converged, deeds(swarm)]).toEqual([
      true,
      ["create network back", "update a", "update b", "remove network front"],
    ]);
    expect((await run(swarm, moved)).calls).toBe(0);
  });

  test("case 129: must wait for the tasks of a service that was removed", async () => {
    const desired = clusterState([workload("a"), workload("b", { network: onNetworks("back") })], {
      networks: [network("front"), network("back")],
    });
    const swarm = await swarmRunning(desired);
    swarm.addImage("myrepo/b:1-develop", { stopMs: 8_000 });
    const made = await run(swarm, clusterState([workload("a")]));
    expect([made.report.converged, deeds(swarm)]).toEqual([true, ["remove b", "remove network back"]]);
  });

  test("case 130: that are external must never be made or removed", async () => {
    const outside = { networks: [network("shared", { external: true })] };
    const web = workload("web", { network: onNetworks("shared") });
    const swarm = await swarmRunning(clusterState([workload("api")]));
    const absent = await run(
      swarm,
      clusterState([workload("api"), web], { networks: [network("front"), ...outside.networks] }),
    );
    expect(outcomeOf(absent)).toBe('blocked: network "shared" does not exist');
    const id = swarm.manager.createNetwork("shared", { "com.docker.stack.namespace": "other" }, {});
    const desired = clusterState([workload("api"), web], {
      networks: [network("front"), ...outside.networks],
    });
    expect(outcomeOf(await run(swarm, desired))).toMatch(/^done/);
    await run(swarm, clusterState([workload("api")]));
    expect([names(swarm), swarm.state.networks.has(id)]).toEqual([["api"], true]);
  });
});

const filesOf = (text: string) => fileSet({ "app.conf": text });
const withFiles = (text: string, more = {}) => {
  const set = filesOf(text);
  const mounts = [{ kind: "files" as const, fileSet: set.name, path: "app.conf", target: "/etc/app.conf" }];
  return clusterState([workload("web", { healthcheck: quickCheck, mounts, ...more }), workload("api")], {
    fileSets: [set],
  });
};
const contents = (swarm: SimulatedSwarm) =>
  [...swarm.state.stored.values()].map(({ content }) => content).sort();

describe("files of the repository", () => {
  test("case 120: must be kept while a spec or the one before names them, and then go", async () => {
    const swarm = await swarmRunning(withFiles("one"));
    expect(contents(swarm)).toEqual(["one"]);
    for (const [text, left] of [
      ["two", ["one", "two"]],
      ["three", ["three", "two"]],
      ["four", ["four", "three"]],
    ] as const) {
      const made = await run(swarm, withFiles(text));
      expect([made.report.verdict, contents(swarm)]).toEqual([expect.stringContaining("Converged"), left]);
      expect((await run(swarm, withFiles(text))).calls).toBe(0);
    }
    await run(swarm, clusterState([workload("web", { healthcheck: quickCheck }), workload("api")]));
    expect(contents(swarm)).toEqual(["four"]);
    await run(swarm, clusterState([workload("api")]));
    expect(contents(swarm)).toEqual([]);
  });

  test("case 120: must stay as they were when the new build fails, and not pile up", async () => {
    const swarm = await swarmRunning(withFiles("one"));
    swarm.addImage("myrepo/web:2", bad.neverHealthy);
    const made = await run(swarm, withFiles("two", { image: "myrepo/web:2" }));
    expect([outcomeOf(made), contents(swarm)]).toEqual([
      expect.stringMatching(/^rolled-back/),
      ["one", "two"],
    ]);
    expect((await run(swarm, withFiles("two", { image: "myrepo/web:2" }))).calls).toBe(0);
    const back = await run(swarm, withFiles("one"));
    expect([back.report.converged, contents(swarm)]).toEqual([true, ["one"]]);
    expect((await run(swarm, withFiles("one"))).calls).toBe(0);
  });

  test("case 120: must go at once when the service that named them is made anew", async () => {
    const swarm = await swarmRunning(withFiles("one"));
    const global = (text: string) => {
      const state = withFiles(text);
      const workloads = state.workloads.map((one) =>
        one.key === "web" ? { ...one, cluster: { mode: "global" as const } } : one,
      );
      return { ...state, workloads };
    };
    const made = await run(swarm, global("two"), { recreate: ["web"] });
    expect([made.report.converged, contents(swarm)]).toEqual([true, ["two"]]);
    expect((await run(swarm, global("two"))).calls).toBe(0);
  });

  test("case 120: with a secret value in them must be secrets, and never be shown", async () => {
    const set = filesOf("password=correct-horse");
    const mounts = [{ kind: "files" as const, fileSet: set.name, path: "app.conf", target: "/etc/app.conf" }];
    const desired = clusterState([workload("web", { mounts })], {
      fileSets: [set],
      secretValues: ["correct-horse"],
    });
    const swarm = await swarmRunning(desired);
    expect([...swarm.state.stored.values()].map(({ kind }) => kind)).toEqual(["secret"]);
    expect(JSON.stringify(swarm.service("web"))).not.toContain("correct-horse");
    expect((await run(swarm, desired)).calls).toBe(0);
  });

  test("must be blocked by a config that is to be there and is not", async () => {
    const file = { kind: "config", name: "shared", target: "/c", uid: "0", gid: "0", mode: 0o444 } as const;
    const swarm = await swarmRunning(clusterState([workload("api")]));
    const desired = clusterState([workload("api"), workload("web", {}, { cluster: { stored: [file] } })]);
    expect(outcomeOf(await run(swarm, desired))).toBe(
      'blocked: config "shared" does not exist in the cluster',
    );
    swarm.manager.createStored({ kind: "config", name: "shared", labels: {}, content: "x" });
    expect(outcomeOf(await run(swarm, desired))).toMatch(/^done/);
  });
});

describe("what is no longer in the configuration", () => {
  test("must go last, dependents first, and the rest stay", async () => {
    const swarm = await swarmRunning(
      clusterState([workload("api"), workload("web", {}, needs("db")), workload("db"), workload("cache")]),
    );
    const made = await run(swarm, clusterState([workload("api", { image: "myrepo/api:2" })]));
    expect([made.report.converged, deeds(swarm)[0], names(swarm)]).toEqual([true, "update api", ["api"]]);
    expect(deeds(swarm).indexOf("remove web")).toBeLessThan(deeds(swarm).indexOf("remove db"));
  });

  test("must stay while the new build of what needed it is not good", async () => {
    const swarm = await swarmRunning(clusterState([workload("web", {}, needs("db")), workload("db")]));
    swarm.addImage("myrepo/web:2", bad.exits);
    const made = await run(swarm, clusterState([workload("web", { image: "myrepo/web:2" })]));
    expect([outcomeOf(made), names(swarm)]).toEqual([expect.stringMatching(/^rolled-back/), ["db", "web"]]);
  });

  test("must not go when too much would, or everything", async () => {
    const four = ["a", "b", "c", "d"].map((key) => workload(key));
    const swarm = await swarmRunning(clusterState(four));
    const little = clusterState([workload("a")], { maxShare: 0.5 });
    await expect(run(swarm, little, { confirmed: false })).rejects.toThrow("remove 3 of 4 workloads");
    await expect(run(swarm, clusterState([]))).rejects.toThrow("the configuration has no workloads");
    expect([swarm.calls.length, names(swarm)]).toEqual([0, ["a", "b", "c", "d"]]);
  });

  test("must stay when another source claims the same environment", async () => {
    const swarm = await swarmRunning(
      clusterState([workload("a"), workload("b")], { source: "git.test/one" }),
    );
    const made = await run(swarm, clusterState([workload("a")], { source: "git.test/two" }));
    expect([made.plan.rivalSource, names(swarm)]).toEqual(["git.test/one", ["a", "b"]]);
  });

  test("must never be somebody else's", async () => {
    const swarm = await swarmRunning(clusterState([workload("a")]));
    const spec = swarm.state.serviceByName("a")?.spec;
    if (spec === undefined) throw new Error("a is there");
    swarm.manager.createService({ ...spec, Name: "theirs", Labels: {} });
    swarm.manager.createService({
      ...spec,
      Name: "other",
      Labels: { ...spec.Labels, "mysysconfig.project": "other" },
    });
    await run(swarm, clusterState([workload("b")]));
    expect(names(swarm)).toEqual(["b", "other", "theirs"]);
  });
});

describe("a name that somebody else's service has", () => {
  const strange = async () => {
    const swarm = await swarmRunning(clusterState([workload("api")]));
    const spec = swarm.state.serviceByName("api")?.spec;
    if (spec === undefined) throw new Error("api is there");
    swarm.manager.createService({ ...spec, Name: "web", Labels: { "com.docker.stack.namespace": "legacy" } });
    return swarm;
  };
  const desired = clusterState([workload("api"), workload("web")]);

  test("must block the workload and say whose it is", async () => {
    const swarm = await strange();
    const made = await run(swarm, desired);
    expect([made.calls, outcomeOf(made)]).toEqual([
      0,
      expect.stringMatching(
        /^blocked: the name "web" is held by service .* nobody we know \(stack "legacy"\).*--adopt web$/,
      ),
    ]);
  });

  test("must be taken over on request, in place", async () => {
    const swarm = await strange();
    const { id } = swarm.service("web");
    const made = await run(swarm, desired, { adopt: ["web"] });
    expect([outcomeOf(made), swarm.service("web").id]).toEqual([expect.stringMatching(/^done/), id]);
    expect((await run(swarm, desired)).calls).toBe(0);
  });

  test("must pass to a workload under a new key without a restart when it was ours", async () => {
    const swarm = await swarmRunning(clusterState([workload("web"), workload("api")]));
    const [task] = swarm.serving("web");
    const renamed = clusterState([
      workload("site", { image: "myrepo/web:1-develop" }, { containerNames: ["web"] }),
      workload("api"),
    ]);
    const made = await run(swarm, renamed);
    expect(made.plan.changes.find(({ key }) => key === "site")?.cause).toBe(
      "takes over from web, which is no longer in the configuration",
    );
    expect([swarm.service("web").record.workload, swarm.serving("web")[0]?.id]).toEqual(["site", task?.id]);
    expect((await run(swarm, renamed)).calls).toBe(0);
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
    await run(swarm, of(2));
    expect(deeds(swarm)).toEqual(["update web", "remove old", "update ops"]);
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
