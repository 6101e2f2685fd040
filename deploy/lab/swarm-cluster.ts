/**
 * A Swarm of several nodes on one machine, for tests: each node an Engine in namespaces of its own, joined by a network
 * that nobody else is in. It ends with the process that started it, whatever happens to that one. The kernel may lack
 * IPVS: virtual addresses and the ingress mesh then carry nothing, and services need `dnsrr` and ports in host mode.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { ensurePackages, type Report } from "./apt.ts";
import type { EngineApi } from "./engine-api.ts";
import { type EngineRelease, ensureEngineRoot } from "./engine-root.ts";
import { engineVersion } from "./find-engine.ts";
import { shortRunDir } from "./paths.ts";
import { initSwarm, joinSwarm, ownNodeId, type Role, setAvailability } from "./swarm-api.ts";
import { clearKilledClusters, type Place, placeOfCluster, removeCluster } from "./swarm-leftovers.ts";
import { type Machine, startMachine } from "./swarm-machine.ts";
import { type SwarmNetwork, startSwarmNetwork } from "./swarm-network.ts";
import { type SwarmView, viewOf } from "./swarm-view.ts";

export interface ClusterOptions {
  readonly release: EngineRelease;
  /** Default: 3. */
  readonly managers?: number;
  /** Default: 0. */
  readonly workers?: number;
  /** Part of the name of its folder and cgroups, which get a number that is free; small letters and digits. */
  readonly purpose?: string;
  /** How often nodes report. Docker's default is 5 s; a node that is silent for three times as long is down. */
  readonly heartbeatMs?: number;
  readonly daemonArgs?: readonly string[];
  readonly report?: Report;
}

export interface SwarmNode extends Machine {
  readonly role: Role;
  /** Its id in the Swarm. */
  readonly nodeId: string;
  /** Takes its tasks away, and lets it take new ones again. */
  drain(): Promise<void>;
  activate(): Promise<void>;
}

export interface SwarmCluster extends SwarmView, AsyncDisposable {
  /** The managers first: `manager-1` …, then `worker-1` …; the first one made the Swarm. */
  readonly nodes: readonly SwarmNode[];
  readonly version: string;
  readonly apiVersion: string;
  /** The network between the nodes, for what all of them shall reach. */
  readonly network: Pick<SwarmNetwork, "address" | "inNetwork">;
  /** Where its folder is and what its cgroups are called. */
  readonly place: Place;
  node(name: string): SwarmNode;
  /** Boots what was killed, heals what was partitioned, and waits until all nodes are ready again. */
  repair(): Promise<void>;
  /** Ends all nodes and the network at once, and removes their data. */
  stop(): Promise<void>;
}

const NEEDED = ["iproute2", "util-linux"] as const;

export async function startCluster(options: ClusterOptions): Promise<SwarmCluster> {
  const { release, report = () => {} } = options;
  if (process.getuid?.() !== 0) throw new Error("only root can start a Swarm of private Docker Engines");
  await ensurePackages(NEEDED, report);
  const root = await ensureEngineRoot(release, report);
  await clearKilledClusters();
  const place = placeOfCluster(options.purpose ?? "cluster");
  await mkdir(place.dir, { recursive: true });
  const ends: (() => Promise<void>)[] = [];
  let endNetwork = async () => {};
  let stopped: Promise<void> | undefined;
  const endAll = async () => {
    await Promise.all(ends.map((end) => end()));
    // The last: the machines take their cables out of it.
    await endNetwork();
    await removeCluster(place);
  };
  const stop = () => {
    stopped ??= endAll();
    return stopped;
  };
  try {
    const network = await startSwarmNetwork({ root, ...foldersOf(place, "network") });
    endNetwork = network.end;
    const machines = await startMachines(options, { root, place, network, ends });
    const nodes = await formSwarm(machines, options);
    const view = viewOf(nodes);
    await view.ready();
    const first = nodes[0]?.api as EngineApi;
    return {
      ...view,
      ...(await engineVersion(first)),
      ...{ nodes, network, place, stop, [Symbol.asyncDispose]: stop },
      node: (name) => nodeNamed(nodes, name),
      async repair() {
        await Promise.all(nodes.filter((node) => !node.isConnected()).map((node) => node.heal()));
        await Promise.all(nodes.filter((node) => !node.isRunning()).map((node) => node.restart()));
        await view.ready();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Ground {
  readonly root: string;
  readonly place: Place;
  readonly network: SwarmNetwork;
  /** Gets what ends each machine that runs. */
  readonly ends: (() => Promise<void>)[];
}

type RankedMachine = Machine & { readonly role: Role };

async function startMachines(options: ClusterOptions, ground: Ground): Promise<readonly RankedMachine[]> {
  const { root, place, network, ends } = ground;
  const { managers = 3, workers = 0, daemonArgs = [] } = options;
  const roles = [...Array<Role>(managers).fill("manager"), ...Array<Role>(workers).fill("worker")];
  const starts = roles.map(async (role, index) => {
    const name = `${role}-${role === "manager" ? index + 1 : index + 1 - managers}`;
    const own = { ...foldersOf(place, name), cgroup: `${place.name}/${name}` };
    const machine = await startMachine({ name, number: index + 1, root, network, daemonArgs, ...own });
    ends.push(machine.kill);
    return { ...machine, role };
  });
  // All of them, before one that failed is told: what starts late must be ended, too.
  await Promise.allSettled(starts);
  return Promise.all(starts);
}

function foldersOf(place: Place, part: string) {
  return { dir: join(place.dir, part), sharedDir: join(shortRunDir(place.dir), part) };
}

/** One after the other: a Swarm takes one new manager at a time. */
async function formSwarm(
  machines: readonly RankedMachine[],
  options: ClusterOptions,
): Promise<readonly SwarmNode[]> {
  const [first, ...others] = machines;
  if (first?.role !== "manager") throw new Error("a Swarm begins with a manager");
  const tokens = await initSwarm(first.api, first.address, options);
  for (const { api, address, role } of others) await joinSwarm(api, address, first.address, tokens[role]);
  const nodes: SwarmNode[] = [];
  const view = viewOf(nodes);
  for (const machine of machines) {
    const nodeId = await ownNodeId(machine.api);
    const set = (availability: "drain" | "active") =>
      setAvailability(view.manager().api, nodeId, availability);
    nodes.push({ ...machine, nodeId, drain: () => set("drain"), activate: () => set("active") });
  }
  return nodes;
}

function nodeNamed(nodes: readonly SwarmNode[], name: string): SwarmNode {
  const found = nodes.find((node) => node.name === name);
  if (found !== undefined) return found;
  throw new Error(`no node "${name}"; there are: ${nodes.map((node) => node.name).join(", ")}`);
}
