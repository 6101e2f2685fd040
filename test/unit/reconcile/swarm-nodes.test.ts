import { describe, expect, test } from "vitest";
import { volumeMount, workload } from "../../support/builders.ts";
import {
  clusterState,
  outcomeOf,
  quickCheck,
  replicated,
  run,
  swarmRunning,
} from "../../support/clusters.ts";
import type { SimulatedSwarm } from "../../support/simulated-swarm.ts";

const global = { cluster: { mode: "global" } } as const;
const agent = (build: number, options = global) =>
  workload("agent", { image: `myrepo/agent:${build}`, healthcheck: quickCheck }, options);
const agents = (build: number) => clusterState([agent(build)]);
const homes = (swarm: SimulatedSwarm, name: string) =>
  swarm
    .serving(name)
    .map(({ nodeId }) => nodeId)
    .sort();

/** Once, some time after the next effect. */
function later(swarm: SimulatedSwarm, ms: number, act: () => void): void {
  swarm.watch = () => {
    swarm.watch = () => {};
    swarm.state.agenda.after(ms, act);
  };
}

describe("a service on every node", () => {
  test("case 125: must count a node that joins in the middle of its update", async () => {
    const swarm = await swarmRunning(agents(1), { nodes: 2 });
    later(swarm, 2_000, () => swarm.addNode("node-3"));
    expect(outcomeOf(await run(swarm, agents(2)), "agent")).toMatch(/^done/);
    expect(homes(swarm, "agent")).toEqual(["id-node-1", "id-node-2", "id-node-3"]);
    expect((await run(swarm, agents(2))).plan.steps).toEqual([]);
  });

  test("case 125: must not wait for a node that is drained in the middle of its update", async () => {
    const swarm = await swarmRunning(agents(1), { nodes: 3 });
    later(swarm, 700, () => {
      swarm.node("node-3").availability = "drain";
      swarm.orchestrator.nodeChanged(swarm.node("node-3"));
    });
    expect(outcomeOf(await run(swarm, agents(2)), "agent")).toMatch(/^done/);
    expect(homes(swarm, "agent")).toEqual(["id-node-1", "id-node-2"]);
    // Swarm itself goes on waiting for a task on the node that is drained.
    expect(swarm.service("agent").update?.state).toBe("updating");
    expect((await run(swarm, agents(2))).plan.steps).toEqual([]);
  });

  test("case 125: must count only nodes that it may run on", async () => {
    const swarm = await swarmRunning(clusterState([workload("api")]), { nodes: 3 });
    swarm.node("node-2").labels = { zone: "west" };
    swarm.node("node-3").availability = "pause";
    const placed = {
      cluster: { ...global.cluster, placement: { constraints: ["node.labels.zone==west"], spread: [] } },
    };
    const made = await run(swarm, clusterState([workload("api"), agent(1, placed as typeof global)]));
    expect([outcomeOf(made, "agent"), homes(swarm, "agent")]).toEqual([
      expect.stringMatching(/^done/),
      ["id-node-2"],
    ]);
  });
});

const web = (build: number, count: number) =>
  clusterState([replicated("web", count, { image: `myrepo/web:${build}`, healthcheck: quickCheck })]);

describe("a node that is lost", () => {
  test("must not count as serving although its tasks are said to run", async () => {
    const swarm = await swarmRunning(web(1, 3), { nodes: 3 });
    swarm.orchestrator.nodeLost(swarm.node("node-3"));
    swarm.pass(15_050);
    expect(swarm.service("web").tasks.filter(({ state }) => state === "running")).toHaveLength(3);
    const made = await run(swarm, web(1, 3));
    expect([outcomeOf(made), made.calls]).toEqual(["done: running, stable for 5 s", 0]);
    expect(homes(swarm, "web")).not.toContain("id-node-3");
    expect(swarm.serving("web")).toHaveLength(3);
  });

  test("must be put up with in the middle of an update", async () => {
    const swarm = await swarmRunning(web(1, 3), { nodes: 3 });
    later(swarm, 3_000, () => swarm.orchestrator.nodeLost(swarm.node("node-3")));
    const made = await run(swarm, web(2, 3));
    expect(outcomeOf(made)).toMatch(/^done/);
    expect(swarm.serving("web")).toHaveLength(3);
    swarm.orchestrator.nodeReturned(swarm.node("node-3"));
    swarm.pass(5_000);
    expect([swarm.serving("web").length, (await run(swarm, web(2, 3))).calls]).toEqual([3, 0]);
  });

  test("must make an update fail that waits for a task on it for ever", async () => {
    const swarm = await swarmRunning(web(1, 2), { nodes: 2 });
    swarm.addImage("myrepo/web:2", { healthyAfterMs: 5_000, hasCheck: true });
    // The new task is on its way there when the node goes.
    later(swarm, 1_000, () => {
      const waiting = swarm.state.allTasks().find(({ state }) => state === "starting");
      const node = swarm.state.node(waiting?.nodeId);
      if (node !== undefined) swarm.orchestrator.nodeLost(node);
    });
    const made = await run(swarm, web(2, 2));
    expect(outcomeOf(made)).toMatch(/^(?:rolled-back|done)/);
    swarm.pass(10_000);
    expect(swarm.serving("web")).toHaveLength(2);
  });
});

describe("a volume of a node", () => {
  const of = (constraints: readonly string[]) =>
    clusterState([
      workload(
        "db",
        { mounts: [volumeMount("data")] },
        { cluster: { placement: { constraints, spread: [] } } },
      ),
    ]);
  const notesOf = async (swarm: SimulatedSwarm, constraints: readonly string[]) =>
    (await run(swarm, of(constraints))).plan.changes.find(({ key }) => key === "db")?.notes;

  test("must be pointed out where a task could move away from its data", async () => {
    const swarm = await swarmRunning(clusterState([workload("api")]), { nodes: 2 });
    expect(await notesOf(swarm, [])).toEqual([expect.stringContaining("volume data is local to each node")]);
    expect(await notesOf(swarm, ["node.hostname==node-1"])).toEqual([]);
  });

  test("must not be pointed out where there is one node", async () => {
    const swarm = await swarmRunning(clusterState([workload("api")]));
    expect(await notesOf(swarm, [])).toEqual([]);
  });
});
