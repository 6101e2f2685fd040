import type { PortBinding } from "../model/workload.ts";
import { isIpv4, isIpv6 } from "./flag-values.ts";
import { mark, type RunDraft, refuse } from "./run-draft.ts";
import { type Word, wordPosition } from "./words.ts";

interface PortRange {
  readonly first: number;
  readonly last: number;
}

const protocols = ["tcp", "udp", "sctp"] as const;
const portHint =
  "write [address:][host port:]container port[/tcp|udp|sctp], for example 8080:80 or 127.0.0.1:53:53/udp";

/** `--publish`: `[ip:][host port or range:]port or range[/protocol]`, or `target=80,published=8080` (docker run reference). */
export function applyPublish(value: Word, draft: RunDraft): void {
  const text = value.text.includes("=") ? standardNotation(value, draft) : value.text;
  if (text === undefined) return;
  const bindings = parsePublish(text);
  if (typeof bindings === "string") {
    refuse(draft, value, `"${value.text}" is not a port to publish: ${bindings}`, portHint);
    return;
  }
  for (const binding of bindings) addBinding(binding, value, draft);
  mark(draft, "ports", value);
}

function addBinding(binding: PortBinding, value: Word, draft: RunDraft): void {
  const { hostIp, hostPort, containerPort, protocol } = binding;
  const isFixed = hostPort !== "" && !hostPort.includes("-");
  const key = `${hostIp} ${hostPort} ${protocol} ${isFixed ? "" : containerPort}`;
  const other = draft.ports.get(key);
  if (other === undefined) draft.ports.set(key, { binding, position: wordPosition(value) });
  else if (other.binding.containerPort !== containerPort) {
    refuse(draft, value, `host port ${hostPort}/${protocol} is published twice`);
  }
}

/** The bindings of a port text, or what is wrong with it. */
function parsePublish(text: string): readonly PortBinding[] | string {
  const slash = text.indexOf("/");
  const written = slash < 0 ? "" : text.slice(slash + 1);
  const protocol = protocols.find((name) => name === (written.toLowerCase() || "tcp"));
  if (protocol === undefined) return `unknown protocol "${written}"`;
  const parts = splitPort(slash < 0 ? text : text.slice(0, slash));
  const container = parseRange(parts.container);
  if (container === undefined) return `invalid container port "${parts.container}"`;
  if (!isHostAddress(parts.ip)) return `invalid address "${parts.ip}"`;
  const ip = parts.ip.replace(/^\[|\]$/g, "");
  const count = container.last - container.first + 1;
  const host = parts.host === "" || parts.host === "0" ? undefined : parseRange(parts.host);
  if (host === undefined && parts.host !== "" && parts.host !== "0")
    return `invalid host port "${parts.host}"`;
  const hostCount = host === undefined ? 0 : host.last - host.first + 1;
  if (host !== undefined && count > 1 && hostCount !== count) return "the ranges have different lengths";
  return Array.from({ length: count }, (_, offset) => ({
    containerPort: container.first + offset,
    protocol,
    hostIp: ip,
    hostPort: hostPortAt(host, count, offset),
  }));
}

function hostPortAt(host: PortRange | undefined, count: number, offset: number): string {
  if (host === undefined) return "";
  const isChoice = count === 1 && host.last > host.first;
  return isChoice ? `${host.first}-${host.last}` : String(host.first + offset);
}

/** Colons of the address itself are in brackets. */
function splitPort(text: string): { ip: string; host: string; container: string } {
  const parts = text.split(":");
  const container = parts.pop() ?? "";
  const host = parts.pop() ?? "";
  return { ip: parts.join(":"), host, container };
}

function isHostAddress(text: string): boolean {
  return text === "" || isIpv4(text) || (/^\[.*\]$/.test(text) && isIpv6(text.slice(1, -1)));
}

function parseRange(text: string): PortRange | undefined {
  const match = /^0*(\d{1,5})(?:-0*(\d{1,5}))?$/.exec(text);
  if (!match) return undefined;
  const first = Number(match[1]);
  const last = Number(match[2] ?? match[1]);
  return first >= 1 && last <= 65_535 && first <= last ? { first, last } : undefined;
}

function standardNotation(value: Word, draft: RunDraft): string | undefined {
  const fields = new Map<string, string>();
  for (const part of value.text.split(",")) {
    const [name = "", text, ...rest] = part.split("=");
    if (
      !["target", "published", "protocol", "mode"].includes(name) ||
      text === undefined ||
      rest.length > 0
    ) {
      return refuse(draft, value, `"${part}" is not a port option`, "options: target, published, protocol");
    }
    fields.set(name, text);
  }
  const published = fields.get("published") ?? "";
  return `${published}:${fields.get("target") ?? ""}/${fields.get("protocol") ?? "tcp"}`;
}

/** `--expose`: a port or range that is documented but not published. */
export function applyExpose(value: Word, draft: RunDraft): void {
  const [ports = "", written = ""] = value.text.toLowerCase().split("/");
  const protocol = written || "tcp";
  const range = parseRange(ports);
  if (range === undefined || !protocols.some((name) => name === protocol)) {
    refuse(
      draft,
      value,
      `"${value.text}" is not a port`,
      "write a port or a range, for example 80 or 8000-8010/udp",
    );
    return;
  }
  const exposed = new Set(draft.fields.expose ?? []);
  for (let port = range.first; port <= range.last; port++) exposed.add(`${port}/${protocol}`);
  draft.fields.expose = [...exposed];
  mark(draft, "expose", value);
}
