/** What changes in a cluster beside images: files, ports, modes, names, networks; and others who change it, too. */
import { expect } from "vitest";
import { engineClient } from "../../support/engine-client.ts";
import { startRecordingProxy } from "../../support/recording-proxy.ts";
import { unit } from "../../support/texts.ts";
import type { ClusterSystem } from "../cluster-system.ts";
import { watchTasks } from "../task-watch.ts";
import {
  better,
  expectConverged,
  expectExit,
  good,
  outcomeOf,
  stackFile,
  web,
  writeStack,
} from "./config.ts";
import { expectNoOp, untilServing, untilState } from "./rollouts.ts";

const updates = /^POST \/services\/[^/]+\/update/;
const environmentOf = async (system: ClusterSystem, name: string) =>
  (await system.service(name)).Spec.TaskTemplate.ContainerSpec.Env;

/** Somebody else changes the service between our look at it and our update. */
export async function changedDuringRun(system: ClusterSystem): Promise<void> {
  const service = (number: string) => ({ web: { image: "lab/idle:1", environment: { NUMBER: number } } });
  await writeStack(system, service("1"));
  expectConverged(await system.apply());
  await writeStack(system, service("2"));
  const proxy = await startRecordingProxy(system.cluster.manager().socket, "/tmp");
  try {
    const release = proxy.hold(updates);
    const asked = proxy.seen(updates);
    const running = system.start({ host: proxy.host }, "apply", "--json");
    await asked;
    await setByHand(system, "web", "NUMBER=theirs");
    release();
    const told = await system.end(running);
    expectExit(told, 1, /somebody else changed it meanwhile/);
    expect(outcomeOf(told, "web").outcome).toBe("failed");
    expect(await environmentOf(system, "web")).toEqual(["NUMBER=theirs"]);
  } finally {
    await proxy[Symbol.asyncDispose]();
  }
  // Nobody holds it against the build.
  expectConverged(await system.apply());
  expect(await environmentOf(system, "web")).toEqual(["NUMBER=2"]);
}

/** Somebody else changes the service while nobody looks: it is put right, and told as what it is. */
export async function changedBetweenRuns(system: ClusterSystem): Promise<void> {
  await writeStack(system, {
    web: { image: "lab/idle:1", environment: { NUMBER: "1" }, deploy: { replicas: 2 } },
  });
  expectConverged(await system.apply());
  await setByHand(system, "web", "NUMBER=theirs");
  await system.meddle("web", (spec) => ({ ...spec, Mode: { Replicated: { Replicas: 1 } } }));
  const told = await system.apply();
  expectConverged(told);
  const change = told.plan?.changes.find(({ key }) => key.endsWith("/web"));
  expect(change?.cause).toBe("changed by hand on the cluster");
  expect(await environmentOf(system, "web")).toEqual(["NUMBER=1"]);
  expect(await system.serving()).toEqual(["web lab/idle:1 x2"]);
  await system.ask("DELETE", `/services/${(await system.service("web")).ID}`);
  expectConverged(await system.apply());
  expect(await system.serving()).toEqual(["web lab/idle:1 x2"]);
  await expectNoOp(system);
}

async function setByHand(system: ClusterSystem, name: string, variable: string): Promise<void> {
  await system.meddle(name, (spec) => {
    const { TaskTemplate } = spec;
    const ContainerSpec = { ...TaskTemplate.ContainerSpec, Env: [variable] };
    return { ...spec, TaskTemplate: { ...TaskTemplate, ContainerSpec } };
  });
}

/**
 * An update that Swarm has paused, and the same configuration again: sent once more it would make Swarm take the sick task
 * for the new one and end the last healthy one.
 */
export async function pausedUpdate(system: ClusterSystem): Promise<void> {
  const service = (image: string) => ({
    web: { image, deploy: { update_config: { failure_action: "pause", order: "start-first" } } },
  });
  await writeStack(system, service(web(good)));
  expectConverged(await system.apply());
  await using watch = await watchTasks(system.cluster, `${system.stack}_web`, true);
  await writeStack(system, service("lab/web:61-sick"));
  const sent = await startRecordingProxy(system.cluster.manager().socket, "/tmp");
  const asked = sent.seen(updates);
  const running = system.start({ host: sent.host }, "apply", "--json");
  await asked;
  await untilState(system, "web", /updating|paused/);
  running.child.kill("SIGKILL");
  await running.result;
  await sent[Symbol.asyncDispose]();
  await untilState(system, "web", /paused/);

  const proxy = await startRecordingProxy(system.cluster.manager().socket, "/tmp");
  for (const command of ["apply", "apply"]) {
    const again = await system.run({ host: proxy.host }, command, "--json");
    expectExit(again, 1, /its update is paused/);
  }
  expect(proxy.mutations()).toEqual([]);
  await proxy[Symbol.asyncDispose]();
  expect({ fewest: watch.fewest(/58-develop/), story: watch.story() }).toMatchObject({ fewest: 1 });
  await writeStack(system, service(web(better)));
  expectConverged(await system.apply());
  await untilServing(system, [`web ${web(better)} x1`]);
  expect({ fewest: watch.fewest(/5[89]-develop/), story: watch.story() }).toMatchObject({ fewest: 1 });
}

