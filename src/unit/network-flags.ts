import { didYouMean } from "../lib/suggest.ts";
import { isIpv4, isIpv6 } from "./flag-values.ts";
import { parseDecimalInteger, readCsv, splitPair } from "./go-values.ts";
import { readMacAddress } from "./mac-address.ts";
import { mark, type NetworkRequest, type RunDraft, refuse } from "./run-draft.ts";
import { sliceWord, type Word, wordPosition } from "./words.ts";

/** A network while its options are read. */
type Draft = { -readonly [K in keyof NetworkRequest]?: NetworkRequest[K] } & { aliases: string[] };

interface OptionRow {
  /** What a value is, for people. */
  readonly what: string;
  /** Takes the value in; false when it is none. */
  readonly read: (text: string, request: Draft) => boolean;
}

function keeps<K extends "name" | "ipv4" | "ipv6">(
  key: K,
  what: string,
  isValid: (text: string) => boolean,
): OptionRow {
  return {
    what,
    read: (text, request) => {
      if (text !== "" && !isValid(text)) return false;
      if (text === "") delete request[key];
      else request[key] = text;
      return true;
    },
  };
}

/** Options of the long form of `--network` (docker run reference, "Network settings"). */
const options: Readonly<Record<string, OptionRow>> = {
  name: keeps("name", "a name", () => true),
  alias: {
    what: "a name",
    read: (text, request) => text !== "" && request.aliases.push(text) > 0,
  },
  ip: keeps("ipv4", "an address for ip=", isIpv4),
  ip6: keeps("ipv6", "an address for ip6=", isIpv6),
  "mac-address": {
    what: "a MAC address",
    read: (text, request) => {
      const address = readMacAddress(text);
      if (address !== undefined) request.macAddress = address;
      return address !== undefined;
    },
  },
  "link-local-ip": {
    what: "a link-local address",
    read: (text, request) => {
      request.linkLocalIps = [...(request.linkLocalIps ?? []), text];
      return isLinkLocal(text);
    },
  },
  "driver-opt": {
    what: "a driver's option, name=value",
    read: (text, request) => {
      const { key, value } = splitPair(text);
      request.driverOptions = { ...request.driverOptions, [key.trim()]: (value ?? "").trim() };
      return key !== "" && value !== undefined;
    },
  },
  "gw-priority": {
    what: "a whole number",
    read: (text, request) => {
      const priority = parseDecimalInteger(text);
      request.gatewayPriority = priority ?? 0;
      return priority !== undefined;
    },
  },
};

/** `--network`: a name, or comma separated options with `name=` among them (docker run reference). */
export function applyNetwork(value: Word, draft: RunDraft): void {
  mark(draft, "network", value);
  const position = wordPosition(value);
  if (/\w=\w/.test(value.text)) applyLongNetwork(value, draft);
  else if (value.text.trim() === "") refuse(draft, value, "the network has no name");
  else draft.networks.push({ name: value.text, aliases: [], position });
}

/** The docker command reads all of the long form in small letters. */
function applyLongNetwork(value: Word, draft: RunDraft): void {
  const request: Draft = { aliases: [] };
  const fields = readCsv(value.text);
  if (fields === undefined) {
    refuse(draft, value, `"${value.text}" is not a list of options`, "put an option with a comma in quotes");
    return;
  }
  for (const { text: written, start, end } of fields) {
    const place = sliceWord(value, start, end);
    const { key, value: given } = splitPair(written);
    const name = key.toLowerCase().trim();
    const row = Object.hasOwn(options, name) ? options[name] : undefined;
    const text = (given ?? "").toLowerCase().trim();
    if (row === undefined || given === undefined) reportOption(name, place, draft);
    else if (!row.read(text, request)) refuse(draft, place, `"${given}" is not ${row.what}`);
  }
  const { name, aliases, ...rest } = request;
  if (name === undefined || name === "")
    refuse(draft, value, "the network has no name", "write name=NETWORK");
  else draft.networks.push({ name, aliases, ...rest, position: wordPosition(value) });
}

function reportOption(key: string, place: Word, draft: RunDraft): void {
  const known = Object.keys(options);
  const message = known.includes(key)
    ? `network option "${key}" needs a value`
    : `unknown network option "${key}"`;
  refuse(draft, place, message, didYouMean(key, known) ?? `options: ${known.join(", ")}`);
}

export function applyNetworkAlias(value: Word, draft: RunDraft): void {
  if (value.text === "") refuse(draft, value, "the alias is empty");
  else draft.aliases.push(value.text);
  mark(draft, "network", value);
}

export function applyIp(value: Word, draft: RunDraft): void {
  if (value.text === "") delete draft.ipv4;
  else if (!isIpv4(value.text)) refuse(draft, value, `"${value.text}" is not an IPv4 address`);
  else draft.ipv4 = { text: value.text, position: wordPosition(value) };
}

export function applyIp6(value: Word, draft: RunDraft): void {
  if (value.text === "") delete draft.ipv6;
  else if (!isIpv6(value.text)) refuse(draft, value, `"${value.text}" is not an IPv6 address`);
  else draft.ipv6 = { text: value.text, position: wordPosition(value) };
}

export function applyLinkLocalIp(value: Word, draft: RunDraft): void {
  if (isLinkLocal(value.text)) draft.linkLocalIps.push({ text: value.text, position: wordPosition(value) });
  else
    refuse(draft, value, `"${value.text}" is not a link-local address`, "they begin with 169.254. or fe80:");
  mark(draft, "network", value);
}

function isLinkLocal(text: string): boolean {
  return (isIpv4(text) && text.startsWith("169.254.")) || (isIpv6(text) && /^fe[89ab]/i.test(text));
}
