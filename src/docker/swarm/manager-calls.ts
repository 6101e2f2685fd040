import type { EngineClient } from "../engine-client.ts";
import type { NetworkInspect } from "../inspect-types.ts";
import type { NodeAnswer, ServiceAnswer, StoredAnswer, TaskAnswer } from "./answers.ts";

/** The lists of a manager. Each fails with `swarm-unavailable` when it cannot be told; none is ever empty because of that. */

export async function listServices(client: EngineClient, signal: AbortSignal): Promise<ServiceAnswer[]> {
  return await client.get<ServiceAnswer[]>({ what: "list services", path: "/services" }, signal);
}

/** @param services ids; one that is gone makes the whole call fail with `engine-not-found`. Absent: tasks of all */
export async function listTasks(
  client: EngineClient,
  services: readonly string[] | undefined,
  signal: AbortSignal,
): Promise<TaskAnswer[]> {
  const query = services === undefined ? {} : { filters: JSON.stringify({ service: services }) };
  return await client.get<TaskAnswer[]>({ what: "list tasks", path: "/tasks", query }, signal);
}

export async function listNodes(client: EngineClient, signal: AbortSignal): Promise<NodeAnswer[]> {
  return await client.get<NodeAnswer[]>({ what: "list nodes", path: "/nodes" }, signal);
}

export async function listNetworks(client: EngineClient, signal: AbortSignal): Promise<NetworkInspect[]> {
  return await client.get<NetworkInspect[]>({ what: "list networks", path: "/networks" }, signal);
}

export type StoredKind = "config" | "secret";

/** Configs or secrets of an owner with the label `mysysconfig.content`; configs come with all their data. */
export async function listOwnStored(
  client: EngineClient,
  kind: StoredKind,
  labels: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<StoredAnswer[]> {
  const label = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return await listStored(client, kind, { label }, signal);
}

/** Those with exactly these names: the Engine's own filter takes whatever begins with one of them. */
export async function listNamedStored(
  client: EngineClient,
  kind: StoredKind,
  names: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<StoredAnswer[]> {
  if (names.size === 0) return [];
  const found = await listStored(client, kind, { name: [...names] }, signal);
  return found.filter((stored) => names.has(stored.Spec.Name));
}

async function listStored(
  client: EngineClient,
  kind: StoredKind,
  filters: Readonly<Record<string, readonly string[]>>,
  signal: AbortSignal,
): Promise<StoredAnswer[]> {
  const query = { filters: JSON.stringify(filters) };
  return await client.get<StoredAnswer[]>({ what: `list ${kind}s`, path: `/${kind}s`, query }, signal);
}
