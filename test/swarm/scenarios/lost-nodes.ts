/** Nodes that lose their power in the middle of an update. */
import { expect } from "vitest";
import type { SwarmNode } from "../../../deploy/lab/swarm-cluster.ts";
import { waitUntil } from "../../../deploy/lab/waiting.ts";
import type { StoredAnswer } from "../../../src/docker/swarm/answers.ts";
import { type ClusterSystem, imageOf, type Told } from "../cluster-system.ts";
import { better, expectConverged, expectExit, good, seconds, web, writeStack } from "./config.ts";
import { expectNoOp, untilServing } from "./rollouts.ts";

/** More than nodes, so that every node has tasks of both builds at some time. */
const replicas = 4;
const service = (build: string) => ({ web: { image: build, deploy: { replicas } } });

/** Tasks of the new build run, and tasks of the old one still do. */
async function untilHalfWay(system: ClusterSystem): Promise<void> {
  await waitUntil("the update to be half-way", 120_000, async () => {
    const images = (await system.running("web")).map(({ Spec }) => imageOf(Spec.ContainerSpec.Image));
    return images.includes(web(better)) && images.includes(web(good)) ? true : undefined;
  });
}

/** Another node than the one that the run is connected to. */
export async function nodeKilledInUpdate(system: ClusterSystem, isLeader: boolean): Promise<void> {
  const { cluster } = system;
  // Swarm sometimes waits for ever for a task that was on its way to the node: our deadline is what ends that.
  await system.settings({ gateTimeout: "5s" });
  await writeStack(system, service(web(good)));
  expectConverged(await system.apply());
  const leader = await cluster.leader();
  const follower = cluster.nodes.find((node) => node !== leader) as SwarmNode;
  const [victim, via] = isLeader ? [leader, follower] : [follower, leader];

  await writeStack(system, service(web(better)));
  const running = system.start(via, "apply", "--json");
  await untilHalfWay(system);
  await victim.kill();
  const told = await system.end(running);
  const who = isLeader ? "the leader" : "another node";
  system.note(`${who} killed half-way: exit ${told.exitCode} after ${seconds(told)}`);
  await cluster.waitForState(victim, "down");
  if (told.exitCode === 0) {
    expectConverged(told);
    await untilServing(system, [`web ${web(better)} x${replicas}`]);
  } else {
    expect([1, 5]).toContain(told.exitCode);
    expectExit(told, told.exitCode, /Not converged|leader|answer/);
  }
  // Whatever became of it: nobody holds the lost node against the build.
  const next = await system.apply(via, "--retry", `${system.stack}/web`);
  expectConverged(next);
  expect(await system.serving()).toEqual([`web ${web(better)} x${replicas}`]);
  await cluster.repair();
  await expectNoOp(system);
}

/** The node that the run talks to: whoever comes next, through another manager, knows everything. */
export async function ownNodeKilledInUpdate(system: ClusterSystem): Promise<void> {
  const { cluster } = system;
  await system.settings({ gateTimeout: "5s" });
  const services = (build: string, number: string) => ({
    ...service(build),
    held: { image: "lab/idle:1", environment: { NUMBER: number } },
  });
  await writeStack(system, services(web(good), "1"));
  expectConverged(await system.apply());
  const leader = await cluster.leader();
  const [via, other] = cluster.nodes.filter((node) => node !== leader) as [SwarmNode, SwarmNode];
  const held = `${system.stack}/held`;
  expect((await system.run(other, "hold", held, "--reason", "a look at it")).exitCode).toBe(0);

  await writeStack(system, services(web(better), "2"));
  const running = system.start(via, "apply", "--json");
  await untilHalfWay(system);
  await via.kill();
  const told = await system.end(running);
  expectExit(told, 5, /Engine|connect/i);
  // The run could not let go of it any more.
  expect(await locksOf(system)).toHaveLength(1);
  system.note(`the run's own node killed half-way: exit ${told.exitCode} after ${seconds(told)}`);

  const next = await system.apply(other);
  await cluster.waitForState(via, "down");
  if (next.exitCode !== 0) {
    expectExit(next, 1, /Not converged/);
    expectAllBut("held", await system.apply(other, "--retry", `${system.stack}/web`));
  } else expectAllBut("held", next);
  await untilServing(system, ["held lab/idle:1 x1", `web ${web(better)} x${replicas}`]);
  expect((await system.service("held")).Spec.TaskTemplate.ContainerSpec.Env).toEqual(["NUMBER=1"]);
  expectExit(await system.run(other, "history"), 0, new RegExp(`${system.stack}/web`));
  expectExit(await system.run(other, "explain", held), 0, /a look at it/);
  expect(await locksOf(system)).toEqual([]);
  await cluster.repair();
  expect((await system.run(via, "release", held)).exitCode).toBe(0);
  expectConverged(await system.apply(via));
  await expectNoOp(system);
}

/** The lock of a run that was cut off stays until the next one takes it over. */
async function locksOf(system: ClusterSystem): Promise<readonly StoredAnswer[]> {
  const label = [`mysysconfig.project=${system.project}`, "mysysconfig.content=lock"];
  return await system.ask<StoredAnswer[]>("GET", "/configs", undefined, {
    filters: JSON.stringify({ label }),
  });
}

function expectAllBut(name: string, told: Told): void {
  const open = told.report?.changes.filter(({ outcome }) => outcome !== "done" && outcome !== "unchanged");
  expect(told.exitCode).toBe(0);
  expect(open?.map(({ key }) => key.replace(/.*\//, ""))).toEqual([name]);
}
