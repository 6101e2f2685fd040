/** The Swarm lab itself: what the other Swarm tests stand on. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { runCommand } from "../../deploy/lab/command.ts";
import { repositoryRoot } from "../../deploy/lab/paths.ts";
import { type SwarmCluster, type SwarmNode, startCluster } from "../../deploy/lab/swarm-cluster.ts";
import { loadTarOnAll, makeImageOnAll } from "../../deploy/lab/swarm-images.ts";
import { clearKilledClusters } from "../../deploy/lab/swarm-leftovers.ts";
import { waitUntil } from "../../deploy/lab/waiting.ts";
import { engineClient } from "../support/engine-client.ts";
import { releases } from "./releases.ts";
import { livingTraces, lyingTraces, marksOf, namespacesOf } from "./traces.ts";

const image = { reference: "lab/web:58", config: { cmd: ["serve", "80"], env: { SERVICE: "web" } } };
const report = (line: string) => process.stderr.write(`${line}\n`);

interface Task {
  readonly NodeID: string;
  readonly Status: { readonly State: string; readonly ContainerStatus?: { readonly ContainerID?: string } };
}

describe.for(releases)("a Swarm of three managers on Docker Engine %s", (release) => {
  let cluster: SwarmCluster;

  beforeAll(async () => {
    // A short heartbeat: a node that is lost is noticed in seconds.
    const started = performance.now();
    cluster = await startCluster({ release, purpose: "lab", heartbeatMs: 1_000, report });
    report(`Docker Engine ${cluster.version}: three managers ready after ${secondsSince(started)} s`);
  });
  // No test begins with what another one has killed.
  beforeEach(() => cluster.repair());
  afterAll(() => cluster?.stop());

  test("must have three managers that are ready, one of them the leader", async () => {
    const seen = await cluster.seen();
    const states = [...seen].map(([name, { Status, ManagerStatus }]) => [
      ...[name, Status.State, ManagerStatus?.Reachability],
    ]);
    expect(states.sort()).toEqual(
      ["manager-1", "manager-2", "manager-3"].map((name) => [name, "ready", "reachable"]),
    );
    expect(await cluster.leader()).toBe(cluster.node("manager-1"));
  });

  test("must have one image under one id on all nodes, made by one of them or out of a tar", async () => {
    const id = await makeImageOnAll(cluster, image);
    expect(await imageIds(cluster)).toEqual([id, id, id]);

    const tarFile = join(cluster.place.dir, "image.tar");
    const first = cluster.manager().api;
    await writeFile(tarFile, await first.open("GET", "/images/get", { query: { names: image.reference } }));
    for (const { api } of cluster.nodes) await api.call("DELETE", `/images/${image.reference}`);
    await loadTarOnAll(cluster, tarFile);
    expect(await imageIds(cluster)).toEqual([id, id, id]);
  });

  // The kernel may have no IPVS, and a virtual address would then lead nowhere: each task has its own address instead.
  test("must run six replicas, two on each node, that reach each other across nodes", async () => {
    await startService(cluster, "web", 6);
    const tasks = await runningTasks(cluster, "web", 6);
    const perNode = cluster.nodes.map(({ nodeId }) => tasks.filter(({ NodeID }) => NodeID === nodeId).length);
    expect(perNode).toEqual([2, 2, 2]);

    for (const node of cluster.nodes) {
      const container = tasks.find(({ NodeID }) => NodeID === node.nodeId)?.Status.ContainerStatus
        ?.ContainerID;
      const addresses = await addressesOf(node, container ?? "", "tasks.web", 6);
      // Not "wget -T": this busybox ends with a segmentation fault there.
      const loop = `for one in ${addresses.join(" ")}; do timeout 10 wget -q -O- http://$one/ || exit 1; done`;
      const { exitCode, output } = await engineClient(node.socket).exec(container ?? "", ["sh", "-c", loop]);
      const pages = output.trim().split("\n");
      expect([exitCode, new Set(pages).size]).toEqual([0, 6]);
    }
  });

  test("must move the tasks away from a drained node, and take it up again", async () => {
    const node = cluster.node("manager-2");
    await node.drain();
    const tasks = await waitUntil("six tasks elsewhere", 60_000, async () => {
      const running = await runningTasks(cluster, "web", 6);
      return running.some(({ NodeID }) => NodeID === node.nodeId) ? undefined : running;
    });
    expect(tasks).toHaveLength(6);
    expect((await cluster.seen()).get(node.name)?.Spec.Availability).toBe("drain");
    await node.activate();
    expect((await cluster.seen()).get(node.name)?.Spec.Availability).toBe("active");
  });

  test("must notice the loss of a node, and its return with its data", async () => {
    const node = cluster.node("manager-3");
    const before = node.nodeId;
    await node.kill();
    expect(node.isRunning()).toBe(false);
    await timed("a killed node is seen down", () => cluster.waitForState(node, "down"));
    // Told by other means: the leader gets no answer of it as a manager.
    await waitUntil("a killed manager to be unreachable", 60_000, async () => {
      const { ManagerStatus } = (await cluster.seen()).get(node.name) ?? {};
      return ManagerStatus?.Reachability === "unreachable" ? true : undefined;
    });

    await timed("a killed node is back", () => cluster.repair());
    const { Swarm } = await node.api.call<{ Swarm: { NodeID: string } }>("GET", "/info");
    expect(Swarm.NodeID).toBe(before);
    await node.api.call("GET", `/images/${image.reference}/json`);
  });

  test("must notice a partition, in which the node goes on running, and its end", async () => {
    const node = cluster.node("manager-3");
    await node.partition();
    await timed("a partitioned node is seen down", () => cluster.waitForState(node, "down"));
    expect(await node.api.call("GET", "/_ping")).toBe("OK");
    await expect(ping(node, cluster.node("manager-1"))).rejects.toThrow(/exited 1/);

    await timed("a partition is healed", () => cluster.repair());
    await ping(node, cluster.node("manager-1"));
  });

  test("must elect another leader when the leader is lost", async () => {
    const old = await cluster.leader();
    await old.kill();
    const leader = await timed("another leader", () => cluster.leader());
    expect(leader).not.toBe(old);
  });

  test("must leave nothing when it is stopped", async () => {
    const marks = marksOf(cluster.place, await namespacesOf(cluster));
    expect(livingTraces(marks)).not.toEqual([]);
    expect(marks.namespaces).toHaveLength(new Set(marks.namespaces).size);
    await cluster.stop();
    expect([...livingTraces(marks), ...lyingTraces(marks)]).toEqual([]);
  });

  async function timed<T>(what: string, act: () => Promise<T>): Promise<T> {
    const started = performance.now();
    const answer = await act();
    report(`Docker Engine ${cluster.version}: ${what} after ${secondsSince(started)} s`);
    return answer;
  }
});

describe.for(releases)("other Swarms on Docker Engine %s", (release) => {
  test("must be a manager alone, and a manager with a worker, side by side", async () => {
    const [alone, pair] = await Promise.all([
      startCluster({ release, purpose: "lab", managers: 1, report }),
      startCluster({ release, purpose: "lab", managers: 1, workers: 1, report }),
    ]);
    try {
      expect(alone.nodes.map(({ name }) => name)).toEqual(["manager-1"]);
      expect(pair.nodes.map(({ name, role }) => [name, role])).toEqual([
        ["manager-1", "manager"],
        ["worker-1", "worker"],
      ]);
      expect((await pair.seen()).get("worker-1")).toMatchObject({ Spec: { Role: "worker" } });
      await pair.node("worker-1").kill();
      await pair.waitForState(pair.node("worker-1"), "down");
      expect(alone.place).not.toEqual(pair.place);
    } finally {
      await Promise.all([alone.stop(), pair.stop()]);
    }
  });

  test("must end with the program that started it, and be cleared away by the next one", async () => {
    const module = join(repositoryRoot, "deploy", "lab", "swarm-cluster.ts");
    const program = `
      const { startCluster } = await import(${JSON.stringify(module)});
      const { place } = await startCluster({ release: ${JSON.stringify(release)}, purpose: "killed", managers: 1 });
      process.stdout.end(JSON.stringify(place));
      setInterval(() => {}, 60_000);`;
    const child = spawn(process.execPath, ["--input-type=module", "--eval", program], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const exited = once(child, "exit");
    const marks = marksOf(JSON.parse(await text(child.stdout)));
    expect(livingTraces(marks)).not.toEqual([]);
    child.kill("SIGKILL");
    await exited;
    const nothingLives = () => (livingTraces(marks).length === 0 ? true : undefined);
    await waitUntil("all of it to end", 30_000, nothingLives);
    expect(lyingTraces(marks)).not.toEqual([]);
    await clearKilledClusters();
    expect(lyingTraces(marks)).toEqual([]);
  });
});

const secondsSince = (start: number) => ((performance.now() - start) / 1000).toFixed(1);

function imageIds({ nodes }: SwarmCluster): Promise<readonly string[]> {
  const ids = nodes.map(async ({ api }) => {
    const { Id } = await api.call<{ Id: string }>("GET", `/images/${image.reference}/json`);
    return Id;
  });
  return Promise.all(ids);
}

async function startService(cluster: SwarmCluster, name: string, replicas: number): Promise<void> {
  const { api } = cluster.manager();
  const network = await api.call<{ Id: string }>("POST", "/networks/create", {
    json: { Name: `${name}-net`, Driver: "overlay" },
  });
  await api.call("POST", "/services/create", {
    json: {
      Name: name,
      TaskTemplate: {
        ContainerSpec: { Image: image.reference },
        Networks: [{ Target: network.Id }],
      },
      Mode: { Replicated: { Replicas: replicas } },
      EndpointSpec: { Mode: "dnsrr" },
    },
  });
}

/** As soon as there are so many. */
async function runningTasks(cluster: SwarmCluster, service: string, count: number): Promise<readonly Task[]> {
  const filters = JSON.stringify({ service: [service], "desired-state": ["running"] });
  return waitUntil(`${count} running tasks of "${service}"`, 120_000, async () => {
    const tasks = await cluster.manager().api.call<readonly Task[]>("GET", "/tasks", { query: { filters } });
    const running = tasks.filter(({ Status }) => Status.State === "running");
    return running.length === count ? running : undefined;
  });
}

/** What a container finds under a name, as soon as there are so many: each node hears of the others' tasks by gossip. */
async function addressesOf(
  node: SwarmNode,
  container: string,
  name: string,
  count: number,
): Promise<readonly string[]> {
  return waitUntil(`${count} addresses of "${name}" on "${node.name}"`, 60_000, async () => {
    const { output } = await engineClient(node.socket).exec(container, ["nslookup", name, "127.0.0.11"]);
    const answer = output.slice(output.indexOf("Name:"));
    const addresses = [...answer.matchAll(/^Address.*?(10\.\d+\.\d+\.\d+)/gm)].map(
      ([, address = ""]) => address,
    );
    return addresses.length === count ? addresses : undefined;
  });
}

async function ping(from: SwarmNode, to: SwarmNode): Promise<void> {
  const [file = "", ...args] = from.inNetwork(["busybox", "ping", "-c", "1", "-W", "2", to.address]);
  await runCommand(file, args);
}
