import type { YamlNode } from "../lib/yaml.ts";
import { readList, readMap, readText } from "../lib/yaml-read.ts";
import type { Ipam, IpamPool, NetworkSpec } from "../model/network.ts";
import { type KeyTable, nested, type Reading, readKeys, type SupportedKey } from "./key-table.ts";
import {
  driverKey,
  driverOptsKey,
  externalKey,
  finishResource,
  labelsKey,
  nameKey,
  type ResourceReading,
  readSection,
  type SectionScope,
} from "./resource-keys.ts";
import { readFlag, readRecord } from "./scalars.ts";

interface NetworkReading extends ResourceReading {
  internal?: boolean;
  attachable?: boolean;
  enableIpv6?: boolean;
  hasIpam?: boolean;
  ipamDriver?: string;
  ipamOptions?: Record<string, string>;
  pools: IpamPool[];
}

/** Names that the Engine keeps for networks of its own. */
const reservedNetworks = ["host", "none", "bridge", "default"];

function flag(doc: string, name: "internal" | "attachable" | "enableIpv6"): SupportedKey<NetworkReading> {
  return {
    doc,
    read: (value, reading, what) => {
      const on = readFlag(value, what, reading.sink);
      if (on !== undefined) reading[name] = on;
    },
  };
}

/** Keys of a network (Compose specification, "networks top-level element"). */
export const networkKeys: KeyTable<NetworkReading> = {
  name: nameKey,
  external: externalKey,
  driver: driverKey,
  driver_opts: driverOptsKey,
  labels: labelsKey,
  internal: flag("No way out of the network.", "internal"),
  attachable: flag("Single containers may join (overlay networks).", "attachable"),
  enable_ipv6: flag("IPv6 addresses.", "enableIpv6"),
  enable_ipv4: {
    doc: "true, as it is anyway; networks without IPv4 are refused.",
    read: (value, reading, what) => {
      if (readFlag(value, what, reading.sink) !== false) return;
      const message = `${what} cannot be false: networks always have IPv4 here`;
      reading.sink.error(value.position, "unsupported-value", message, "remove enable_ipv4");
    },
  },
  ipam: { doc: "Address management: driver, config, options.", read: readIpam },
};

function readIpam(value: YamlNode, reading: NetworkReading, what: string): void {
  reading.hasIpam = true;
  nested<NetworkReading>(() => ipamKeys)(value, reading, what);
}

/** Keys of `ipam` (Compose specification, "ipam"). */
export const ipamKeys: KeyTable<NetworkReading> = {
  driver: {
    doc: "Driver of the address management.",
    read: (value, reading, what) => {
      const driver = readText(value, what, reading.sink);
      if (driver) reading.ipamDriver = driver;
    },
  },
  config: {
    doc: "List of subnets.",
    read: (value, reading, what) => {
      for (const item of readList(value, what, reading.sink) ?? []) readPool(item, reading, what);
    },
  },
  options: {
    doc: "Options of the driver.",
    read: (value, reading, what) => {
      const options = readRecord(value, what, reading.sink);
      if (options) reading.ipamOptions = options;
    },
  },
};

interface PoolReading extends Reading {
  pool: { subnet?: string; ipRange?: string; gateway?: string; auxAddresses?: Record<string, string> };
}

function address(doc: string, name: "subnet" | "ipRange" | "gateway"): SupportedKey<PoolReading> {
  return {
    doc,
    read: (value, reading, what) => {
      const text = readText(value, what, reading.sink);
      if (text === undefined) return;
      if (/^[0-9a-fA-F.:]+(?:\/\d{1,3})?$/.test(text) && (name === "gateway" || text.includes("/"))) {
        reading.pool[name] = text;
        return;
      }
      const example = name === "gateway" ? "172.28.5.254" : "172.28.0.0/16";
      reading.sink.error(
        value.position,
        "bad-address",
        `${what} cannot be "${text}"`,
        `write ${example} or the like`,
      );
    },
  };
}

/** Keys of an item of `ipam.config`. */
export const ipamConfigKeys: KeyTable<PoolReading> = {
  subnet: address("Subnet with its prefix length.", "subnet"),
  ip_range: address("Range inside the subnet for dynamic addresses.", "ipRange"),
  gateway: address("Address of the gateway.", "gateway"),
  aux_addresses: {
    doc: "Addresses kept free, by name.",
    read: (value, reading, what) => {
      const addresses = readRecord(value, what, reading.sink);
      if (addresses) reading.pool.auxAddresses = addresses;
    },
  },
};

function readPool(item: YamlNode, reading: NetworkReading, what: string): void {
  const map = readMap(item, `an item of ${what}`, reading.sink);
  if (!map) return;
  const poolReading: PoolReading = { sink: reading.sink, pool: {} };
  readKeys(map, ipamConfigKeys, what, poolReading);
  reading.pools.push(poolReading.pool);
}

/** All declared networks by key. */
export function declareNetworks(
  section: YamlNode | undefined,
  scope: SectionScope,
): ReadonlyMap<string, NetworkSpec> {
  const networks = new Map<string, NetworkSpec>();
  for (const declaration of readSection(section, scope)) {
    const reading: NetworkReading = { sink: scope.sink, pools: [] };
    readKeys(declaration.map, networkKeys, declaration.what, reading);
    const name = finishResource(declaration, reading, scope);
    if (reservedNetworks.includes(name)) {
      const message = `network "${name}" belongs to the Engine and cannot be attached to like others`;
      scope.sink.error(
        declaration.position,
        "reserved-network",
        message,
        `write network_mode: ${name} in the service`,
      );
    }
    networks.set(declaration.key, { ...toNetworkSpec(name, reading), origin: declaration.position });
  }
  return networks;
}

function toNetworkSpec(name: string, reading: NetworkReading): Omit<NetworkSpec, "origin"> {
  const { driver, internal, attachable, enableIpv6 } = reading;
  return {
    name,
    external: reading.external ?? false,
    options: reading.driverOptions ?? {},
    labels: reading.labels ?? {},
    ...(driver === undefined ? {} : { driver }),
    ...(internal === undefined ? {} : { internal }),
    ...(attachable === undefined ? {} : { attachable }),
    ...(enableIpv6 === undefined ? {} : { enableIpv6 }),
    ...(reading.hasIpam ? { ipam: toIpam(reading) } : {}),
  };
}

function toIpam({ ipamDriver, ipamOptions, pools }: NetworkReading): Ipam {
  return {
    pools,
    ...(ipamDriver === undefined ? {} : { driver: ipamDriver }),
    ...(ipamOptions === undefined ? {} : { options: ipamOptions }),
  };
}
