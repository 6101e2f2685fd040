import { compact, compareText } from "../lib/records.ts";
import type { EndpointSettings, NetworkAttachment } from "../model/workload.ts";

/** `EndpointSettings` as far as we send them (Docker Engine API, "NetworkConnect"). */
export interface EndpointBody {
  readonly Aliases?: readonly string[];
  readonly IPAMConfig?: {
    readonly IPv4Address?: string;
    readonly IPv6Address?: string;
    readonly LinkLocalIPs?: readonly string[];
  };
  readonly Links?: readonly string[];
  readonly MacAddress?: string;
  readonly DriverOpts?: Readonly<Record<string, string>>;
  readonly GwPriority?: number;
}

/**
 * The endpoint of an attachment. The container's canonical name is an alias too, so that others find it by name before
 * and after it is renamed.
 */
export function endpointBody(attachment: NetworkAttachment, canonicalName: string): EndpointBody {
  return compact<EndpointBody>({
    Aliases: [...new Set([...attachment.aliases, canonicalName])].sort(compareText),
    IPAMConfig: addresses(attachment),
    Links: undefined,
    MacAddress: attachment.macAddress,
    ...driverSettings(attachment),
  });
}

/** The endpoint of a container on the default bridge, which knows neither aliases nor addresses of one's choice. */
export function bridgeEndpointBody(settings: EndpointSettings, macAddress: string | undefined): EndpointBody {
  return compact<EndpointBody>({
    Aliases: undefined,
    IPAMConfig: addresses(settings),
    Links: undefined,
    MacAddress: macAddress,
    ...driverSettings(settings),
  });
}

/** What can be told apart from other containers only by its address stays back until the gate has passed. */
export function withheldEndpointBody(attachment: NetworkAttachment): EndpointBody {
  return compact<EndpointBody>({
    Aliases: undefined,
    IPAMConfig: undefined,
    Links: undefined,
    MacAddress: attachment.macAddress,
    ...driverSettings(attachment),
  });
}

function driverSettings({ driverOptions, gatewayPriority }: EndpointSettings) {
  return { DriverOpts: driverOptions, GwPriority: gatewayPriority };
}

function addresses(
  settings: EndpointSettings & Partial<Pick<NetworkAttachment, "ipv4" | "ipv6">>,
): EndpointBody["IPAMConfig"] {
  const config = compact<NonNullable<EndpointBody["IPAMConfig"]>>({
    IPv4Address: settings.ipv4,
    IPv6Address: settings.ipv6,
    LinkLocalIPs: settings.linkLocalIps,
  });
  return Object.keys(config).length === 0 ? undefined : config;
}
