/** What the managers of a Swarm lab say about its nodes, and how to wait for it. */
import { listNodes, listNodesIfLed, type NodeState, type SeenNode } from "./swarm-api.ts";
import type { SwarmNode } from "./swarm-cluster.ts";
import { waitUntil } from "./waiting.ts";

export interface SwarmView {
  /** A manager that runs and is connected. */
  manager(): SwarmNode;
  /** All nodes as that one sees them, by name. */
  seen(): Promise<ReadonlyMap<string, SeenNode>>;
  /** The leader that the connected managers follow, as soon as they have one. */
  leader(): Promise<SwarmNode>;
  /** Until each connected manager sees each connected node ready, and each manager among them reachable. */
  ready(): Promise<void>;
  /** Until a manager that is connected, and another one, sees the node so. */
  waitForState(node: SwarmNode, state: NodeState): Promise<void>;
}

/** An election takes 10 to 20 s, and a silent node is down after about 15 s; several times as long when all is busy. */
const SEEN_MS = 180_000;

/** `nodes` may still grow. */
export function viewOf(nodes: readonly SwarmNode[]): SwarmView {
  const connected = () => nodes.filter((node) => node.isRunning() && node.isConnected());
  const managers = () => connected().filter(({ role }) => role === "manager");
  const manager = (other?: SwarmNode) => {
    const found = managers().find((node) => node !== other);
    if (found === undefined) throw new Error("no other manager runs and is connected");
    return found;
  };
  return {
    manager: () => manager(),
    seen: async () => byName(nodes, await listNodes(manager().api)),
    leader: () =>
      waitUntil("the Swarm to have a leader", SEEN_MS, async () => {
        const seen = await listNodesIfLed(manager().api);
        const id = seen?.find(({ ManagerStatus }) => ManagerStatus?.Leader === true)?.ID;
        // A leader that is gone is named until another one is elected.
        return managers().find(({ nodeId }) => nodeId === id);
      }),
    async ready() {
      for (const { name, api } of managers())
        await waitUntil(`"${name}" to see all connected nodes ready`, SEEN_MS, async () => {
          const seen = await listNodesIfLed(api);
          if (seen === undefined) return undefined;
          const named = byName(nodes, seen);
          return connected().every((node) => isReady(named.get(node.name))) ? true : undefined;
        });
    },
    waitForState: (node, state) =>
      waitUntil(`"${node.name}" to be seen "${state}"`, SEEN_MS, async () => {
        const seen = await listNodesIfLed(manager(node).api);
        return seen?.some(({ ID, Status }) => ID === node.nodeId && Status.State === state)
          ? (true as const)
          : undefined;
      }).then(() => {}),
  };
}

/** By id: a node that left its Swarm and joined again is seen twice under its host name. */
function byName(nodes: readonly SwarmNode[], seen: readonly SeenNode[]): ReadonlyMap<string, SeenNode> {
  const names = new Map(nodes.map(({ nodeId, name }) => [nodeId, name]));
  return new Map(
    seen.flatMap((one) => {
      const name = names.get(one.ID);
      return name === undefined ? [] : [[name, one] as const];
    }),
  );
}

function isReady(node: SeenNode | undefined): boolean {
  if (node?.Status.State !== "ready") return false;
  return node.ManagerStatus === undefined || node.ManagerStatus.Reachability === "reachable";
}
