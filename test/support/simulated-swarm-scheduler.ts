import type { ServicePort, TaskSpec } from "../../src/model/service-spec.ts";
import {
  hasEnded,
  isWanted,
  type SwarmNode,
  type SwarmState,
  type SwarmTask,
} from "./simulated-swarm-state.ts";

/** Where a task goes, or why it goes nowhere yet (SwarmKit, `manager/scheduler`, with its filters in their order). */

export type Placed = { readonly node: SwarmNode } | { readonly problem: string };

interface Filter {
  readonly fits: (node: SwarmNode, task: SwarmTask, state: SwarmState) => boolean;
  readonly says: string;
}

const filters: readonly Filter[] = [
  {
    fits: ({ state, availability }) => state === "ready" && availability === "active",
    says: "not available for new tasks",
  },
  { fits: (node, { spec }) => holdAll(node, spec), says: "scheduling constraints not satisfied" },
  {
    fits: (node, task, state) => hostPorts(task).every((port) => !isTaken(port, node, task, state)),
    says: "host-mode port already in use",
  },
  {
    fits: (node, task, state) => {
      const most = task.spec.Placement?.MaxReplicas ?? 0;
      return most === 0 || tasksOn(node, state).filter((other) => isSibling(other, task)).length < most;
    },
    says: "max replicas per node limit exceed",
  },
];

export function place(task: SwarmTask, state: SwarmState): Placed {
  const fixed = state.node(task.nodeId);
  let left = fixed === undefined ? state.nodes : [fixed];
  const reasons: string[] = [];
  for (const { fits, says } of filters) {
    const fitting = left.filter((node) => fits(node, task, state));
    const lost = left.length - fitting.length;
    if (lost > 0) reasons.push(`${says} on ${lost} ${lost === 1 ? "node" : "nodes"}`);
    left = fitting;
  }
  const load = (node: SwarmNode) => {
    const tasks = tasksOn(node, state);
    return tasks.filter((other) => isSibling(other, task)).length * 1_000 + tasks.length;
  };
  const [best] = left.toSorted((a, b) => load(a) - load(b) || (a.hostName < b.hostName ? -1 : 1));
  return best === undefined ? { problem: `no suitable node (${reasons.join("; ")})` } : { node: best };
}

function isSibling(other: SwarmTask, task: SwarmTask): boolean {
  return other !== task && other.serviceId === task.serviceId;
}

/** Tasks that take up room on a node: also those that are about to go. */
function tasksOn(node: SwarmNode, state: SwarmState): readonly SwarmTask[] {
  return state.allTasks().filter((task) => task.nodeId === node.id && !hasEnded(task));
}

function hostPorts({ endpoint }: SwarmTask): readonly ServicePort[] {
  return (endpoint?.Ports ?? []).filter(
    ({ PublishMode, PublishedPort }) => PublishMode === "host" && PublishedPort,
  );
}

function isTaken(port: ServicePort, node: SwarmNode, task: SwarmTask, state: SwarmState): boolean {
  const same = (other: ServicePort) =>
    other.PublishedPort === port.PublishedPort && (other.Protocol ?? "tcp") === (port.Protocol ?? "tcp");
  return tasksOn(node, state).some(
    (other) =>
      other !== task && (isWanted(other) || other.state === "running") && hostPorts(other).some(same),
  );
}

/** Every constraint; the agent's own reading, apart from the planner's. */
export function holdAll(node: SwarmNode, { Placement }: TaskSpec): boolean {
  return (Placement?.Constraints ?? []).every((text) => {
    const [key = "", wanted = ""] = text.split(/==|!=/).map((part) => part.trim());
    const facts: Record<string, string | undefined> = {
      "node.id": node.id,
      "node.hostname": node.hostName,
      "node.role": node.role,
      "node.platform.os": node.platform.split("/")[0],
      "node.platform.arch": node.platform.split("/")[1],
    };
    const found = key.startsWith("node.labels.")
      ? node.labels[key.slice("node.labels.".length)]
      : key.startsWith("engine.labels.")
        ? node.engineLabels[key.slice("engine.labels.".length)]
        : facts[key];
    const isEqual = (found ?? "").toLowerCase() === wanted.toLowerCase();
    return text.includes("!=") ? !isEqual : isEqual;
  });
}