/** A changed file is a new config; the one before stays as long as Swarm might go back to it. */
export async function changedFiles(system: ClusterSystem): Promise<void> {
  const write = async (text: string) => {
    await system.write({ "units/app.conf": `${text}\n`, "units/key.txt": `secret of ${text}\n` });
    await writeStack(
      system,
      { web: { image: "lab/idle:1", volumes: ["./app.conf:/etc/app.conf:ro"], secrets: ["key"] } },
      { secrets: { key: { file: "./key.txt" } } },
    );
    expectConverged(await system.apply());
    expect(await readInTask(system, "web", "/etc/app.conf")).toBe(`${text}\n`);
    expect(await readInTask(system, "web", "/run/secrets/key")).toBe(`secret of ${text}\n`);
    const names = async (kind: "configs" | "secrets") =>
      (await system.stored(kind)).map(({ Spec }) => Spec.Name);
    return new Set([...(await names("configs")), ...(await names("secrets"))]);
  };
  const first = await write("one");
  const second = await write("two");
  const third = await write("three");
  const had = (names: ReadonlySet<string>, of: ReadonlySet<string>) =>
    [...of].filter((name) => names.has(name));
  expect(first.size).toBe(2);
  // Both of the first are what Swarm would go back to.
  expect(had(second, first)).toHaveLength(2);
  expect(second.size).toBe(4);
  expect(had(third, first)).toEqual([]);
  expect(third.size).toBe(4);
  await expectNoOp(system);
}

async function readInTask(system: ClusterSystem, name: string, path: string): Promise<string> {
  const [task] = await system.running(name);
  const node = system.cluster.nodes.find(({ nodeId }) => nodeId === task?.NodeID);
  const id = task?.Status?.ContainerStatus?.ContainerID;
  if (node === undefined || id === undefined) throw new Error(`"${name}" has no running task`);
  return (await engineClient(node.socket).exec(id, ["cat", path])).output;
}

/** A port of the routing mesh goes from one service to another in one commit. */
export async function movedPort(system: ClusterSystem): Promise<void> {
  const port = 20_000 + (process.pid % 10_000);
  // A port on all nodes needs an address of the service as a whole; that it carries nothing here does not matter.
  const service = (number: string, ports: readonly string[]) => ({
    ...{ image: "lab/plain:58-develop", environment: { NUMBER: number }, ports },
    deploy: { endpoint_mode: "vip" },
  });
  const ports = [`${port}:80`];
  await writeStack(system, { a: service("1", ports), b: service("1", []) });
  expectConverged(await system.apply());
  await writeStack(system, { a: service("2", []), b: service("2", ports) });
  expectConverged(await system.apply());
  const published = async (name: string) =>
    (await system.service(name)).Spec.EndpointSpec?.Ports?.map(({ PublishedPort }) => PublishedPort) ?? [];
  expect([await published("a"), await published("b")]).toEqual([[], [port]]);
  await writeStack(system, { a: service("2", ports) });
  expectConverged(await system.apply(undefined, "--yes"));
  expect([...(await system.services()).keys()]).toEqual(["a"]);
  expect(await published("a")).toEqual([port]);
  await expectNoOp(system);
}

/** What Swarm cannot change on a living service is blocked, unless somebody allows it to be made anew. */
export async function recreated(system: ClusterSystem): Promise<void> {
  const file = `units/${system.stack}job.service`;
  const named = (name: string) => unit(`--name ${system.stack}_${name} lab/idle:1`);
  const mode = (value: string) => ({ agent: { image: "lab/idle:1", deploy: { mode: value } } });
  await writeStack(system, mode("replicated"));
  await system.write({ [file]: named("old") });
  expectConverged(await system.apply());
  const before = await system.services();

  await writeStack(system, mode("global"));
  await system.write({ [file]: named("new") });
  const blocked = await system.apply();
  expectExit(blocked, 1, /--recreate/);
  expect([outcomeOf(blocked, "agent").outcome, outcomeOf(blocked, `${system.stack}job`).outcome]).toEqual([
    "blocked",
    "blocked",
  ]);
  expect(await system.services()).toEqual(before);
  const keys = [`${system.stack}/agent`, `${system.stack}job`].flatMap((key) => ["--recreate", key]);
  expectConverged(await system.apply(undefined, ...keys));
  expect(await system.serving()).toEqual(["agent lab/idle:1 x3", "new lab/idle:1 x1"]);
  await expectNoOp(system);
}

/** The network goes after the last task on it, which takes its time to end. */
export async function networkLast(system: ClusterSystem): Promise<void> {
  const stubborn = {
    command: ["sh", "-c", "trap '' TERM; while :; do sleep 1; done"],
    stop_grace_period: "5s",
  };
  await writeStack(
    system,
    {
      web: { image: "lab/idle:1", ...stubborn, networks: ["front"], deploy: { replicas: 2 } },
      other: { image: "lab/idle:1", networks: ["back"] },
      third: { image: "lab/idle:1", networks: ["back"] },
    },
    { networks: { front: {}, back: {} } },
  );
  expectConverged(await system.apply());
  expect([...(await system.networks()).keys()].sort()).toEqual(["back", "front"]);
  await writeStack(
    system,
    {
      other: { image: "lab/idle:1", networks: ["back"] },
      third: { image: "lab/idle:1", networks: ["back"] },
    },
    { networks: { back: {} } },
  );
  const told = await system.apply();
  expectConverged(told);
  const order = told.plan?.steps.map(({ kind }) => kind) ?? [];
  expect(order.indexOf("remove-network")).toBeGreaterThan(order.indexOf("remove-service"));
  expect([...(await system.networks()).keys()]).toEqual(["back"]);
  await expectNoOp(system);
  await system.write({ [stackFile(system)]: undefined });
}
