/** What people do: they hold, look, go back, run two at once, and change services behind the program's back. */
import { expect } from "vitest";
import type { SwarmNode } from "../../../deploy/lab/swarm-cluster.ts";
import { waitUntil } from "../../../deploy/lab/waiting.ts";
import type { ServiceAnswer } from "../../../src/docker/swarm/answers.ts";
import { type ClusterSystem, imageOf } from "../cluster-system.ts";
import { better, expectConverged, expectExit, good, outcomeOf, web, writeStack } from "./config.ts";
import { applyRecorded, expectNothingLeft, historyOf, throughProxy } from "./observing.ts";

/** The managers in their order, so that no two commands need to go the same way. */
function managersOf({ cluster }: ClusterSystem): readonly [SwarmNode, SwarmNode, SwarmNode] {
  const [one, two, three] = cluster.nodes;
  if (one === undefined || two === undefined || three === undefined)
    throw new Error("there are three managers");
  return [one, two, three];
}

const writeWeb = (system: ClusterSystem, build: string, rest: Readonly<Record<string, unknown>> = {}) =>
  writeStack(system, { web: { image: web(build), deploy: { replicas: 2 }, ...rest } });

const serves = async (system: ClusterSystem, build: string) =>
  expect(await system.serving()).toEqual([`web ${web(build)} x2`]);

export async function heldService(system: ClusterSystem): Promise<void> {
  const [one, two, three] = managersOf(system);
  const key = `${system.stack}/web`;
  await writeWeb(system, good);
  expectConverged(await system.apply(one));
  expectExit(
    await system.run(two, "hold", key, "--reason", "a look at its memory"),
    0,
    /is held until it is released/,
  );

  await writeWeb(system, better);
  const held = await system.apply(three);
  expect({ exitCode: held.exitCode, outcome: outcomeOf(held, "web").outcome }).toEqual({
    exitCode: 0,
    outcome: "held",
  });
  await serves(system, good);
  expect((await system.run(one, "status")).stdout).toMatch(
    /web +2 of 2 running .*58-develop.*a look at its memory/,
  );
  expectExit(await system.run(two, "explain", key), 0, /held by .*a look at its memory/);

  expectExit(await system.run(three, "release", key), 0, /is released/);
  expectConverged(await system.apply(two));
  await serves(system, better);
  const told = await historyOf(system, one);
  expect(told.map(({ command }) => command)).toEqual(["apply", "release", "hold", "apply"]);
  expect(await historyOf(system, three)).toEqual(told);
}

/** What the docker client would do to go back: Swarm has nothing left to go back to, or the very same. */
async function rollBackBySwarm(system: ClusterSystem): Promise<void> {
  const { ID, Version, Spec } = await system.service("web");
  await system.ask("POST", `/services/${ID}/update`, Spec, {
    version: String(Version?.Index),
    rollback: "previous",
  });
}

/** `rollback` brings the earlier build back and it stays, until the configuration asks for something else. */
async function goBack(system: ClusterSystem): Promise<void> {
  const [one, two, three] = managersOf(system);
  const back = await system.run(two, "rollback", `${system.stack}/web`, "--json");
  expectConverged(back);
  await serves(system, good);
  const later = await system.apply(three);
  expect({ exitCode: later.exitCode, outcome: outcomeOf(later, "web").outcome }).toEqual({
    exitCode: 0,
    outcome: "held",
  });
  await serves(system, good);
  expect((await historyOf(system, one))[0]).toMatchObject({ command: "rollback", exitCode: 0 });
  await writeWeb(system, better, { environment: { COMMIT: "next" } });
  expectConverged(await system.apply(one));
  await serves(system, better);
}

export async function rollbackAfterSwarm(system: ClusterSystem): Promise<void> {
  for (const build of [good, better]) {
    await writeWeb(system, build);
    expectConverged(await system.apply());
  }
  await writeWeb(system, "61-sick");
  expectExit(await system.apply(), 1, /unhealthy/);
  expect((await system.service("web")).PreviousSpec ?? undefined).toBeUndefined();
  await expect(rollBackBySwarm(system)).rejects.toThrow(/previous spec/);
  await writeWeb(system, better);
  expectConverged(await system.apply());
  await goBack(system);
}

