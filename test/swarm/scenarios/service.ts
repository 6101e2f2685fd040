/** The program as a service, and as a job, of the Swarm that it reconciles. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { expect } from "vitest";
import { ensureDockerClient } from "../../../deploy/lab/docker-client.ts";
import { repositoryRoot } from "../../../deploy/lab/paths.ts";
import { waitUntil } from "../../../deploy/lab/waiting.ts";
import type { ServiceAnswer, TaskAnswer } from "../../../src/docker/swarm/answers.ts";
import { startProcess } from "../../support/program.ts";
import { compose } from "../../support/texts.ts";
import { showSocketAsUsual } from "../../support/usual-socket.ts";
import { type ClusterSystem, isAtWork } from "../cluster-system.ts";
import { bakeConfiguration, programImage } from "../program-image.ts";
import { expectConverged, expectExit, writeStack } from "./config.ts";
import { historyOf } from "./observing.ts";
import { untilServing } from "./rollouts.ts";

const ownStack = "mysysconfig";
const ownService = "mysysconfig_mysysconfig";

async function docker(system: ClusterSystem, ...args: readonly string[]): Promise<void> {
  const { docker: file, configDir } = await ensureDockerClient();
  const environment = { DOCKER_HOST: `unix://${system.cluster.manager().socket}`, DOCKER_CONFIG: configDir };
  const { exitCode, stdout, stderr } = await startProcess(file, args, environment).result;
  system.trail.push(`    $ docker ${args.join(" ")}: exit ${exitCode}`);
  if (exitCode !== 0) throw new Error(`docker ${args.join(" ")} exited ${exitCode}:\n${stdout}${stderr}`);
}

const stackFile = (name: string) => join(repositoryRoot, "deploy", "swarm", `${name}.stack.yaml`);

/** On every machine the socket of the Engine is where it always is. */
async function showSockets({ cluster }: ClusterSystem): Promise<void> {
  for (const node of cluster.nodes)
    await showSocketAsUsual({ socket: node.socket, networkPrefix: node.inNetwork([]) });
}

let builds = 0;

async function bake(system: ClusterSystem): Promise<void> {
  builds += 1;
  const { cluster, repository } = system;
  // No newer one than what the same files are called without an image.
  await bakeConfiguration(cluster, repository, {
    build: `${builds}-develop`,
    revision: randomBytes(20).toString("hex"),
  });
}

interface Deployed {
  readonly stack: string;
  readonly service: string;
}

/** Runs a scenario and takes away what the stack deployed. */
async function withStack(
  system: ClusterSystem,
  { stack, service }: Deployed,
  body: () => Promise<void>,
): Promise<void> {
  await showSockets(system);
  try {
    await body();
  } catch (error) {
    system.trail.push(await logsOf(system, service));
    throw error;
  } finally {
    await system.cluster.repair();
    const filters = JSON.stringify({ label: [`com.docker.stack.namespace=${stack}`] });
    const found = await system.ask<ServiceAnswer[]>("GET", "/services", undefined, { filters });
    await docker(system, "stack", "rm", stack);
    await untilEnded(
      system,
      found.map(({ ID }) => ID),
    );
  }
}

/** A daemon that has not ended yet makes what is taken away anew. */
async function untilEnded(system: ClusterSystem, services: readonly string[]): Promise<void> {
  await waitUntil("the program to end", 120_000, async () => {
    const tasks = await system.ask<TaskAnswer[]>("GET", "/tasks");
    return tasks.some((task) => isAtWork(task, services)) ? undefined : true;
  });
}

async function logsOf(system: ClusterSystem, service: string): Promise<string> {
  const { docker: file, configDir } = await ensureDockerClient();
  const environment = { DOCKER_HOST: `unix://${system.cluster.manager().socket}`, DOCKER_CONFIG: configDir };
  const args = ["service", "logs", "--tail", "40", service];
  const { stdout, stderr } = await startProcess(file, args, environment).result;
  return `${stdout}${stderr}`.slice(-8_000);
}

