import { describe, expect, test } from "vitest";
import { fileSet, network, onNetworks, workload } from "../../support/builders.ts";
import { bad, clusterState, outcomeOf, quickCheck, run, swarmRunning } from "../../support/clusters.ts";
import type { SimulatedSwarm } from "../../support/simulated-swarm.ts";

/** Names of the steps of a run, in the order in which their effects came. */
const deeds = (swarm: SimulatedSwarm) => swarm.calls.map(({ step }) => step);
const names = (swarm: SimulatedSwarm) =>
  [...swarm.state.services.values()].map(({ spec }) => spec.Name).sort();

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