export async function rollbackAfterNoOp(system: ClusterSystem): Promise<void> {
  for (const build of [good, better]) {
    await writeWeb(system, build);
    expectConverged(await system.apply());
  }
  await system.meddle("web", (spec) => spec);
  const { Spec, PreviousSpec } = await system.service("web");
  expect(imageOf(PreviousSpec?.TaskTemplate.ContainerSpec.Image ?? "")).toBe(
    imageOf(Spec.TaskTemplate.ContainerSpec.Image),
  );
  await goBack(system);
}

export async function rollbackToRevision(system: ClusterSystem): Promise<void> {
  const [one, two, three] = managersOf(system);
  await writeStack(system, {
    web: { image: web(good), deploy: { replicas: 2 } },
    idle: { image: "lab/idle:1" },
  });
  expectConverged(await system.apply(one));
  await writeStack(system, {
    web: { image: web(better), deploy: { replicas: 2 } },
    idle: { image: "lab/idle:2" },
  });
  expectConverged(await system.apply(two));
  const [latest, first] = await historyOf(system, three);
  expect(latest?.revision.id).not.toBe(first?.revision.id);
  expectConverged(
    await system.run(three, "rollback", "--to", first?.revision.id.slice(0, 10) ?? "", "--json"),
  );
  const before = ["idle lab/idle:1 x1", `web ${web(good)} x2`];
  expect(await system.serving()).toEqual(before);
  // The revision that was gone back from is not applied again.
  expectConverged(await system.apply(one));
  expect(await system.serving()).toEqual(before);
  expect((await system.run(two, "status")).stdout).toMatch(/went back from/);
  expectExit(await system.run(two, "release", "--all"), 0, /released/);
  expectConverged(await system.apply(three));
  expect(await system.serving()).toEqual(["idle lab/idle:2 x1", `web ${web(better)} x2`]);
}

const creation = /^POST \/services\/create/;
const update = /^POST \/services\/[^/]+\/update/;

export async function contenders(system: ClusterSystem): Promise<void> {
  const names = ["a", "b", "c", "d"];
  await writeStack(system, Object.fromEntries(names.map((name) => [name, { image: "lab/idle:1" }])));
  const applies = managersOf(system).map((node) =>
    throughProxy(
      system,
      async (proxy) => ({ told: await system.apply({ host: proxy.host }), mutations: proxy.mutations() }),
      node,
    ),
  );
  const all = await Promise.all(applies);
  const codes = all.map(({ told }) => told.exitCode);
  expect(codes).toContain(0);
  for (const code of codes) expect([0, 3]).toContain(code);
  const effects = all.flatMap(({ mutations }) => mutations).filter((call) => /\/services/.test(call));
  expect(effects.map((call) => call.replace("?", ""))).toEqual(names.map(() => "POST /services/create"));
  expect(await system.serving()).toEqual(names.map((name) => `${name} lab/idle:1 x1`));
  expect((await historyOf(system)).filter(({ command }) => command === "apply")).toHaveLength(1);
  await expectNothingLeft(system);
  system.note(`three at once: exits ${codes.join(", ")}`);
}

export async function busyReconciler(system: ClusterSystem): Promise<void> {
  const [one, two] = managersOf(system);
  // The other one waits as long as the lock of a run that was killed would stand.
  await system.settings({ lockExpiry: "15s" });
  await writeWeb(system, good);
  await throughProxy(
    system,
    async (proxy) => {
      const release = proxy.hold(creation);
      try {
        const begun = proxy.seen(creation);
        const first = system.start({ host: proxy.host }, "apply", "--json");
        await begun;
        const second = await throughProxy(
          system,
          async (other) => ({ told: await system.apply({ host: other.host }), mutations: other.mutations() }),
          two,
        );
        expectExit(second.told, 3, /held by apply/);
        expect(second.mutations.filter((call) => !/^POST \/configs\/create/.test(call))).toEqual([]);
        release();
        expectConverged(await system.end(first));
      } finally {
        release();
      }
    },
    one,
  );
  await serves(system, good);
}

