import type { ActualNode } from "../model/actual-swarm.ts";
import type { TaskSpec } from "../model/service-spec.ts";

/**
 * Whether Swarm would give a node tasks of this spec: it is up, takes tasks, and all constraints hold (Docker docs,
 * "docker service create", section "Specify service constraints"). A constraint that cannot be read holds nowhere.
 */
export function mayRunOn(node: ActualNode, { Placement }: TaskSpec): boolean {
  if (node.state !== "ready" || node.availability !== "active") return false;
  return (Placement?.Constraints ?? []).every((constraint) => holds(constraint, node));
}

const constraintPattern = /^\s*([A-Za-z0-9_.-]+)\s*(==|!=)\s*(.*?)\s*$/;

/** Values are compared without regard to case, as Swarm does (SwarmKit, `manager/constraint`). */
function holds(constraint: string, node: ActualNode): boolean {
  const [, key = "", operator, wanted = ""] = constraintPattern.exec(constraint) ?? [];
  if (operator === undefined) return false;
  const found = foundValue(key, node);
  const isEqual = found?.toLowerCase() === wanted.toLowerCase();
  return operator === "==" ? isEqual : !isEqual;
}

const nodeLabels = "node.labels.";
const engineLabels = "engine.labels.";

function foundValue(key: string, node: ActualNode): string | undefined {
  const name = key.toLowerCase();
  if (name.startsWith(nodeLabels)) return node.labels[key.slice(nodeLabels.length)];
  if (name.startsWith(engineLabels)) return node.engineLabels[key.slice(engineLabels.length)];
  const [os = "", architecture = ""] = node.platform.split("/");
  const values: Readonly<Record<string, string>> = {
    "node.id": node.id,
    "node.hostname": node.hostName,
    "node.role": node.role,
    "node.platform.os": os,
    "node.platform.arch": architecture,
  };
  return Object.hasOwn(values, name) ? values[name] : undefined;
}
