import type { Position } from "../lib/diagnostic.ts";
import type { EndpointSettings, NetworkAttachment, NetworkMode } from "../model/workload.ts";
import type { NetworkRequest, RunDraft } from "./run-draft.ts";

const onlyOne = "name user-defined networks only";
const userDefined = "name a user-defined network with --network";

/** The network mode that all flags together ask for. A MAC address of the first network is the container's own. */
export function finishNetwork(draft: RunDraft): NetworkMode {
  reportSaidTwice(draft);
  const [first] = draft.networks;
  if (first?.macAddress !== undefined) {
    draft.fields.macAddress = first.macAddress;
    draft.positions["macAddress"] ??= first.position;
  }
  const mode = first === undefined ? { kind: "default" as const } : specialMode(first.name);
  if (mode === undefined) return { kind: "networks", attachments: attachmentsOf(draft) };
  checkSpecial(mode.kind, draft);
  return mode.kind === "default" ? { ...mode, ...endpointOf(first, draft) } : mode;
}

/** Names that are not user-defined networks. */
function specialMode(name: string): NetworkMode | undefined {
  if (name === "bridge" || name === "default") return { kind: "default" };
  if (name === "host" || name === "none") return { kind: name };
  if (name.startsWith("container:")) return { kind: "container", container: name.slice("container:".length) };
  return undefined;
}

/** What can only be said for user-defined networks, or for a network of the container's own. */
function checkSpecial(kind: NetworkMode["kind"], draft: RunDraft): void {
  const [first, second] = draft.networks;
  if (second !== undefined)
    conflict(second.position, `network "${first?.name}" cannot be combined with others`, onlyOne, draft);
  const place = first?.position ?? draft.positions["network"];
  const hasAliases = draft.aliases.length > 0 || (first?.aliases.length ?? 0) > 0;
  if (hasAliases && place) conflict(place, "aliases need a user-defined network", userDefined, draft);
  const address = draft.ipv4 ?? draft.ipv6 ?? (first?.ipv4 || first?.ipv6 ? first : undefined);
  if (address) conflict(address.position, "a fixed address needs a user-defined network", userDefined, draft);
  if (kind === "default") return;
  const settings = Object.keys(endpointOf(first, draft));
  const mac = draft.fields.macAddress === undefined ? undefined : draft.positions["macAddress"];
  if (settings.length > 0 && place)
    conflict(
      place,
      `network "${first?.name}" has no endpoint that options could be for`,
      "remove them",
      draft,
    );
  if (mac !== undefined && kind !== "container")
    conflict(mac, `a MAC address has no effect with network "${first?.name}"`, "remove it", draft);
}

interface Twice {
  readonly option: string;
  readonly flag: string;
  readonly isGiven: (request: NetworkRequest) => boolean;
  readonly place: (draft: RunDraft) => Position | undefined;
}

/** What is said of the first network both by its own option and by a flag, which Docker refuses. */
const saidTwice: readonly Twice[] = [
  {
    ...{ option: "alias=", flag: "--network-alias" },
    isGiven: ({ aliases }) => aliases.length > 0,
    place: ({ aliases, positions }) => (aliases.length > 0 ? positions["network"] : undefined),
  },
  {
    ...{ option: "ip=", flag: "--ip" },
    isGiven: ({ ipv4 }) => ipv4 !== undefined,
    place: ({ ipv4 }) => ipv4?.position,
  },
  {
    ...{ option: "ip6=", flag: "--ip6" },
    isGiven: ({ ipv6 }) => ipv6 !== undefined,
    place: ({ ipv6 }) => ipv6?.position,
  },
  {
    ...{ option: "mac-address=", flag: "--mac-address" },
    isGiven: ({ macAddress }) => macAddress !== undefined,
    place: ({ positions }) => positions["macAddress"],
  },
  {
    ...{ option: "link-local-ip=", flag: "--link-local-ip" },
    isGiven: ({ linkLocalIps }) => linkLocalIps !== undefined,
    place: ({ linkLocalIps }) => linkLocalIps[0]?.position,
  },
];

function reportSaidTwice(draft: RunDraft): void {
  const [first] = draft.networks;
  for (const { option, flag, isGiven, place } of saidTwice) {
    const position = place(draft);
    if (first !== undefined && position !== undefined && isGiven(first))
      conflict(
        position,
        `${flag} cannot be combined with ${option} of --network`,
        "write one of them",
        draft,
      );
  }
}

/** `--network-alias`, `--ip` and their like belong to the first network, as Docker has it. */
function attachmentsOf(draft: RunDraft): NetworkAttachment[] {
  const seen = new Set<string>();
  return draft.networks.flatMap((request, index) => {
    const { name, position } = request;
    if (specialMode(name) !== undefined) {
      conflict(position, `network "${name}" cannot be combined with others`, onlyOne, draft);
      return [];
    }
    if (seen.has(name)) {
      conflict(position, `network "${name}" is named twice`, "name each network once", draft);
      return [];
    }
    seen.add(name);
    draft.positions[`network.${name}`] ??= position;
    return [index === 0 ? firstAttachment(request, draft) : attachmentOf(request)];
  });
}

function firstAttachment(request: NetworkRequest, draft: RunDraft): NetworkAttachment {
  const ipv4 = request.ipv4 ?? draft.ipv4?.text;
  const ipv6 = request.ipv6 ?? draft.ipv6?.text;
  const { macAddress: _ofContainer, ...attachment } = attachmentOf(request);
  return {
    ...attachment,
    aliases: [...new Set([...request.aliases, ...draft.aliases])],
    ...(ipv4 === undefined ? {} : { ipv4 }),
    ...(ipv6 === undefined ? {} : { ipv6 }),
    ...endpointOf(request, draft),
  };
}

function attachmentOf({ name, position: _, aliases, ...rest }: NetworkRequest): NetworkAttachment {
  return { network: name, aliases: [...new Set(aliases)], ...rest };
}

/** What the first network's options and the flags say of the container's place in it. */
function endpointOf(request: NetworkRequest | undefined, draft: RunDraft): EndpointSettings {
  const linkLocalIps = request?.linkLocalIps ?? draft.linkLocalIps.map(({ text }) => text);
  const { driverOptions, gatewayPriority } = request ?? {};
  return {
    ...(linkLocalIps.length === 0 ? {} : { linkLocalIps }),
    ...(driverOptions === undefined ? {} : { driverOptions }),
    ...(gatewayPriority === undefined ? {} : { gatewayPriority }),
  };
}

function conflict(position: Position, message: string, hint: string, { scope }: RunDraft): void {
  scope.sink.error(position, "conflicting-flags", message, hint);
}
