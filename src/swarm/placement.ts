import type { ActualNode } from "../model/actual-swarm.ts";
import { parseConstraint } from "../model/cluster.ts";
import type { TaskSpec } from "../model/service-spec.ts";

/**
 * Whether Swarm would give a node tasks of this spec: it is up, takes tasks, and all constraints hold (Docker docs,
 * "docker service create", section "Specify service constraints"). A constraint that cannot be read holds nowhere.
 */
export function mayRunOn(node: ActualNode, { Placement }: TaskSpec): boolean {
  if (node.state !== "ready" || node.availability !== "active") return false;
  return (Placement?.Constraints ?? []).every((constraint) => holds(constraint, node));
}

/** Values are compared without regard to case, as Swarm does (SwarmKit, `manager/constraint`). */
function holds(constraint: string, node: ActualNode): boolean {
  const parsed = parseConstraint(constraint);
  if (typeof parsed === "string") return false;
  const { key, operator, value } = parsed;
  const found = foundValue(key, node);
  const isEqual =
    key.toLowerCase() === "node.ip" && value.includes("/")
      ? isInSubnet(found ?? "", value)
      : found?.toLowerCase() === value.toLowerCase();
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
    "node.ip": node.address,
    "node.platform.os": os,
    "node.platform.arch": architecture,
  };
  return Object.hasOwn(values, name) ? values[name] : undefined;
}

/** Whether an IPv4 address is in a network, `10.0.0.0/8`; of IPv6 only the address itself is compared. */
function isInSubnet(address: string, subnet: string): boolean {
  const [network = "", bits = ""] = subnet.split("/");
  const [a, b] = [numberOf(address), numberOf(network)];
  if (a === undefined || b === undefined || !/^\d{1,2}$/.test(bits)) return address === network;
  const size = 2 ** (32 - Number(bits));
  return Math.floor(a / size) === Math.floor(b / size);
}

function numberOf(address: string): number | undefined {
  const parts = address.split(".").map(Number);
  const isAddress =
    parts.length === 4 && parts.every((part) => Number.isInteger(part) && part >= 0 && part < 256);
  return isAddress ? parts.reduce((sum, part) => sum * 256 + part, 0) : undefined;
}
