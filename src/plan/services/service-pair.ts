import type { ActualService } from "../../model/actual-swarm.ts";
import type { WorkloadSpec } from "../../model/workload.ts";
import { serviceNameOf } from "../../swarm/to-service-spec.ts";
import type { ServiceWorld } from "./service-world.ts";

/** A workload and the service that it is, or was. */
export interface ServicePair {
  readonly workload: WorkloadSpec;
  readonly name: string;
  /** Ours, under whatever name; or one that we may take over. */
  readonly current?: ActualService;
  /** Somebody else's service that holds the name. */
  readonly intruder?: ActualService;
}

export interface ServicePairing {
  readonly pairs: readonly ServicePair[];
  /** Owned services that no workload claims. */
  readonly orphans: readonly ActualService[];
}

/** Matches services to workloads by our labels, and by name where there are none. */
export function pairServices(services: ServiceWorld): ServicePairing {
  const { world, swarm, servicesByName, servicesByWorkload } = services;
  const claimed = new Set<string>();
  const pairs = world.desired.workloads.map((workload): ServicePair => {
    const name = serviceNameOf(workload);
    const mine = servicesByWorkload.get(workload.key) ?? [];
    const holder = servicesByName.get(name);
    const isIntruder = holder !== undefined && !isOurs(holder, workload, services);
    const current = isIntruder ? mine[0] : (holder ?? mine[0]);
    if (current !== undefined) claimed.add(current.id);
    return {
      ...{ workload, name },
      ...(current === undefined ? {} : { current }),
      ...(isIntruder ? { intruder: holder } : {}),
    };
  });
  const orphans = swarm.services.filter(
    ({ id, ownership, record }) =>
      ownership.kind === "owned" && record.workload !== undefined && !claimed.has(id),
  );
  return { pairs, orphans };
}

/** One of another workload of ours that is not wanted any more gives its name to the new one. */
function isOurs(holder: ActualService, { key }: WorkloadSpec, { world }: ServiceWorld): boolean {
  if (world.adopt.has(key) || world.adopt.has(holder.name)) return true;
  const { ownership, record } = holder;
  if (ownership.kind !== "owned") return false;
  return record.workload === key || !world.workloads.has(record.workload ?? "");
}