/** Tasks of a service by its whole name, whoever it belongs to. */
async function tasksNamed(system: ClusterSystem, name: string): Promise<readonly TaskAnswer[]> {
  const filters = JSON.stringify({ service: [name] });
  return await system.ask<TaskAnswer[]>("GET", "/tasks", undefined, { filters });
}

/** The one task of the daemon that runs and should. */
async function daemonTask(system: ClusterSystem): Promise<TaskAnswer> {
  return await waitUntil("the daemon to run", 180_000, async () => {
    const up = new Set(
      [...(await system.cluster.seen()).values()].flatMap(({ ID, Status }) =>
        Status.State === "ready" ? [ID] : [],
      ),
    );
    const tasks = await tasksNamed(system, ownService);
    const running = tasks.filter(
      ({ Status, DesiredState, NodeID = "" }) =>
        Status?.State === "running" && DesiredState === "running" && up.has(NodeID),
    );
    return running.length === 1 ? running[0] : undefined;
  });
}

/** A person removes a service, and it comes back. */
async function removeAndHeal(
  system: ClusterSystem,
  name: string,
  serving: readonly string[],
): Promise<number> {
  const { ID } = await system.service(name);
  const begun = performance.now();
  await system.ask("DELETE", `/services/${ID}`);
  await waitUntil(`"${name}" to be made anew`, 90_000, async () => {
    const found = (await system.services()).get(name);
    return found !== undefined && found.ID !== ID ? true : undefined;
  });
  const ms = performance.now() - begun;
  await untilServing(system, serving);
  return ms;
}

const text = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

export async function daemonAsService(system: ClusterSystem): Promise<void> {
  await writeStack(system, {
    a: { image: "lab/idle:1" },
    b: { image: "lab/idle:1", deploy: { replicas: 2 } },
  });
  await bake(system);
  const serving = ["a lab/idle:1 x1", "b lab/idle:1 x2"];
  await withStack(system, { stack: ownStack, service: ownService }, async () => {
    const begun = performance.now();
    await docker(system, "stack", "deploy", "--detach=true", "-c", stackFile("mysysconfig"), ownStack);
    await untilServing(system, serving);
    const deployedMs = performance.now() - begun;
    const healedMs = await removeAndHeal(system, "a", serving);
    const runsOf = async () => (await historyOf(system)).filter(({ command }) => command === "apply");
    await waitUntil("the history to tell of both", 60_000, async () =>
      (await runsOf()).length >= 2 ? true : undefined,
    );
    const before = await runsOf();

    const task = await daemonTask(system);
    const lost = system.cluster.nodes.find(({ nodeId }) => nodeId === task.NodeID);
    if (lost === undefined) throw new Error("the daemon runs on no known node");
    const killed = performance.now();
    await lost.kill();
    await system.cluster.waitForState(lost, "down");
    const next = await daemonTask(system);
    expect(next.NodeID).not.toBe(task.NodeID);
    const movedMs = performance.now() - killed;
    await untilServing(system, serving);
    const healedAgainMs = await removeAndHeal(system, "a", serving);
    await waitUntil("the history to go on", 60_000, async () =>
      (await runsOf()).length > before.length ? true : undefined,
    );
    // Newest first: what was told before the node was lost is told still.
    expect((await runsOf()).slice(-before.length)).toEqual(before);
    system.note(
      `converged ${text(deployedMs)} after its deployment, healed in ${text(healedMs)}; its node lost: elsewhere after ${text(movedMs)}, healed in ${text(healedAgainMs)}`,
    );
  });
}

