import type { DiagnosticSink } from "../lib/diagnostic.ts";
import type { WorkloadSpec } from "../model/workload.ts";
import { formatPlace, placeOf } from "./places.ts";

/** A static address belongs to one container of a network. */
export function checkAddresses(workloads: readonly WorkloadSpec[], sink: DiagnosticSink): void {
  const holders = new Map<string, WorkloadSpec>();
  for (const workload of workloads) {
    const { network } = workload.container;
    if (network.kind !== "networks") continue;
    for (const { network: name, ipv4, ipv6 } of network.attachments) {
      for (const address of [ipv4, ipv6]) {
        if (address !== undefined) claim(address, name, workload, holders, sink);
      }
    }
  }
}

function claim(
  address: string,
  network: string,
  workload: WorkloadSpec,
  holders: Map<string, WorkloadSpec>,
  sink: DiagnosticSink,
): void {
  const key = `${network} ${address.toLowerCase()}`;
  const holder = holders.get(key);
  const place = placeOf(workload, "network");
  if (holder && holder !== workload) {
    const message = `address ${address} on network "${network}" is taken by workload "${holder.key}" in ${formatPlace(holder.origin)}`;
    sink.error(place, "address-conflict", message, "give it another address or none");
  } else if (workload.containerNames.length > 1) {
    const message = `${workload.containerNames.length} replicas cannot all have the address ${address}`;
    sink.error(place, "address-conflict", message, "leave the address to the Engine");
  }
  holders.set(key, holder ?? workload);
}
