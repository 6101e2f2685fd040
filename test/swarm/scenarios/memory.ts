/** What is remembered in the cluster, whichever manager is asked; and two runs at once. */
import { expect } from "vitest";
import type { SwarmNode } from "../../../deploy/lab/swarm-cluster.ts";
import { startRecordingProxy } from "../../support/recording-proxy.ts";
import type { ClusterSystem } from "../cluster-system.ts";
import { better, expectConverged, expectExit, good, outcomeOf, web, writeStack } from "./config.ts";
import { expectNoOp } from "./rollouts.ts";

/** Each command through another manager than the one before. */
export async function memory(system: ClusterSystem): Promise<void> {
  let turn = 0;
  const next = (): SwarmNode => {
    turn += 1;
    return system.cluster.nodes[turn % system.cluster.nodes.length] as SwarmNode;
  };
  const key = `${system.stack}/web`;
  const service = (image: string) => ({
    web: { image, deploy: { replicas: 2 } },
    other: { image: "lab/idle:1" },
  });
  await writeStack(system, service(web(good)));
  expectConverged(await system.apply(next()));
  await writeStack(system, service(web(better)));
  expectConverged(await system.apply(next()));

  const history = await system.run(next(), "history");
  expectExit(history, 0, new RegExp(`${key} +.*[\\s\\S]*${key}`));
  expectExit(await system.run(next(), "explain", key), 0, /last good build: lab\/web:59-develop/);
  expectExit(await system.run(next(), "status"), 0, new RegExp(`${key}`));

  const held = await system.run(next(), "hold", key, "--reason", "a look at it", "--for", "1h");
  expect(held.exitCode).toBe(0);
  await writeStack(system, service("lab/web:58-develop"));
  expectExit(await system.run(next(), "apply"), 0, /a look at it/);
  expect(await system.serving()).toEqual(["other lab/idle:1 x1", `web ${web(better)} x2`]);
  expect((await system.run(next(), "release", key)).exitCode).toBe(0);
  expectConverged(await system.apply(next()));
  expect(await system.serving()).toEqual(["other lab/idle:1 x1", `web ${web(good)} x2`]);

  // The build before comes back and stays, until the configuration asks for another one.
  await writeStack(system, service(web(better)));
  expectConverged(await system.apply(next()));
  const back = await system.run(next(), "rollback", key, "--reason", "it is slow");
  expect(back.exitCode).toBe(0);
  expect(await system.serving()).toEqual(["other lab/idle:1 x1", `web ${web(good)} x2`]);
  expectExit(await system.run(next(), "apply"), 0, /it is slow/);
  expect(await system.serving()).toEqual(["other lab/idle:1 x1", `web ${web(good)} x2`]);
  expect((await system.run(next(), "release", key)).exitCode).toBe(0);
  expectConverged(await system.apply(next()));
  expect(await system.serving()).toEqual(["other lab/idle:1 x1", `web ${web(better)} x2`]);

  // The whole environment goes back to its first revision.
  const runs = JSON.parse((await system.run(next(), "history", "--json")).stdout).runs as {
    readonly revision: { readonly id: string };
  }[];
  const first = runs.at(-1)?.revision.id ?? "";
  const wholly = await system.run(next(), "rollback", "--to", first);
  expect(wholly.exitCode).toBe(0);
  expect(await system.serving()).toEqual(["other lab/idle:1 x1", `web ${web(good)} x2`]);
  expectExit(await system.run(next(), "apply"), 0, /Nothing to do|went back|turned down/);
  expect(await system.serving()).toEqual(["other lab/idle:1 x1", `web ${web(good)} x2`]);
  expect((await system.run(next(), "release", "--all")).exitCode).toBe(0);
  expectConverged(await system.apply(next()));
  await expectNoOp(system);
}

/** Two runs at once through two managers: one of them works, the other one waits and then says that it is busy. */
export async function twoRuns(system: ClusterSystem): Promise<void> {
  const [one, two] = system.cluster.nodes as [SwarmNode, SwarmNode];
  const service = (image: string) => ({ web: { image, deploy: { replicas: 2 } } });
  await writeStack(system, service(web(good)));
  expectConverged(await system.apply());
  await writeStack(system, service(web(better)));
  const updates = /^POST \/services\/[^/]+\/update/;
  const proxies = [
    await startRecordingProxy(one.socket, "/tmp"),
    await startRecordingProxy(two.socket, "/tmp"),
  ] as const;
  try {
    const [first, second] = proxies;
    const release = first.hold(updates);
    const asked = first.seen(updates);
    const working = system.start({ host: first.host }, "apply", "--json");
    await asked;
    const busy = await system.apply({ host: second.host });
    expectExit(busy, 3, /holds the lock|busy/);
    expect(second.mutations().filter((call) => call.includes("/services"))).toEqual([]);
    release();
    expectConverged(await system.end(working));
    expect(first.mutations().filter((call) => updates.test(call))).toHaveLength(1);

    // At the very same time: whoever comes second waits, and finds nothing to do any more.
    await writeStack(system, service(web(good)));
    for (const proxy of proxies) proxy.forget();
    const runs = proxies.map(({ host }) => system.start({ host }, "apply", "--json"));
    const told = await Promise.all(runs.map((run) => system.end(run)));
    const codes = told.map(({ exitCode }) => exitCode).sort();
    expect([
      [0, 0],
      [0, 3],
    ]).toContainEqual(codes);
    const sent = proxies.flatMap((proxy) => proxy.mutations()).filter((call) => updates.test(call));
    expect(sent).toHaveLength(1);
    system.note(`two runs at once: exits ${codes.join(" and ")}, one update`);
    const winner = told.find(({ report }) => report?.changes.some(({ outcome }) => outcome === "done"));
    if (winner !== undefined) expect(outcomeOf(winner, "web").outcome).toBe("done");
  } finally {
    for (const proxy of proxies) await proxy[Symbol.asyncDispose]();
  }
  expect(await system.serving()).toEqual([`web ${web(good)} x2`]);
  await expectNoOp(system);
}
