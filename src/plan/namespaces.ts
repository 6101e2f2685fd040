import type { ActualContainer } from "../model/actual-state.ts";
import type { ContainerSpec, WorkloadSpec } from "../model/workload.ts";
import type { ActualIndex, World } from "./world.ts";

/** Namespaces of other containers: a container that shares one lives and dies with the container that owns it. */

/** Workload key of a container that serves now; a container that was replaced belongs to nobody any more. */
export type WorkloadOf = (containerId: string) => string | undefined;

/** Keys of the workloads whose network, process or IPC namespace this one shares. */
export function namespaceOwners(workload: WorkloadSpec, world: World): readonly string[] {
  const { network, pidMode, ipcMode } = workload.container;
  const named = [pidMode, ipcMode].flatMap((mode) => {
    const name = mode?.startsWith("container:") ? mode.slice("container:".length) : undefined;
    const key = name === undefined ? undefined : world.workloadByContainer.get(name);
    return key === undefined || key === workload.key ? [] : [key];
  });
  return [...new Set([...(network.kind === "workload" ? [network.workload] : []), ...named])];
}

/**
 * The Engine reports a shared network by container id; the spec names a workload or a container. In a shared network
 * the host name is the other container's.
 */
export function resolveNamespaces(
  live: ContainerSpec,
  desired: ContainerSpec,
  world: ActualIndex,
  workloadOf: WorkloadOf,
): ContainerSpec {
  let resolved = live;
  if (live.network.kind === "container") {
    const id = live.network.container;
    const workload = workloadOf(id);
    const name = world.containersById.get(id)?.name;
    if (desired.network.kind === "workload" && workload !== undefined) {
      resolved = { ...resolved, network: { kind: "workload", workload } };
    } else if (name !== undefined) {
      resolved = { ...resolved, network: { kind: "container", container: name } };
    }
  }
  const isShared = ["workload", "container", "host"].includes(desired.network.kind);
  if (desired.hostname === undefined && isShared) {
    const { hostname: _host, domainname: _domain, ...rest } = resolved;
    resolved = rest;
  }
  return resolved;
}

/**
 * A container can join a network only while its owner runs, so that an owner that started later has left it behind in
 * a namespace that is gone (it can neither reach anybody nor restart).
 */
export function outlivedItsNamespace(container: ActualContainer, world: ActualIndex): boolean {
  if (container.spec.network.kind !== "container" || container.state.status !== "running") return false;
  const { container: owner } = container.spec.network;
  const found = world.containersById.get(owner) ?? world.containersByName.get(owner);
  if (found === undefined || found.state.status !== "running") return false;
  return instant(found.state.startedAt) > instant(container.state.startedAt);
}

/** The Engine trims zeros from the fraction; without the closing `Z` its times compare as text. */
function instant(time: string): string {
  return time.replace(/Z$/, "");
}