/** The daemon is a workload of its own configuration, as `docker stack deploy` would have named it. */
async function writeOwn(system: ClusterSystem, round: string): Promise<void> {
  const content = compose({
    services: {
      [ownStack]: {
        image: programImage,
        command: ["run"],
        environment: { ROUND: round },
        volumes: ["/var/run/docker.sock:/var/run/docker.sock"],
        stop_grace_period: "30s",
        deploy: {
          endpoint_mode: "dnsrr",
          placement: { constraints: ["node.role == manager"] },
          update_config: { order: "start-first" },
        },
      },
    },
  });
  await system.write({ [`units/${ownStack}.compose.yaml`]: content });
  await writeStack(system, { a: { image: "lab/idle:1", environment: { ROUND: round } } });
}

export async function daemonUpdatesItself(system: ClusterSystem): Promise<void> {
  await showSockets(system);
  await writeOwn(system, "1");
  await bake(system);
  try {
    // The first one is made by hand, from outside.
    expectConverged(await system.apply());
    const first = await daemonTask(system);
    const own = await find(system);
    await writeOwn(system, "2");
    await bake(system);
    const second = await waitUntil("another task of the daemon", 180_000, async () => {
      const task = await daemonTask(system);
      return task.ID === first.ID ? undefined : task;
    });
    expect(second.Spec.ContainerSpec.Env).toEqual(["ROUND=2"]);
    await waitUntil("Swarm to call the update completed", 120_000, async () =>
      (await find(system)).UpdateStatus?.State === "completed" ? true : undefined,
    );
    expect((await find(system)).ID).toBe(own.ID);
    // What it carries out goes before itself.
    const [app] = await system.running("a");
    expect(app?.Spec.ContainerSpec.Env).toEqual(["ROUND=2"]);
    expect(Date.parse(app?.CreatedAt ?? "")).toBeLessThan(Date.parse(second.CreatedAt ?? ""));
    // The new one goes on, and finds everything as it should be.
    const healedMs = await removeAndHeal(system, "a", [
      "a lab/idle:1 x1",
      `${ownService} ${programImage} x1`,
    ]);
    const runs = (await historyOf(system)).filter(({ command }) => command === "apply");
    expect(runs.map(({ exitCode }) => exitCode).filter((code) => code !== 0)).toEqual([]);
    system.note(`updated itself, and healed in ${text(healedMs)}`);
  } catch (error) {
    system.trail.push(await logsOf(system, ownService));
    throw error;
  } finally {
    await system.cluster.repair();
    // It would make itself anew as long as it lives.
    expectExit(await system.run(system.cluster.manager(), "hold", "--all"), 0, /is held/);
    const { ID } = await find(system);
    await system.ask("DELETE", `/services/${ID}`);
    await untilEnded(system, [ID]);
  }
}

const find = (system: ClusterSystem) => system.ask<ServiceAnswer>("GET", `/services/${ownService}`);

export async function onceAsJob(system: ClusterSystem): Promise<void> {
  const stack = "mysysconfig-once";
  const service = `${stack}_apply`;
  await writeStack(system, { a: { image: "lab/idle:1" } });
  await bake(system);
  await withStack(system, { stack, service }, async () => {
    await docker(system, "stack", "deploy", "--detach=true", "-c", stackFile("mysysconfig-once"), stack);
    const done = await waitUntil("the job to end", 180_000, async () => {
      const tasks = await tasksNamed(system, service);
      return tasks.find(({ Status }) => /complete|failed|rejected/.test(Status?.State ?? ""));
    });
    expect(done.Status).toMatchObject({ State: "complete" });
    expect(done.Status?.ContainerStatus?.ExitCode ?? 0).toBe(0);
    expect(await system.serving()).toEqual(["a lab/idle:1 x1"]);
    // As the head of the file says.
    await docker(system, "service", "update", "--detach=true", "--force", service);
    await waitUntil("the second job to end", 180_000, async () => {
      const tasks = await tasksNamed(system, service);
      return tasks.filter(({ Status }) => Status?.State === "complete").length === 2 ? true : undefined;
    });
    expect(await historyOf(system)).toHaveLength(1);
  });
}
