import { didYouMean } from "../lib/suggest.ts";
import type { NetworkAttachment, NetworkMode } from "../model/workload.ts";
import { isIpv4, isIpv6 } from "./flag-values.ts";
import { mark, type NetworkRequest, type RunDraft, refuse } from "./run-draft.ts";
import { sliceWord, type Word, wordPosition } from "./words.ts";

const networkKeys = ["name", "alias", "ip", "ip6"];
const unsupportedKeys = ["driver-opt", "mac-address", "link-local-ip", "gw-priority"];

/** `--network`: a name, or `name=…,alias=…,ip=…,ip6=…` (docker run reference). */
export function applyNetwork(value: Word, draft: RunDraft): void {
  mark(draft, "network", value);
  const position = wordPosition(value);
  if (/^[a-z0-9-]+=/i.test(value.text)) applyLongNetwork(value, draft);
  else if (value.text === "") refuse(draft, value, "the network has no name");
  else draft.networks.push({ name: value.text, aliases: [], position });
}

function applyLongNetwork(value: Word, draft: RunDraft): void {
  const request: { name?: string; aliases: string[]; ipv4?: string; ipv6?: string } = { aliases: [] };
  let start = 0;
  for (const part of value.text.split(",")) {
    const place = sliceWord(value, start, start + part.length);
    start += part.length + 1;
    const equals = part.indexOf("=");
    const key = part.slice(0, Math.max(equals, 0)).toLowerCase();
    const text = part.slice(equals + 1);
    if (equals < 0 || !networkKeys.includes(key)) reportNetworkKey(key === "" ? part : key, place, draft);
    else if (key === "name") request.name = text;
    else if (key === "alias") request.aliases.push(text);
    else if (key === "ip" && isIpv4(text)) request.ipv4 = text;
    else if (key === "ip6" && isIpv6(text)) request.ipv6 = text;
    else refuse(draft, place, `"${text}" is not an address for ${key}=`);
  }
  const { name, ...rest } = request;
  if (name === undefined || name === "")
    refuse(draft, value, "the network has no name", "write name=NETWORK");
  else draft.networks.push({ name, ...rest, position: wordPosition(value) });
}

function reportNetworkKey(key: string, place: Word, draft: RunDraft): void {
  const message = unsupportedKeys.includes(key)
    ? `network option "${key}" is not supported yet`
    : `unknown network option "${key}"`;
  refuse(draft, place, message, didYouMean(key, networkKeys) ?? `options: ${networkKeys.join(", ")}`);
}

export function applyNetworkAlias(value: Word, draft: RunDraft): void {
  if (value.text === "") refuse(draft, value, "the alias is empty");
  else draft.aliases.push(value.text);
  mark(draft, "network", value);
}

export function applyIp(value: Word, draft: RunDraft): void {
  if (!isIpv4(value.text)) refuse(draft, value, `"${value.text}" is not an IPv4 address`);
  else draft.ipv4 = { text: value.text, position: wordPosition(value) };
}

export function applyIp6(value: Word, draft: RunDraft): void {
  if (!isIpv6(value.text)) refuse(draft, value, `"${value.text}" is not an IPv6 address`);
  else draft.ipv6 = { text: value.text, position: wordPosition(value) };
}

/** The network mode that all flags together ask for. */
export function finishNetwork(draft: RunDraft): NetworkMode {
  const [first] = draft.networks;
  const mode = first === undefined ? { kind: "default" as const } : specialMode(first.name);
  if (mode === undefined) return { kind: "networks", attachments: attachmentsOf(draft) };
  const { sink } = draft.scope;
  const [, second] = draft.networks;
  if (second !== undefined) {
    const message = `network "${first?.name}" cannot be combined with others`;
    sink.error(second.position, "conflicting-flags", message, "name user-defined networks only");
  }
  const hint = "name a user-defined network with --network";
  const hasAliases = draft.aliases.length > 0 || (first?.aliases.length ?? 0) > 0;
  const position = first?.position ?? draft.positions["network"];
  if (hasAliases && position) {
    sink.error(position, "conflicting-flags", "aliases need a user-defined network", hint);
  }
  const address = draft.ipv4 ?? draft.ipv6 ?? (first?.ipv4 || first?.ipv6 ? first : undefined);
  if (address) {
    sink.error(address.position, "conflicting-flags", "a fixed address needs a user-defined network", hint);
  }
  return mode;
}

/** Names that are not user-defined networks. */
function specialMode(name: string): NetworkMode | undefined {
  if (name === "bridge" || name === "default") return { kind: "default" };
  if (name === "host" || name === "none") return { kind: name };
  if (name.startsWith("container:")) return { kind: "container", container: name.slice("container:".length) };
  return undefined;
}

/** `--network-alias`, `--ip` and `--ip6` belong to the first network, as Docker has it. */
function attachmentsOf(draft: RunDraft): NetworkAttachment[] {
  const seen = new Set<string>();
  return draft.networks.flatMap((request, index) => {
    if (specialMode(request.name) !== undefined) {
      const message = `network "${request.name}" cannot be combined with others`;
      draft.scope.sink.error(
        request.position,
        "conflicting-flags",
        message,
        "name user-defined networks only",
      );
      return [];
    }
    if (seen.has(request.name)) {
      const message = `network "${request.name}" is named twice`;
      draft.scope.sink.error(request.position, "conflicting-flags", message, "name each network once");
      return [];
    }
    seen.add(request.name);
    return [attachmentOf(request, index === 0 ? draft : undefined)];
  });
}

function attachmentOf(request: NetworkRequest, flags: RunDraft | undefined): NetworkAttachment {
  const ipv4 = request.ipv4 ?? flags?.ipv4?.text;
  const ipv6 = request.ipv6 ?? flags?.ipv6?.text;
  return {
    network: request.name,
    aliases: [...new Set([...request.aliases, ...(flags?.aliases ?? [])])],
    ...(ipv4 === undefined ? {} : { ipv4 }),
    ...(ipv6 === undefined ? {} : { ipv6 }),
  };
}

/** `--add-host name:address`, `name=address` or `host-gateway`; stored with a colon. */
export function applyAddHost(value: Word, draft: RunDraft): void {
  const match = /^([^:=]+)[:=](.+)$/.exec(value.text);
  const address = match?.[2]?.replace(/^\[(.*)\]$/, "$1") ?? "";
  if (match?.[1] === undefined || !(isIpv4(address) || isIpv6(address) || address === "host-gateway")) {
    refuse(
      draft,
      value,
      `"${value.text}" is not a host entry`,
      "write name:address, for example db:10.0.0.5",
    );
    return;
  }
  const entry = `${match[1]}:${address}`;
  draft.fields.extraHosts = [...new Set([...(draft.fields.extraHosts ?? []), entry])];
  mark(draft, "extraHosts", value);
}

/** `--link name[:alias]`; the alias is the name when it is left out. */
export function applyLink(value: Word, draft: RunDraft): void {
  const match = /^([^:]+)(?::([^:]+))?$/.exec(value.text);
  if (match?.[1] === undefined) {
    refuse(draft, value, `"${value.text}" is not a link`, "write name or name:alias");
    return;
  }
  const link = `${match[1]}:${match[2] ?? match[1]}`;
  draft.fields.links = [...new Set([...(draft.fields.links ?? []), link])];
  mark(draft, "links", value);
}
