import type { ServiceMode } from "../model/cluster.ts";
import { warnOnEngine } from "./key-table.ts";
import type { ServiceReading } from "./service-reading.ts";

export function isJobMode(mode: ServiceMode | undefined): boolean {
  return mode === "replicated-job" || mode === "global-job";
}

/** An Engine runs a job of a cluster once, however many times the cluster would. */
export function runsOnce({ runsOn, cluster }: ServiceReading): boolean {
  return runsOn === "engine" && isJobMode(cluster.mode);
}

/** What the keys of `deploy` rule out among themselves, because Swarm refuses it (docker service create reference). */
export function checkMode(reading: ServiceReading): void {
  const { name, sink, cluster, replicas, positions, origin } = reading;
  const { mode = "replicated", placement } = cluster;
  const isGlobal = mode === "global" || mode === "global-job";
  if (isGlobal && replicas) {
    const message = `service "${name}" is ${mode}, which has no number of replicas`;
    sink.error(replicas.position, "contradiction", message, "remove the number, or mode");
  } else if (mode === "replicated-job" && replicas && replicas.count > 1) {
    const what = `services.${name}: a job with ${replicas.count} replicas`;
    warnOnEngine(what, replicas.position, "an Engine runs it once", reading);
  }
  if (isGlobal && placement?.maxReplicasPerNode !== undefined) {
    const message = `service "${name}" is ${mode}, which is one container on each node`;
    const position = positions["cluster.placement"] ?? origin;
    sink.error(position, "contradiction", message, "remove max_replicas_per_node, or mode");
  }
  checkEndpoint(reading);
}

/** Without an address of its own a service cannot take what comes in on all nodes. */
function checkEndpoint({ name, sink, runsOn, cluster, container, positions, origin }: ServiceReading): void {
  if (runsOn !== "swarm" || cluster.endpointMode !== "dnsrr") return;
  const port = container.ports?.find(({ mode }) => mode !== "host");
  if (!port) return;
  const message = `service "${name}" has endpoint_mode dnsrr, and port ${port.containerPort} is published on all nodes`;
  const hint = "write mode: host in the long form of the port, or endpoint_mode: vip";
  sink.error(positions["cluster.endpointMode"] ?? origin, "contradiction", message, hint);
}
