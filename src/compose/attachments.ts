import { didYouMean } from "../lib/suggest.ts";
import type { YamlEntry, YamlMap, YamlNode } from "../lib/yaml.ts";
import { readInteger, readMap, readText } from "../lib/yaml-read.ts";
import type { NetworkSpec } from "../model/network.ts";
import type { NetworkAttachment as Attachment } from "../model/workload.ts";
import { type KeyTable, type Reading, readKeys, type SupportedKey } from "./key-table.ts";
import { isAddress, isIpv6 } from "./ports.ts";
import type { ComposeProject } from "./project.ts";
import { readMacAddress, readOptionalText, readRecord, readTexts, type TextItem } from "./scalars.ts";
import { markField, type PlacedAttachment, type ServiceReading, setCluster } from "./service-reading.ts";

interface AttachmentReading extends Reading {
  aliases: readonly string[];
  ipv4?: TextItem;
  ipv6?: TextItem;
  priority: number;
  linkLocalIps?: readonly string[];
  macAddress?: string;
  gatewayPriority?: number;
  interfaceName?: string;
  driverOptions?: Readonly<Record<string, string>>;
}

function fixedAddress(version: "ipv4" | "ipv6"): SupportedKey<AttachmentReading> {
  return {
    doc: `Fixed ${version === "ipv4" ? "IPv4" : "IPv6"} address inside the network's subnet.`,
    read: (value, reading, what) => {
      const text = readText(value, what, reading.sink);
      if (text === undefined || text === "") return;
      const fits = isAddress(text) && isIpv6(text) === (version === "ipv6");
      if (fits) reading[version] = { text, position: value.position };
      else reading.sink.error(value.position, "bad-address", `${what} cannot be "${text}"`);
    },
  };
}

/** Keys of an entry of a service's `networks` (Compose specification, "networks" of a service). */
export const attachmentKeys: KeyTable<AttachmentReading> = {
  aliases: {
    doc: "Further names on this network.",
    read: (value, reading, what) => {
      reading.aliases = readTexts(value, what, reading.sink)?.map((item) => item.text) ?? [];
    },
  },
  ipv4_address: fixedAddress("ipv4"),
  ipv6_address: fixedAddress("ipv6"),
  priority: {
    doc: "Networks are attached in this order, highest first; the first one is the primary.",
    read: (value, reading, what) => {
      reading.priority = readInteger(value, what, reading.sink, Number.MIN_SAFE_INTEGER) ?? 0;
    },
  },
  gw_priority: {
    doc: "The network with the highest one has the default gateway.",
    read: (value, reading, what) => {
      const priority = readInteger(value, what, reading.sink, Number.MIN_SAFE_INTEGER);
      if (priority !== undefined) reading.gatewayPriority = priority;
    },
  },
  link_local_ips: {
    doc: "Further addresses of the interface, which nobody else gives out.",
    read: (value, reading, what) => {
      const addresses = readTexts(value, what, reading.sink) ?? [];
      for (const { text, position } of addresses) {
        if (text === "" || !isAddress(text))
          reading.sink.error(position, "bad-address", `${what} has "${text}", which is no IP address`);
      }
      reading.linkLocalIps = [...new Set(addresses.map(({ text }) => text))];
    },
  },
  mac_address: {
    doc: "Hardware address on this network.",
    read: (value, reading, what) => {
      const address = readMacAddress(value, what, reading.sink);
      if (address !== undefined) reading.macAddress = address;
    },
  },
  interface_name: {
    doc: "Name of the interface in the container, instead of eth0.",
    read: (value, reading, what) => {
      const name = readOptionalText(value, what, reading.sink);
      if (name !== undefined) reading.interfaceName = name;
    },
  },
  driver_opts: {
    doc: "Options of the network's driver for this service.",
    read: (value, reading, what) => {
      const options = readRecord(value, what, reading.sink);
      if (options) reading.driverOptions = options;
    },
  },
};

