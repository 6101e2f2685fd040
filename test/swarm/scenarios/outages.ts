/** Managers that are lost, cut off, or too few: what is not known is never taken for gone. */
import { expect } from "vitest";
import type { SwarmNode } from "../../../deploy/lab/swarm-cluster.ts";
import { waitUntil } from "../../../deploy/lab/waiting.ts";
import { exitCodes } from "../../../src/model/errors.ts";
import type { ClusterSystem, Told } from "../cluster-system.ts";
import { watchTasks } from "../task-watch.ts";
import { better, expectConverged, expectExit, good, seconds, stackFile, web, writeStack } from "./config.ts";
import { expectNoOp, untilServing } from "./rollouts.ts";

/** A manager answers after 20 s that nobody leads, to each of a few calls; the machine may be busy beside. */
const answeredWithinMs = 120_000;

/** What three nodes serve, and what a later commit makes of it: one changes, one comes, one goes. */
const before = { web: { image: web(good), deploy: { replicas: 3 } }, old: { image: "lab/idle:1" } };
const after = { web: { image: web(better), deploy: { replicas: 3 } }, fresh: { image: "lab/idle:1" } };
const servedBefore = ["old lab/idle:1 x1", `web ${web(good)} x3`];
const servedAfter = ["fresh lab/idle:1 x1", `web ${web(better)} x3`];

/** All that an update or a removal would leave traces in. */
export async function shapesOf(system: ClusterSystem): Promise<unknown> {
  const services = await system.services();
  return [...services]
    .map(([name, { ID, Version, PreviousSpec }]) => ({ name, ID, Version, PreviousSpec }))
    .sort(byName);
}

const byName = (a: { readonly name: string }, b: { readonly name: string }) => (a.name < b.name ? -1 : 1);

/** Nobody answers for the Swarm: exit 5 in good time, and no word that could be read as "nothing is there". */
export function expectUnavailable(told: Told, words: RegExp): void {
  expectExit(told, exitCodes.unreachable, words);
  const text = `${told.stdout}${told.stderr}`;
  expect(text).not.toMatch(/nothing to do|not there yet|0 services|no services|\binternal\b/i);
  expect(told.report).toBeUndefined();
  expect(told.durationMs).toBeLessThan(answeredWithinMs);
}

const noLeader = /leader|deadline|quorum|Unavailable|not answer|managers must be up/i;

/** Until the manager itself knows that it can reach nobody. */
async function untilLeaderless({ name, api }: SwarmNode): Promise<void> {
  await waitUntil(`"${name}" to be without a leader`, 120_000, async () => {
    const answer = await api
      .call("GET", "/nodes", { idleMs: 30_000 })
      .catch((error: unknown) => String(error));
    if (typeof answer !== "string") return undefined;
    if (/leader|deadline/i.test(answer)) return true;
    throw new Error(answer);
  });
}

/** One manager hears nobody; the other two go on, and take it back. */
export async function cutOff(system: ClusterSystem, who: "leader" | "follower"): Promise<void> {
  const { cluster } = system;
  await writeStack(system, before);
  expectConverged(await system.apply());
  await using watch = await watchTasks(cluster, `${system.stack}_web`, true);
  const leader = await cluster.leader();
  const lonely = who === "leader" ? leader : cluster.nodes.find((node) => node !== leader);
  if (lonely === undefined) throw new Error("no manager but the leader");
  const untouched = await shapesOf(system);
  await writeStack(system, after);

  await lonely.partition();
  // A leader believes in itself for some seconds more, and answers from what it knew.
  const atOnce = await system.apply(lonely, "--yes");
  expectUnavailable(atOnce, noLeader);
  await untilLeaderless(lonely);
  const planned = await system.run(lonely, "plan");
  expectUnavailable(planned, noLeader);
  const applied = await system.apply(lonely, "--yes");
  expectUnavailable(applied, noLeader);
  expect(await shapesOf(system)).toEqual(untouched);

  const majority = await system.apply(cluster.manager(), "--yes");
  expectConverged(majority);
  expect(await system.serving()).toEqual(servedAfter);
  await cluster.repair();
  await untilServing(system, servedAfter);
  await expectNoOp(system);
  expectExit(await system.run(lonely, "apply"), 0, /^Nothing to do/m);
  expect({ fewest: watch.fewest() >= 3, story: watch.story() }).toMatchObject({ fewest: true });
  const lonelyRuns = [atOnce, planned, applied].map(seconds).join(", ");
  system.note(`${who} cut off: exit 5 after ${lonelyRuns}; the majority converged in ${seconds(majority)}`);
}

/** A manager that leads or not loses its power in the very moment of a commit; its tasks go elsewhere. */
export async function managerLost(system: ClusterSystem, who: "leader" | "follower"): Promise<void> {
  const { cluster } = system;
  await writeStack(system, before);
  expectConverged(await system.apply());
  const leader = await cluster.leader();
  const lost = who === "leader" ? leader : cluster.nodes.find((node) => node !== leader);
  if (lost === undefined) throw new Error("no manager but the leader");
  const survivors = cluster.nodes.filter((node) => node !== lost);
  await using watch = await watchTasks({ ...cluster, nodes: survivors }, `${system.stack}_web`, true);
  const serving = watch.fewest();
  await writeStack(system, after);

  await lost.kill();
  const told = await system.apply(cluster.manager(), "--yes");
  expectConverged(told);
  expect(await system.serving()).toEqual(servedAfter);
  const fewest = watch.fewest();
  // A new leader takes nodes for lost that are late to report to it, and replaces tasks on them of its own accord.
  if (who === "follower") expect({ fewest, story: watch.story() }).toMatchObject({ fewest: serving });
  await cluster.repair();
  await untilServing(system, servedAfter);
  await expectNoOp(system);
  expectExit(await system.run(lost, "apply"), 0, /^Nothing to do/m);
  system.note(
    `${who} lost: converged in ${seconds(told)}; of ${serving} tasks on the others at least ${fewest} served`,
  );
}

/** One of three managers is left: it cannot know, it changes nothing, and afterwards everything is as it was. */
export async function leaderless(system: ClusterSystem): Promise<void> {
  const { cluster } = system;
  await writeStack(system, before);
  expectConverged(await system.apply());
  const untouched = await shapesOf(system);
  const [survivor, ...others] = cluster.nodes;
  if (survivor === undefined) throw new Error("a cluster without nodes");
  await using watch = await watchTasks({ ...cluster, nodes: [survivor] }, `${system.stack}_web`, true);
  const serving = watch.fewest();
  await writeStack(system, after);

  await Promise.all(others.map((node) => node.kill()));
  const runs = [await system.apply(survivor, "--yes")];
  await untilLeaderless(survivor);
  // Without a word about services in the repository there would be all the more to remove.
  await system.write({ [stackFile(system)]: undefined });
  runs.push(await system.run(survivor, "plan"), await system.apply(survivor, "--yes"));
  for (const told of runs) expectUnavailable(told, noLeader);
  expect(watch.fewest()).toBe(serving);

  await cluster.repair();
  expect(await shapesOf(system)).toEqual(untouched);
  await untilServing(system, servedBefore);
  expect(watch.fewest()).toBe(serving);
  await writeStack(system, before);
  await expectNoOp(system);
  await writeStack(system, after);
  expectConverged(await system.apply(undefined, "--yes"));
  expect(await system.serving()).toEqual(servedAfter);
  system.note(`two of three lost: exit 5 after ${runs.map(seconds).join(", ")}`);
}
