/** Services come, change and go; builds that are bad. */
import { expect } from "vitest";
import { waitUntil } from "../../../deploy/lab/waiting.ts";
import type { ServiceAnswer } from "../../../src/docker/swarm/answers.ts";
import { startRecordingProxy } from "../../support/recording-proxy.ts";
import { type ClusterSystem, imageOf } from "../cluster-system.ts";
import { watchTasks } from "../task-watch.ts";
import { better, expectConverged, expectExit, good, outcomeOf, seconds, web, writeStack } from "./config.ts";

/** What an update would change, and an identical one destroy. */
const shapes = (services: ReadonlyMap<string, ServiceAnswer>) =>
  new Map(
    [...services].map(([name, { Version, PreviousSpec }]) => [name, JSON.stringify([Version, PreviousSpec])]),
  );

/** A second run through a recording proxy: it makes no call that changes anything, and every service is as before. */
export async function expectNoOp(system: ClusterSystem, ...args: readonly string[]): Promise<void> {
  const before = shapes(await system.services());
  const proxy = await startRecordingProxy(system.cluster.manager().socket, "/tmp");
  try {
    const again = await system.run({ host: proxy.host }, "apply", ...args);
    expectExit(again, 0, /^Nothing to do/m);
    expect(proxy.mutations()).toEqual([]);
  } finally {
    await proxy[Symbol.asyncDispose]();
  }
  expect(shapes(await system.services())).toEqual(before);
}

/** Names of services that are not as they were, and those that came or went. */
async function changedSince(
  system: ClusterSystem,
  before: ReadonlyMap<string, ServiceAnswer>,
): Promise<readonly string[]> {
  const [was, is] = [shapes(before), shapes(await system.services())];
  return [...new Set([...was.keys(), ...is.keys()])].filter((name) => was.get(name) !== is.get(name)).sort();
}

type Stack = Record<string, Record<string, unknown>>;

/** So many services: workers without a health check, and some that have one and several tasks. */
function manyServices(count: number): Stack {
  const names = Array.from({ length: count }, (_, index) => `s${String(index + 1).padStart(2, "0")}`);
  return Object.fromEntries(
    names.map((name, index) => [
      name,
      index % 5 === 0
        ? { image: web(good), deploy: { replicas: index === 0 ? 3 : 1 } }
        : { image: "lab/idle:1", environment: { NUMBER: String(index) } },
    ]),
  );
}

export async function deployChangeRemove(system: ClusterSystem, count = 20): Promise<void> {
  const services = manyServices(count);
  await writeStack(system, services, { networks: { default: {} } });
  const planned = await system.run(system.cluster.manager(), "plan");
  expect(planned.exitCode).toBe(2);
  expect([...(await system.services()).keys()]).toEqual([]);

  const deployed = await system.apply();
  expectConverged(deployed);
  const expected = Object.entries(services).map(
    ([name, { image }]) => `${name} ${image} x${name === "s01" ? 3 : 1}`,
  );
  expect(await system.serving()).toEqual(expected);
  await expectNoOp(system);

  const before = await system.services();
  const { s02: _, ...rest } = services;
  const changed: Stack = {
    ...rest,
    s01: { image: web(better), deploy: { replicas: 3 } },
    s03: { image: "lab/idle:1", environment: { NUMBER: "another" } },
    s04: { image: "lab/idle:1", environment: { NUMBER: "3" }, deploy: { replicas: 3 } },
    extra: { image: "lab/idle:2" },
  };
  await writeStack(system, changed, { networks: { default: {} } });
  const updated = await system.apply();
  expectConverged(updated);
  // Scaling restarts no task, and leaves no trace in the state of an update (W9).
  expect(outcomeOf(updated, "s04").outcome).toBe("done");
  expect((await system.service("s04")).UpdateStatus).toBeUndefined();
  expect(await changedSince(system, before)).toEqual(["extra", "s01", "s02", "s03", "s04"]);
  const serving = await system.serving();
  expect(serving).toContain(`s01 ${web(better)} x3`);
  expect(serving).toContain("s04 lab/idle:1 x3");
  expect(serving.filter((line) => line.startsWith("s02"))).toEqual([]);

  const kept = ["s01", "s04", "extra"];
  await writeStack(system, Object.fromEntries(kept.map((name) => [name, changed[name] ?? {}])));
  const refused = await system.apply();
  expectExit(refused, 6, /--yes/);
  expect((await system.services()).size).toBe(count);
  const removed = await system.apply(undefined, "--yes");
  expectConverged(removed);
  expect([...(await system.services()).keys()].sort()).toEqual([...kept].sort());
  await expectNoOp(system);
  system.note(
    `${count} services: deployed in ${seconds(deployed)}, changed in ${seconds(updated)}, removed in ${seconds(removed)}`,
  );
}

/** A bad build of a service whose good one serves. */
export interface BadBuild {
  readonly image: string;
  /** What is told about it. */
  readonly words: RegExp;
  /** How many of the two good tasks are healthy at every moment. */
  readonly healthy: number;
}