export async function meddledBetween(system: ClusterSystem): Promise<void> {
  const [one, two, three] = managersOf(system);
  await writeWeb(system, good, { environment: { LEVEL: "info" } });
  expectConverged(await system.apply(one));
  const before = (await system.service("web")).Spec;
  await system.meddle("web", withEnvironment(["LEVEL=debug"]));
  const planned = await system.run(two, "plan");
  expectExit(planned, 2, /changed by hand on the cluster/);
  expectConverged(await system.apply(three));
  const after = (await system.service("web")).Spec;
  expect(after.TaskTemplate.ContainerSpec.Env).toEqual(before.TaskTemplate.ContainerSpec.Env);
  await serves(system, good);
  await expectNothingLeft(system);

  // What is about no task counts, too.
  await system.meddle("web", (spec) => ({ ...spec, Mode: { Replicated: { Replicas: 1 } } }));
  expectConverged(await system.apply(two));
  await serves(system, good);
}

type Change = (spec: ServiceAnswer["Spec"]) => ServiceAnswer["Spec"];

function withEnvironment(Env: readonly string[]): Change {
  return ({ TaskTemplate, ...spec }) => ({
    ...spec,
    TaskTemplate: { ...TaskTemplate, ContainerSpec: { ...TaskTemplate.ContainerSpec, Env } },
  });
}

/** A person is faster: between the look of a run at the service and its update. */
async function applyWhile(system: ClusterSystem, change: Change) {
  return await throughProxy(system, async (proxy) => {
    const release = proxy.hold(update);
    try {
      const begun = proxy.seen(update);
      const running = system.start({ host: proxy.host }, "apply", "--json");
      await begun;
      await system.meddle("web", change);
      release();
      return {
        told: await system.end(running),
        updates: proxy.calls().filter(({ method, path }) => update.test(`${method} ${path}`)),
      };
    } finally {
      release();
    }
  });
}

export async function meddledDuring(system: ClusterSystem): Promise<void> {
  await writeWeb(system, good);
  expectConverged(await system.apply());
  await writeWeb(system, better);
  const lost = await applyWhile(system, withEnvironment(["THEIRS=1"]));
  expectExit(lost.told, 1, /somebody else changed it meanwhile, it was not overwritten/);
  expect(lost.updates.every(({ status }) => status !== 200)).toBe(true);
  const { Spec } = await system.service("web");
  expect(Spec.TaskTemplate.ContainerSpec).toMatchObject({ Env: ["THEIRS=1"] });
  expect(imageOf(Spec.TaskTemplate.ContainerSpec.Image)).toBe(web(good));
  // The next run sees it and decides.
  expectConverged(await system.apply());
  await serves(system, better);
  await expectNothingLeft(system);

  // One that changes nothing is no reason to give up.
  await writeWeb(system, good);
  const won = await applyWhile(system, (spec) => spec);
  expectConverged(won.told);
  expect(won.updates.map(({ status }) => status)).toEqual([500, 200]);
  await serves(system, good);
}

export async function meddledWhileWatched(system: ClusterSystem): Promise<void> {
  await writeWeb(system, good);
  expectConverged(await system.apply());
  await writeWeb(system, better);
  const running = system.start(system.cluster.manager(), "apply", "--json");
  await waitUntil("the update to be sent", 120_000, async () => {
    const { Spec } = await system.service("web");
    return imageOf(Spec.TaskTemplate.ContainerSpec.Image) === web(better) ? true : undefined;
  });
  // Swarm itself writes about its update: whoever comes between tries again.
  await waitUntil("a person to get a word in", 60_000, async () => {
    try {
      await system.meddle("web", withEnvironment(["THEIRS=1"]));
      return true;
    } catch (error) {
      if (/out of sequence/.test(String(error))) return undefined;
      throw error;
    }
  });
  const told = await system.end(running);
  expectExit(told, 1, /somebody else changed the service meanwhile; it was left as it is/);
  expect((await system.service("web")).Spec.TaskTemplate.ContainerSpec.Env).toEqual(["THEIRS=1"]);
  expectConverged(await system.apply());
  await serves(system, better);
  expect((await system.service("web")).Spec.TaskTemplate.ContainerSpec.Env ?? []).toEqual([]);
  const again = await applyRecorded(system);
  expect(again.mutations).toEqual([]);
}
