import type { PortBinding } from "../model/workload.ts";

export type Protocol = PortBinding["protocol"];
export const protocols: readonly Protocol[] = ["tcp", "udp", "sctp"];

interface Range {
  readonly first: number;
  readonly last: number;
}

/**
 * The short syntax of `ports` (Compose specification, "ports", short syntax): `[[IP:][HOST]:]CONTAINER[/PROTOCOL]`, where
 * HOST and CONTAINER may be ranges.
 *
 * @returns one binding for each container port, or a sentence that says what is wrong
 */
export function parsePort(text: string): readonly PortBinding[] | string {
  const { ports, protocol } = splitProtocol(text);
  if (protocol === undefined) return `the protocol must be one of ${protocols.join(", ")}`;
  const colon = ports.lastIndexOf(":");
  const container = parseRange(ports.slice(colon + 1));
  if (typeof container === "string") return `container port ${container}`;
  const published = colon < 0 ? { hostIp: "", host: "" } : splitHost(ports.slice(0, colon));
  if (published.hostIp.includes(":") && !ports.startsWith("[")) {
    return `an IPv6 address stands in brackets: [${published.hostIp}]`;
  }
  if (!isAddress(published.hostIp)) return `"${published.hostIp}" is no IP address`;
  const hostPorts = pairHostPorts(published.host, container);
  if (typeof hostPorts === "string") return hostPorts;
  return hostPorts.map((hostPort, index) => ({
    containerPort: container.first + index,
    protocol,
    hostIp: published.hostIp,
    hostPort,
  }));
}

/** Ports without publishing, `3000`, `8000-8010/udp`, as `3000/tcp` … or a sentence that says what is wrong. */
export function parseExposed(text: string): readonly string[] | string {
  const { ports, protocol } = splitProtocol(text);
  if (protocol === undefined) return `the protocol must be one of ${protocols.join(", ")}`;
  const range = parseRange(ports);
  if (typeof range === "string") return `port ${range}`;
  return Array.from(
    { length: range.last - range.first + 1 },
    (_, index) => `${range.first + index}/${protocol}`,
  );
}

/** A host port as the long syntax writes it: `8080`, `8000-8010`, or `""`. A sentence in `error` says what is wrong. */
export function parsePublished(text: string): { readonly hostPort: string } | { readonly error: string } {
  if (text === "" || text === "0") return { hostPort: "" };
  const range = parseRange(text);
  return typeof range === "string" ? { error: `host port ${range}` } : { hostPort: formatRange(range) };
}

/** `""` is every address. */
export function isAddress(text: string): boolean {
  if (text === "") return true;
  if (text.includes(":")) return isIpv6(text);
  const octets = text.split(".");
  return (
    octets.length === 4 && octets.every((octet) => /^(?:0|[1-9]\d{0,2})$/.test(octet) && Number(octet) < 256)
  );
}

export function isIpv6(text: string): boolean {
  const halves = text.split("::");
  if (halves.length > 2 || !text.includes(":")) return false;
  const groups = halves.flatMap((half) => (half === "" ? [] : half.split(":")));
  const last = groups.at(-1) ?? "";
  const isMapped = last.includes(".");
  const count = groups.length + (isMapped ? 1 : 0);
  const hex = isMapped ? groups.slice(0, -1) : groups;
  if (isMapped && (last.split(".").length !== 4 || !isAddress(last))) return false;
  return (
    hex.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group)) && (halves.length === 2 ? count < 8 : count === 8)
  );
}

/** How many containers a host port can serve at once; a random one serves any number. */
export function hostPortCapacity(hostPort: string): number {
  if (hostPort === "") return Number.POSITIVE_INFINITY;
  const range = parseRange(hostPort);
  return typeof range === "string" ? 1 : range.last - range.first + 1;
}

function splitProtocol(text: string): { ports: string; protocol: Protocol | undefined } {
  const slash = text.indexOf("/");
  if (slash < 0) return { ports: text, protocol: "tcp" };
  const word = text.slice(slash + 1).toLowerCase();
  return { ports: text.slice(0, slash), protocol: protocols.find((protocol) => protocol === word) };
}

function splitHost(text: string): { hostIp: string; host: string } {
  const colon = text.lastIndexOf(":");
  if (colon < 0 || text.endsWith("]")) return { hostIp: "", host: text };
  return { hostIp: text.slice(0, colon).replace(/^\[(.*)\]$/, "$1"), host: text.slice(colon + 1) };
}

function pairHostPorts(host: string, container: Range): readonly string[] | string {
  const count = container.last - container.first + 1;
  if (host === "" || host === "0") return Array.from({ length: count }, () => "");
  if (isAddress(host.replace(/^\[(.*)\]$/, "$1"))) {
    return `"${host}" is an address without a host port; write ${host}::PORT to let the Engine choose one`;
  }
  const range = parseRange(host);
  if (typeof range === "string") return `host port ${range}`;
  if (count === 1) return [formatRange(range)];
  if (range.last - range.first + 1 !== count) return "the two ranges differ in length";
  return Array.from({ length: count }, (_, index) => String(range.first + index));
}

function formatRange({ first, last }: Range): string {
  return first === last ? String(first) : `${first}-${last}`;
}

function parseRange(text: string): Range | string {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  if (!match) return `"${text}" is no number or range`;
  const first = Number(match[1]);
  const last = Number(match[2] ?? match[1]);
  if (first < 1 || last > 65_535) return `"${text}" is not between 1 and 65535`;
  return first <= last ? { first, last } : `range "${text}" runs backwards`;
}
