/** Nodes that come and go while services are changed, and services that fit on none of them. */
import { expect } from "vitest";
import type { SwarmNode } from "../../../deploy/lab/swarm-cluster.ts";
import { waitUntil } from "../../../deploy/lab/waiting.ts";
import { startRecordingProxy } from "../../support/recording-proxy.ts";
import { type ClusterSystem, imageOf } from "../cluster-system.ts";
import { watchTasks } from "../task-watch.ts";
import { better, expectConverged, expectExit, good, outcomeOf, seconds, web, writeStack } from "./config.ts";
import { expectNoOp, untilServing } from "./rollouts.ts";

/** An agent for every node, replaced on one after the other with a pause that leaves time to meddle. */
const agent = (build: number) => ({
  image: `lab/idle:${build}`,
  deploy: { mode: "global", update_config: { delay: "6s" } },
});
const replicated = (tag: string) => ({ image: web(tag), deploy: { replicas: 3 } });

/** Puts the node back into service whatever happens. */
async function whileDrained(node: SwarmNode, act: () => Promise<void>): Promise<void> {
  await node.drain();
  try {
    await act();
  } finally {
    await node.activate();
  }
}

/** Its tasks move; a run tells what there is meanwhile, and what is on every node is on every node that takes tasks. */
export async function drained(system: ClusterSystem): Promise<void> {
  const node = system.cluster.node("manager-3");
  await writeStack(system, { web: replicated(good), agent: agent(1) });
  expectConverged(await system.apply());
  expect(await system.serving()).toEqual(["agent lab/idle:1 x3", `web ${web(good)} x3`]);
  await whileDrained(node, async () => {
    // Whatever has moved already by then: when the run is over, all that can run does.
    expectConverged(await system.apply());
    expect(await system.serving()).toEqual(["agent lab/idle:1 x2", `web ${web(good)} x3`]);
    await expectNoOp(system);
    await writeStack(system, { web: replicated(better), agent: agent(2) });
    expectConverged(await system.apply());
    expect(await system.serving()).toEqual(["agent lab/idle:2 x2", `web ${web(better)} x3`]);
    const nodes = (await system.running("web")).map(({ NodeID }) => NodeID);
    expect(nodes).not.toContain(node.nodeId);
  });
  expectConverged(await system.apply());
  await untilServing(system, ["agent lab/idle:2 x3", `web ${web(better)} x3`]);
  await expectNoOp(system);
}

/** Nodes that the agent's new build runs on. */
async function renewedNodes(system: ClusterSystem, build: number): Promise<ReadonlySet<string>> {
  const renewed = (await system.running("agent")).filter(
    ({ Spec }) => imageOf(Spec.ContainerSpec.Image) === `lab/idle:${build}`,
  );
  return new Set(renewed.map(({ NodeID = "" }) => NodeID));
}

async function firstRenewed(system: ClusterSystem, build: number): Promise<ReadonlySet<string>> {
  return await waitUntil(`a node to run build ${build}`, 120_000, async () => {
    const renewed = await renewedNodes(system, build);
    return renewed.size > 0 ? renewed : undefined;
  });
}

/** The update of a service on every node has come to one of them when another one is drained, or comes back. */
export async function nodesChangeMidUpdate(system: ClusterSystem): Promise<void> {
  const { cluster } = system;
  await writeStack(system, { agent: agent(1) });
  expectConverged(await system.apply());
  await writeStack(system, { agent: agent(2) });
  const draining = system.start(cluster.manager(), "apply", "--json");
  const renewed = await firstRenewed(system, 2);
  const next = cluster.nodes.find(({ nodeId }) => !renewed.has(nodeId));
  if (next === undefined) throw new Error("the update was through before a node could be drained");
  await whileDrained(next, async () => {
    const left = await system.end(draining);
    expectConverged(left);
    expect(await system.serving()).toEqual(["agent lab/idle:2 x2"]);
    await expectNoOp(system);
    system.note(`converged on two nodes ${seconds(left)} after the update began`);

    await writeStack(system, { agent: agent(1) });
    const joining = system.start(cluster.manager(), "apply", "--json");
    await firstRenewed(system, 1);
    await next.activate();
    expectConverged(await system.end(joining));
    expect(await system.serving()).toEqual(["agent lab/idle:1 x3"]);
  });
  await expectNoOp(system);
}

/**
 * No node has what the services demand. Swarm would wait for ever; here there is a deadline, the scheduler's words are
 * told, and whatever else the commit says is carried out.
 */
export async function nowhereToRun(system: ClusterSystem): Promise<void> {
  await system.settings({ gateTimeout: "3s" });
  const nowhere = { placement: { constraints: ["node.labels.disk==fast"] } };
  const steady = { image: "lab/idle:1" };
  await writeStack(system, { web: replicated(good), steady, other: { image: "lab/idle:1" } });
  expectConverged(await system.apply());
  const { Version } = await system.service("steady");
  await using watch = await watchTasks(system.cluster, `${system.stack}_web`, true);
  await writeStack(system, {
    web: { image: web(better), deploy: { replicas: 3, ...nowhere } },
    fresh: { image: "lab/idle:1", deploy: nowhere },
    steady,
    other: { image: "lab/idle:2" },
  });
  const words = /no suitable node/;
  const told = await system.apply();
  expectExit(told, 1, words);
  expect(outcomeOf(told, "web")).toMatchObject({
    outcome: "rolled-back",
    summary: expect.stringMatching(/never became good within .*no suitable node.*; 58-develop still serves/),
  });
  expect(outcomeOf(told, "fresh")).toMatchObject({
    outcome: "failed",
    summary: expect.stringMatching(words),
  });
  expect(outcomeOf(told, "other").outcome).toBe("done");
  expect(outcomeOf(told, "steady").outcome).toBe("unchanged");
  expect((await system.service("steady")).Version).toEqual(Version);
  const serving = ["other lab/idle:2 x1", "steady lab/idle:1 x1", `web ${web(good)} x3`];
  expect((await system.serving()).filter((line) => line !== "fresh")).toEqual(serving);

  const proxy = await startRecordingProxy(system.cluster.manager().socket, "/tmp");
  const again = await system.apply({ host: proxy.host }).finally(() => proxy[Symbol.asyncDispose]());
  expectExit(again, 1, /--retry/);
  expect(proxy.mutations()).toEqual([]);
  expect({ fewest: watch.fewest(), story: watch.story() }).toMatchObject({ fewest: 3 });
  system.note(`told after ${seconds(told)}`);
}
