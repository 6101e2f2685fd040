import { compact, compareText } from "../lib/records.ts";
import type { EndpointSpec, ServicePort } from "../model/service-spec.ts";
import type { PortBinding, WorkloadSpec } from "../model/workload.ts";
import { unlessEmpty } from "./api-values.ts";

/** Published ports: on every node (`ingress`), or with mode `host` only on the nodes with a task. */
export function endpointSpec({ container, cluster }: WorkloadSpec): EndpointSpec | undefined {
  const ports = container.ports.map(servicePort).sort(comparePorts);
  return unlessEmpty(compact<EndpointSpec>({ Mode: cluster?.endpointMode, Ports: unlessEmpty(ports) }));
}

function servicePort(port: PortBinding): ServicePort {
  return compact<ServicePort>({
    Protocol: port.protocol,
    TargetPort: port.containerPort,
    PublishedPort: fixedHostPort(port),
    PublishMode: port.mode ?? "ingress",
  });
}

/** The host's port, or `undefined` when the Engine chooses one. */
export function fixedHostPort({ hostPort }: PortBinding): number | undefined {
  return /^\d+$/.test(hostPort) && Number(hostPort) > 0 ? Number(hostPort) : undefined;
}

/** Fixed ports of the nodes themselves: only one task of a node can hold each of them. */
export function hostModePorts(ports: readonly PortBinding[]): readonly PortBinding[] {
  return ports.filter((port) => port.mode === "host" && fixedHostPort(port) !== undefined);
}

export function comparePorts(a: ServicePort, b: ServicePort): number {
  return (
    (a.PublishedPort ?? 0) - (b.PublishedPort ?? 0) ||
    a.TargetPort - b.TargetPort ||
    compareText(a.Protocol ?? "tcp", b.Protocol ?? "tcp") ||
    compareText(a.PublishMode ?? "ingress", b.PublishMode ?? "ingress")
  );
}
