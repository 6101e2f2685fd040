import { compact, compareText } from "../lib/records.ts";
import { apiSupports } from "../model/engine-api.ts";
import { parseRoleName } from "../model/ownership.ts";
import type { ContainerSpec, NetworkMode, PortBinding } from "../model/workload.ts";
import type { CreateContext } from "./create-body.ts";
import {
  bridgeEndpointBody,
  type EndpointBody,
  endpointBody,
  withheldEndpointBody,
} from "./endpoint-body.ts";
import type { InspectHostConfig } from "./inspect-types.ts";

export function networkSettings(spec: ContainerSpec, context: CreateContext): InspectHostConfig {
  return compact<InspectHostConfig>({
    NetworkMode: networkModeBody(spec.network, context),
    PortBindings: portBindings(spec.ports),
    PublishAllPorts: spec.publishAll,
    Links: spec.network.kind === "networks" ? undefined : spec.links,
    ExtraHosts: spec.extraHosts,
    Dns: spec.dns,
    DnsSearch: spec.dnsSearch,
    DnsOptions: spec.dnsOptions,
  });
}

function networkModeBody(network: NetworkMode, context: CreateContext): string {
  switch (network.kind) {
    case "default":
    case "none":
    case "host":
      return network.kind;
    case "container":
      return `container:${context.sharedContainer ?? network.container}`;
    case "workload":
      return `container:${context.sharedContainer ?? network.workload}`;
    case "networks":
      return network.attachments[0]?.network ?? "none";
    default:
      return network satisfies never;
  }
}

/** The endpoint of each network by name, the primary one first: mode and first endpoint must agree. */
export function endpointsOf(spec: ContainerSpec, context: CreateContext): [string, EndpointBody][] {
  const mac = apiSupports(context.apiVersion, "endpointMacAddress") ? spec.macAddress : undefined;
  if (spec.network.kind === "default") {
    const endpoint = bridgeEndpointBody(spec.network, mac);
    return Object.keys(endpoint).length === 0 ? [] : [["default", endpoint]];
  }
  if (spec.network.kind !== "networks") return [];
  return spec.network.attachments.map((attachment, index) => {
    const own = index === 0 ? endpointOfFirst(spec, mac) : {};
    if (context.aliases === "withheld")
      return [attachment.network, { ...own, ...withheldEndpointBody(attachment) }];
    return [attachment.network, { ...own, ...endpointBody(attachment, parseRoleName(context.name).base) }];
  });
}

function endpointOfFirst(spec: ContainerSpec, mac: string | undefined): Partial<EndpointBody> {
  return {
    ...(mac === undefined ? {} : { MacAddress: mac }),
    ...(spec.links === undefined ? {} : { Links: spec.links }),
  };
}

export function portKey(port: PortBinding): string {
  return `${port.containerPort}/${port.protocol}`;
}

function portBindings(ports: readonly PortBinding[]): InspectHostConfig["PortBindings"] | undefined {
  if (ports.length === 0) return undefined;
  const bindings = Object.groupBy(ports, portKey);
  return Object.fromEntries(
    Object.entries(bindings)
      .sort(([a], [b]) => compareText(a, b))
      .map(([key, group = []]) => [
        key,
        group.map((port) => ({ HostIp: port.hostIp, HostPort: port.hostPort })),
      ]),
  );
}