/** `networks` of a service, a list of names or a mapping. */
export function readAttachments(value: YamlNode, reading: ServiceReading, what: string): void {
  markField(reading, "network", value.position);
  if (value.kind === "map") {
    reading.attachments = value.entries.flatMap((entry) => readAttachment(entry, reading, what) ?? []);
    return;
  }
  const names = readTexts(value, what, reading.sink) ?? [];
  const empty: Omit<YamlMap, "position"> = { kind: "map", entries: [] };
  reading.attachments = names.flatMap(({ text, position }) => {
    const entry: YamlEntry = { key: text, keyPosition: position, value: { ...empty, position } };
    return readAttachment(entry, reading, what) ?? [];
  });
}

function readAttachment(
  entry: YamlEntry,
  reading: ServiceReading,
  what: string,
): PlacedAttachment | undefined {
  const { key, keyPosition: position } = entry;
  const network = networkOf(key, reading, position);
  const map = readMap(entry.value, `${what}.${key}`, reading.sink);
  if (!map) return undefined;
  const { sink } = reading;
  const runsOn = reading.project.context.target;
  const attachment: AttachmentReading = { sink, runsOn, aliases: [], priority: 0 };
  readKeys(map, attachmentKeys, `${what}.${key}`, attachment);
  if (!network) return undefined;
  reading.positions[`network.${network.name}`] ??= position;
  checkSubnet(network, attachment, reading);
  const { ipv4, ipv6, priority, linkLocalIps, macAddress, gatewayPriority } = attachment;
  const driverOptions = endpointOptions(attachment);
  if (driverOptions) {
    const options = { ...reading.cluster.networkOptions, [network.name]: driverOptions };
    setCluster(reading, "networkOptions", options, position);
  }
  return {
    key,
    position,
    priority,
    attachment: {
      network: network.name,
      aliases: [...new Set([reading.name, ...attachment.aliases])],
      ...(ipv4 === undefined ? {} : { ipv4: ipv4.text }),
      ...(ipv6 === undefined ? {} : { ipv6: ipv6.text }),
      ...(linkLocalIps === undefined ? {} : { linkLocalIps }),
      ...(macAddress === undefined ? {} : { macAddress }),
      ...(driverOptions === undefined ? {} : { driverOptions }),
      ...(gatewayPriority === undefined ? {} : { gatewayPriority }),
    },
  };
}

/** The name of an interface is an option of the Engine's network drivers. */
function endpointOptions({ driverOptions, interfaceName }: AttachmentReading): Attachment["driverOptions"] {
  if (interfaceName === undefined) return driverOptions;
  return { ...driverOptions, "com.docker.network.endpoint.ifname": interfaceName };
}

function networkOf(
  key: string,
  reading: ServiceReading,
  position: TextItem["position"],
): NetworkSpec | undefined {
  if (key === "default") return defaultNetwork(reading);
  const declared = reading.project.networks.get(key);
  if (declared) return declared;
  const message = `service "${reading.name}" uses network "${key}", which is not defined`;
  const hint = didYouMean(key, reading.project.networks.keys()) ?? `declare it: networks: {${key}: }`;
  reading.sink.error(position, "undefined-network", message, hint);
  return undefined;
}

/** The network of services that name none: declared as `default`, or implied by the first that needs it. */
export function defaultNetwork(reading: ServiceReading): NetworkSpec {
  const { project } = reading;
  project.defaultNetwork ??= project.networks.get("default") ?? impliedNetwork(project, reading);
  return project.defaultNetwork;
}

function impliedNetwork(project: ComposeProject, { origin }: ServiceReading): NetworkSpec {
  return { name: `${project.stack}_default`, external: false, options: {}, labels: {}, origin };
}

/** The Engine gives fixed addresses only inside subnets that were configured. */
function checkSubnet(
  network: NetworkSpec,
  { ipv4, ipv6 }: AttachmentReading,
  { sink }: ServiceReading,
): void {
  const fixed = ipv4 ?? ipv6;
  if (!fixed || network.external || network.ipam?.pools.some((pool) => pool.subnet !== undefined)) return;
  const hint = "declare ipam: {config: [{subnet: 172.28.0.0/16}]} in the top-level network";
  sink.error(
    fixed.position,
    "no-subnet",
    `network "${network.name}" has no subnet for a fixed address`,
    hint,
  );
}
