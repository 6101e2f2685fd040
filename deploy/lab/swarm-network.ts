/**
 * The network between the nodes of a Swarm lab: one bridge in a network namespace of its own, and a cable (a veth
 * pair) to each node. Nothing of it lies in the machine's own network: it cannot collide with another cluster, with a
 * bridge or an address of the machine, or with the firewall rules of an Engine there, and the kernel takes all of it
 * away with the process that holds the namespace.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { runCommand } from "./command.ts";
import { enterNamespaces } from "./namespaces.ts";

export interface SwarmNetwork {
  /** Where the network itself listens: whatever all nodes shall reach, such as a registry, runs there. */
  readonly address: string;
  /** The command line that runs `argv` at `address`. */
  inNetwork(argv: readonly string[]): string[];
  /** Gives the node, whose namespaces the process holds, its cable; the node is reachable when it resolves. */
  plugIn(node: number, pid: number): Promise<void>;
  /** Takes the cable away, which a node that ended may have done already. */
  unplug(node: number): Promise<void>;
  /** A cable that is down carries nothing, in both directions. */
  setCable(node: number, state: "up" | "down"): Promise<void>;
  end(): Promise<void>;
}

export interface SwarmNetworkOptions {
  /** An Engine's root: the programs in it are enough for a bridge. */
  readonly root: string;
  readonly dir: string;
  readonly sharedDir: string;
}

/**
 * Addresses that RFC 2544 sets apart for measurements: neither Docker's own pools (172.16/12, 192.168/16, and 10/8 for
 * overlay networks) nor anything on the way to a node has them.
 */
const subnet = "198.18.0";
/** Nodes have the numbers from 1 on. */
const ownNumber = 254;
const bridge = "lab0";
const commandMs = 20_000;

export const addressOf = (node: number) => `${subnet}.${node}`;
const portOf = (node: number) => `port${node}`;
/** A node has the same card after each start: the others need not forget an old one. */
const cardOf = (node: number) => `02:00:c6:12:00:${node.toString(16).padStart(2, "0")}`;

export async function startSwarmNetwork({
  root,
  dir,
  sharedDir,
}: SwarmNetworkOptions): Promise<SwarmNetwork> {
  const dataDir = join(dir, "data");
  for (const folder of [dataDir, sharedDir]) await mkdir(folder, { recursive: true });
  const namespaces = await enterNamespaces({ root, dir, dataDir, sharedDir, name: "lab-network" });
  const own = namespaces.firstPid;
  const end = () => namespaces.end();
  try {
    await configure(own, [
      `link add ${bridge} type bridge`,
      `address add ${addressOf(ownNumber)}/24 dev ${bridge}`,
      `link set ${bridge} up`,
    ]);
  } catch (error) {
    await end();
    throw error;
  }
  return {
    address: addressOf(ownNumber),
    inNetwork: (argv) => [...enterNetwork(own), ...argv],
    async plugIn(node, pid) {
      const port = portOf(node);
      await configure(own, [
        `link add ${port} type veth peer name eth0 address ${cardOf(node)} netns ${pid}`,
        `link set ${port} master ${bridge} up`,
      ]);
      await configure(pid, [`address add ${addressOf(node)}/24 dev eth0`, "link set eth0 up"]);
    },
    async unplug(node) {
      const gone = configure(own, [`link delete ${portOf(node)}`]);
      await gone.catch((error) => {
        if (!/Cannot find device/.test(String(error))) throw error;
      });
    },
    setCable: (node, state) => configure(own, [`link set ${portOf(node)} ${state}`]),
    end,
  };
}

/** What runs the command line after it in the network namespace of a process, with this machine's files. */
export function enterNetwork(pid: number): readonly string[] {
  return ["nsenter", `--target=${pid}`, "--net", "--"];
}

async function configure(pid: number, commands: readonly string[]): Promise<void> {
  const [file = "", ...args] = [...enterNetwork(pid), "ip", "-batch", "-"];
  await runCommand(file, args, { input: `${commands.join("\n")}\n`, timeoutMs: commandMs });
}
