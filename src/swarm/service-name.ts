import type { WorkloadSpec } from "../model/workload.ts";

/** Longest name that Swarm takes (SwarmKit, `validateAnnotations`; measured on Engine 20.10). */
export const longestServiceName = 63;

/** "name must be valid as a DNS name component", as Swarm says it: no dots (SwarmKit, `validateAnnotations`). */
const namePattern = /^[a-zA-Z0-9]+(?:[a-zA-Z0-9-_]*[a-zA-Z0-9])?$/;

/**
 * Name of the service: of a stack's service as `docker stack deploy` names it, otherwise the name of the container, so
 * that the workload is reached by the same name as on an Engine.
 */
export function serviceNameOf({ key, containerNames }: Pick<WorkloadSpec, "key" | "containerNames">): string {
  const slash = key.indexOf("/");
  if (slash >= 0) return `${key.slice(0, slash)}_${key.slice(slash + 1)}`;
  return containerNames[0] ?? key.replaceAll("@", "-");
}

export function isServiceName(name: string): boolean {
  return name.length <= longestServiceName && namePattern.test(name);
}
