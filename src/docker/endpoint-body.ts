import { compact, compareText } from "../lib/records.ts";
import type { NetworkAttachment } from "../model/workload.ts";

/** `EndpointSettings` as far as we send them (Docker Engine API, "NetworkConnect"). */
export interface EndpointBody {
  readonly Aliases?: readonly string[];
  readonly IPAMConfig?: { readonly IPv4Address?: string; readonly IPv6Address?: string };
  readonly Links?: readonly string[];
  readonly MacAddress?: string;
}

/**
 * The endpoint of an attachment. The container's canonical name is an alias too, so that others find it by name before
 * and after it is renamed.
 */
export function endpointBody(attachment: NetworkAttachment, canonicalName: string): EndpointBody {
  const { ipv4, ipv6 } = attachment;
  return compact<EndpointBody>({
    Aliases: [...new Set([...attachment.aliases, canonicalName])].sort(compareText),
    IPAMConfig:
      ipv4 === undefined && ipv6 === undefined
        ? undefined
        : compact<NonNullable<EndpointBody["IPAMConfig"]>>({ IPv4Address: ipv4, IPv6Address: ipv6 }),
    Links: undefined,
    MacAddress: undefined,
  });
}