/**
 * The build fails, tasks of the last good one serve on, and the next run sets the build aside and pushes nothing.
 *
 * What Swarm does meanwhile is its own doing (measured on both Engines). It ends an old task as soon as the new one "runs".
 * With a health check that is when it is healthy. Without one it is when it was started, whatever becomes of it: then Swarm
 * goes on to the next task, and puts all of them back later. And sometimes it takes an unhealthy one that ended in good
 * order, which it calls complete, for one that has run.
 */
export async function badBuild(system: ClusterSystem, { image, words, healthy }: BadBuild): Promise<void> {
  const service = (build: string) => ({ web: { image: build, deploy: { replicas: 2 } } });
  await writeStack(system, service(web(good)));
  expectConverged(await system.apply());
  await using watch = await watchTasks(system.cluster, `${system.stack}_web`, true);
  await writeStack(system, service(image));
  const failed = await system.apply();
  expectExit(failed, 1, words);
  expect(outcomeOf(failed, "web").outcome).toBe("rolled-back");
  await expectStillServing(system, web(good), 2);

  const proxy = await startRecordingProxy(system.cluster.manager().socket, "/tmp");
  const again = await system.apply({ host: proxy.host }).finally(() => proxy[Symbol.asyncDispose]());
  expectExit(again, 1, /--retry/);
  expect(outcomeOf(again, "web").outcome).toBe("set-aside");
  expect(proxy.mutations()).toEqual([]);
  const fewest = watch.fewest(/58-develop/);
  expect({ isServed: fewest >= healthy, fewest, story: watch.story() }).toMatchObject({ isServed: true });
  system.note(
    `${image} failed after ${seconds(failed)}, was set aside in ${seconds(again)}; ${fewest} of 2 tasks healthy at every moment`,
  );

  // What comes after it is tried at once.
  await writeStack(system, service(web(better)));
  expectConverged(await system.apply());
  expect(await system.serving()).toEqual([`web ${web(better)} x2`]);
}

/** The same, and the run is killed as soon as it has sent the update: only the cluster knows what became of it. */
export async function badBuildAndKilledRun(system: ClusterSystem): Promise<void> {
  const service = (build: string) => ({ web: { image: build, deploy: { replicas: 2 } } });
  await writeStack(system, service(web(good)));
  expectConverged(await system.apply());
  await using watch = await watchTasks(system.cluster, `${system.stack}_web`, true);
  await writeStack(system, service(web("63-hangs")));
  const proxy = await startRecordingProxy(system.cluster.manager().socket, "/tmp");
  // The manager gets the update; that it did, the run never hears.
  const release = proxy.holdAnswers(/^POST \/services\/[^/]+\/update/);
  try {
    const sent = proxy.seen(/^POST \/services\/[^/]+\/update/);
    const running = system.start({ host: proxy.host }, "apply", "--json");
    await sent;
    await untilState(system, "web", /updating|rollback/);
    running.child.kill("SIGKILL");
    expect((await running.result).exitCode).toBe(-1);
  } finally {
    release();
    await proxy[Symbol.asyncDispose]();
  }
  await untilState(system, "web", /rollback_completed/);
  const other = await startRecordingProxy(system.cluster.manager().socket, "/tmp");
  const next = await system.apply({ host: other.host }).finally(() => other[Symbol.asyncDispose]());
  expectExit(next, 1, /Swarm rolled this build back/);
  expect(other.mutations()).toEqual([]);
  await expectStillServing(system, web(good), 2);
  expect({ fewest: watch.fewest(/58-develop/), story: watch.story() }).toMatchObject({ fewest: 2 });
}

/**
 * The tasks of the last good build serve, and no others. After a rollback Swarm itself sometimes leaves one task more than
 * the service wants, as long as nobody changes anything: none too few is what counts here.
 */
async function expectStillServing(system: ClusterSystem, image: string, tasks: number): Promise<void> {
  const running = await system.running("web");
  expect(new Set(running.map(({ Spec }) => imageOf(Spec.ContainerSpec.Image)))).toEqual(new Set([image]));
  expect(running.length).toBeGreaterThanOrEqual(tasks);
}

export async function untilState(system: ClusterSystem, name: string, state: RegExp): Promise<void> {
  await waitUntil(`the update of "${name}" to be ${state}`, 120_000, async () =>
    state.test((await system.service(name)).UpdateStatus?.State ?? "") ? true : undefined,
  );
}

export async function untilServing(system: ClusterSystem, lines: readonly string[]): Promise<void> {
  let seen: readonly string[] = [];
  await waitUntil(`${lines.join(", ")} to serve`, 120_000, async () => {
    seen = await system.serving();
    return JSON.stringify(seen) === JSON.stringify(lines) ? true : undefined;
  }).catch((error: Error) => {
    throw new Error(`${error.message}; seen: ${seen.join(", ")}`, { cause: error });
  });
}
