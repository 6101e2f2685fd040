import { describe, expect, test } from "vitest";
import { workload } from "../../support/builders.ts";
import { bad, clusterState, outcomeOf, run, swarmRunning } from "../../support/clusters.ts";
import type { SimulatedSwarm } from "../../support/simulated-swarm.ts";

/** Names of the steps of a run, in the order in which their effects came. */
const deeds = (swarm: SimulatedSwarm) => swarm.calls.map(({ step }) => step);
const needs = (key: string, more = {}) => ({ dependsOn: [{ workload: key, ...more }] });
const names = (swarm: SimulatedSwarm) =>
  [...swarm.state.services.values()].map(({ spec }) => spec.Name).sort();

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
