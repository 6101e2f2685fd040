/** Engines that cannot change the services of a Swarm: workers, locked managers, and those that are in none. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import type { EngineRelease } from "../../../deploy/lab/engine-root.ts";
import { startEngine } from "../../../deploy/lab/private-engine.ts";
import type { SwarmNode } from "../../../deploy/lab/swarm-cluster.ts";
import { waitUntil } from "../../../deploy/lab/waiting.ts";
import { engineClient } from "../../support/engine-client.ts";
import { unit } from "../../support/texts.ts";
import { ClusterSystem, swarmSettings } from "../cluster-system.ts";
import { expectConverged, expectExit, good, web, writeStack } from "./config.ts";
import { expectUnavailable, shapesOf } from "./outages.ts";
import { expectNoOp, untilServing } from "./rollouts.ts";

const services = {
  web: { image: web(good) },
  agent: { image: "lab/idle:1", deploy: { mode: "global" } },
};
const serving = ["agent lab/idle:1 x2", `web ${web(good)} x1`];

/** Ids of the containers of tasks that run on a node. */
async function taskContainers({ socket }: SwarmNode): Promise<readonly string[]> {
  const found = await engineClient(socket).inspectAll("com.docker.swarm.task.id");
  return found.filter(({ State }) => State.Running).map(({ Id }) => Id);
}

/** A worker can change no services; the containers of its own are another matter. */
export async function worker(system: ClusterSystem): Promise<void> {
  const node = system.cluster.node("worker-1");
  const engine = engineClient(node.socket);
  await writeStack(system, services);
  expectConverged(await system.apply());
  const untouched = await shapesOf(system);
  const sentence = /a worker of a Swarm cannot change services: this Engine is .*its managers: \S+:2377/;
  const runs = [await system.apply(node), await system.run(node, "plan"), await system.run(node, "apply")];
  for (const told of runs) {
    expectUnavailable(told, sentence);
    expectExit(told, 5, /run it on a manager;.*--target engine/);
  }
  expect(await shapesOf(system)).toEqual(untouched);

  const tasks = await taskContainers(node);
  expect(tasks.length).toBeGreaterThan(0);
  await using local = await ClusterSystem.open(system.cluster);
  try {
    await ownContainers(local, node);
  } finally {
    const label = `mysysconfig.project=${local.project}`;
    for (const { Id } of await engine.list({ label: [label] })) await engine.remove(Id);
    system.trail.push(...local.trail);
  }
  expect(await taskContainers(node)).toEqual(tasks);
  expect(await shapesOf(system)).toEqual(untouched);
  expect(await system.serving()).toEqual(serving);
}

/** Containers of the Engine alone come, stay and go. */
async function ownContainers(local: ClusterSystem, node: SwarmNode): Promise<void> {
  const engine = engineClient(node.socket);
  const [first, second] = [`${local.stack}-first`, `${local.stack}-second`];
  const file = (name: string) => `units/${name}.service`;
  await local.write({ [file(first)]: unit(`--name ${first} lab/idle:1`) });
  expectConverged(await local.apply(node, "--target", "engine"));
  expect((await engine.inspect(first))?.State.Running).toBe(true);
  expectExit(await local.run(node, "apply", "--target", "engine"), 0, /^Nothing to do/m);
  await local.write({ [file(first)]: undefined, [file(second)]: unit(`--name ${second} lab/idle:2`) });
  expectConverged(await local.apply(node, "--target", "engine", "--yes"));
  expect(await engine.inspect(first)).toBeUndefined();
  expect((await engine.inspect(second))?.State.Running).toBe(true);
}

/** A configuration for a Swarm and an Engine that is in none: nothing is made of it there. */
export async function noSwarm(system: ClusterSystem): Promise<void> {
  const { place, version } = system.cluster;
  const release: EngineRelease = version.startsWith("20.10") ? "20.10" : "newest";
  await using engine = await startEngine({
    ...{ version: release, dir: join(place.dir, "alone"), name: `${place.name}-alone` },
  });
  const { list } = engineClient(engine.socket);
  await writeStack(system, services);
  const alone = { socket: engine.socket };
  expectUnavailable(
    await system.apply(alone, "--target", "swarm"),
    /is for a Swarm and this Engine is in none/,
  );
  expectExit(await system.run(alone, "plan", "--target", "swarm"), 5, /docker swarm init/);
  const settings = swarmSettings(system.project);
  await system.write({ "mysysconfig.yaml": `${settings}environments:\n  develop: { target: swarm }\n` });
  const told = await system.run(alone, "apply", "--environment", "develop");
  expectUnavailable(told, /is for a Swarm and this Engine is in none/);
  expectExit(told, 5, /docker swarm init/);
  expect(await list()).toEqual([]);
  expect(await engine.api.call("GET", "/volumes")).toMatchObject({ Volumes: [] });
}

interface SwarmAnswer {
  readonly Version: { readonly Index: number };
  readonly Spec: Readonly<Record<string, unknown>>;
}

async function setAutolock({ api }: SwarmNode, AutoLockManagers: boolean): Promise<void> {
  const { Version, Spec } = await api.call<SwarmAnswer>("GET", "/swarm");
  const json = { ...Spec, EncryptionConfig: { AutoLockManagers } };
  await api.call("POST", "/swarm/update", { query: { version: String(Version.Index) }, json });
}

async function untilNodeState({ name, api }: SwarmNode, state: string): Promise<void> {
  await waitUntil(`"${name}" to be ${state}`, 120_000, async () => {
    const { Swarm } = await api.call<{ Swarm: { LocalNodeState: string } }>("GET", "/info", {
      idleMs: 60_000,
    });
    return Swarm.LocalNodeState === state ? true : undefined;
  });
}

/** The manager's key is encrypted some time after the Swarm was told to lock itself. */
async function untilEncrypted(system: ClusterSystem, { name }: SwarmNode): Promise<void> {
  const file = join(system.cluster.place.dir, name, "data/swarm/certificates/swarm-node.key");
  await waitUntil(`the key of "${name}" to be encrypted`, 60_000, async () =>
    /ENCRYPTED/.test(await readFile(file, "utf8")) ? true : undefined,
  );
}

/** The only manager comes back from a power loss and waits for its key. */
export async function locked(system: ClusterSystem): Promise<void> {
  const node = system.cluster.manager();
  await writeStack(system, services);
  expectConverged(await system.apply());
  const untouched = await shapesOf(system);
  await setAutolock(node, true);
  const { UnlockKey } = await node.api.call<{ UnlockKey: string }>("GET", "/swarm/unlockkey");
  await untilEncrypted(system, node);
  await node.kill();
  await node.restart();
  try {
    await untilNodeState(node, "locked");
    await writeStack(system, { web: { image: web("59-develop") } });
    for (const told of [await system.run(node, "plan"), await system.apply(node, "--yes")]) {
      expectUnavailable(told, /the Swarm is locked/);
      expectExit(told, 5, /docker swarm unlock/);
    }
  } finally {
    await node.api.call("POST", "/swarm/unlock", { json: { UnlockKey } });
    await untilNodeState(node, "active");
    await system.cluster.repair();
    await setAutolock(node, false);
  }
  expect(await shapesOf(system)).toEqual(untouched);
  await untilServing(system, serving);
  await writeStack(system, services);
  await expectNoOp(system);
}
