import type { DiagnosticSink } from "../lib/diagnostic.ts";
import type { YamlNode } from "../lib/yaml.ts";
import { isNull, readInteger, readList, readMap, readText, readWord } from "../lib/yaml-read.ts";
import type { NetworkMode, PortBinding } from "../model/workload.ts";
import { readAttachments } from "./attachments.ts";
import { type KeyTable, type Reading, readKeys, withoutEffect } from "./key-table.ts";
import { readPlainText } from "./plain-scalars.ts";
import { isAddress, parseExposed, parsePort, parsePublished, protocols } from "./ports.ts";
import { containerNameOf, workloadKeyOf } from "./project.ts";
import { checkService } from "./references.ts";
import { readMacAddress, readTextOrList, readTexts } from "./scalars.ts";
import { addDependency, field, markField, type ServiceReading, setField } from "./service-reading.ts";

/** Keys of a service about networks and names (Compose specification, "services top-level elements"). */
export const networkingKeys: KeyTable<ServiceReading> = {
  ports: { doc: "Published ports, short and long syntax.", read: readPorts },
  expose: { doc: "Ports documented but not published.", read: readExpose },
  networks: {
    doc: "Networks with aliases and addresses; the service's name is always an alias.",
    read: readAttachments,
  },
  network_mode: {
    doc: "bridge, host, none, service:NAME or container:NAME, instead of networks.",
    read: readNetworkMode,
  },
  links: {
    doc: "NAME orders the two, as services reach each other by name anyway; NAME:ALIAS adds a name for this one alone.",
    read: readLinks,
  },
  external_links: {
    doc: "NAME or NAME:ALIAS of a container outside of the stack, on one network with this one.",
    read: readExternalLinks,
  },
  extra_hosts: {
    doc: "Lines for /etc/hosts; host-gateway is the host.",
    read: field("extraHosts", readExtraHosts),
  },
  dns: { doc: "Name servers.", read: field("dns", readDns) },
  dns_search: { doc: "Search domains.", read: field("dnsSearch", readSearch) },
  dns_opt: { doc: "Resolver options.", read: field("dnsOptions", readTextOrList) },
  mac_address: { doc: "Hardware address.", read: field("macAddress", readMacAddress) },
};

interface PortReading extends Reading {
  target?: number;
  hostPort: string;
  hostIp: string;
  protocol: PortBinding["protocol"];
  mode?: PortBinding["mode"];
}

/** Keys of the long syntax of `ports` (Compose specification, "ports", long syntax). */
export const portKeys: KeyTable<PortReading> = {
  target: {
    doc: "Port in the container.",
    read: (value, reading, what) => {
      const target = readInteger(value, what, reading.sink, 1, 65_535);
      if (target !== undefined) reading.target = target;
    },
  },
  published: {
    doc: "Port on the host, or a range to choose from; absent: the Engine chooses.",
    read: (value, reading, what) => {
      const text = readPlainText(value, what, reading.sink);
      const parsed = text === undefined ? undefined : parsePublished(text);
      if (parsed && "error" in parsed) reading.sink.error(value.position, "bad-port", parsed.error);
      else if (parsed) reading.hostPort = parsed.hostPort;
    },
  },
  host_ip: {
    doc: "Address on the host; absent: all.",
    read: (value, reading, what) => {
      const text = readText(value, what, reading.sink) ?? "";
      if (text === "") {
        const hint = "remove host_ip, which means all addresses, or give the variable a value";
        reading.sink.error(value.position, "bad-address", `${what} is empty`, hint);
      } else if (isAddress(text)) reading.hostIp = text;
      else reading.sink.error(value.position, "bad-address", `"${text}" is no IP address`);
    },
  },
  protocol: {
    doc: "tcp, udp or sctp.",
    read: (value, reading, what) => {
      reading.protocol = readWord(value, what, protocols, reading.sink) ?? "tcp";
    },
  },
  mode: {
    doc: "host publishes on the nodes with a container, ingress on all of them; the same on an Engine.",
    read: (value, reading, what) => {
      const mode = readWord(value, what, ["host", "ingress"] as const, reading.sink);
      if (mode === "host" && reading.runsOn === "swarm") reading.mode = mode;
    },
  },
  name: withoutEffect("Name for people; no effect.", readText),
  app_protocol: withoutEffect("Protocol for people; no effect.", readText),
};

function readPorts(value: YamlNode, reading: ServiceReading, what: string): void {
  const bindings = new Map<string, PortBinding>();
  for (const item of readList(value, what, reading.sink) ?? []) {
    const ports =
      item.kind === "map" ? readLongPort(item, reading, what) : readShortPort(item, reading, what);
    for (const port of ports) {
      const { containerPort, protocol, hostIp, hostPort, mode } = port;
      const text = JSON.stringify([containerPort, protocol, hostIp, hostPort, mode]);
      if (bindings.has(text)) {
        const message = `port ${containerPort}/${protocol} is published twice in the same way`;
        reading.sink.warning(item.position, "duplicate-port", message, "remove one of the two");
      } else bindings.set(text, port);
    }
  }
  setField(reading, "ports", [...bindings.values()], { position: value.position, what });
}

function readShortPort(item: YamlNode, reading: ServiceReading, what: string): readonly PortBinding[] {
  const text = readPlainText(item, `an item of ${what}`, reading.sink);
  if (text === undefined) return [];
  const ports = parsePort(text);
  if (typeof ports !== "string") return ports;
  reading.sink.error(
    item.position,
    "bad-port",
    `port "${text}" is not valid: ${ports}`,
    'write "8080:80" or "127.0.0.1:8080:80/tcp"',
  );
  return [];
}

function readLongPort(item: YamlNode, reading: ServiceReading, what: string): readonly PortBinding[] {
  const map = readMap(item, what, reading.sink);
  if (!map) return [];
  const runsOn = reading.project.context.target;
  const port: PortReading = { sink: reading.sink, runsOn, hostPort: "", hostIp: "", protocol: "tcp" };
  const isRead = readKeys(map, portKeys, what, port);
  const { target: containerPort, hostPort, hostIp, protocol, mode } = port;
  const onNodes = mode === undefined ? {} : { mode };
  if (containerPort !== undefined) return [{ containerPort, protocol, hostIp, hostPort, ...onNodes }];
  if (isRead) {
    reading.sink.error(
      item.position,
      "missing-key",
      `an item of ${what} has no target`,
      "write target: PORT",
    );
  }
  return [];
}

function readExpose(value: YamlNode, reading: ServiceReading, what: string): void {
  const expose = readTexts(value, what, reading.sink, readPlainText)?.flatMap(({ text, position }) => {
    const ports = parseExposed(text);
    if (typeof ports !== "string") return ports;
    reading.sink.error(
      position,
      "bad-port",
      `port "${text}" is not valid: ${ports}`,
      'write "3000" or "3000/udp"',
    );
    return [];
  });
  setField(reading, "expose", expose && [...new Set(expose)], { position: value.position, what });
}

function readNetworkMode(value: YamlNode, reading: ServiceReading, what: string): void {
  const text = readText(value, what, reading.sink);
  if (text === undefined) return;
  const mode = parseNetworkMode(text, value, reading);
  setField(reading, "network", mode, { position: value.position, what });
}

function parseNetworkMode(text: string, value: YamlNode, reading: ServiceReading): NetworkMode | undefined {
  if (text === "bridge" || text === "default") return { kind: "default" };
  if (text === "host" || text === "none") return { kind: text };
  const [kind, ...rest] = text.split(":");
  const target = rest.join(":");
  if (kind === "container" && target !== "") return { kind: "container", container: target };
  if (kind === "service" && target !== "") {
    if (!checkService(target, { reading, position: value.position, verb: "shares the network of" }))
      return undefined;
    addDependency(
      reading,
      { service: target, position: value.position },
      { condition: "started", required: true, restart: true },
    );
    return { kind: "workload", workload: workloadKeyOf(reading.project, target) };
  }
  const hint = "write bridge, host, none, service:NAME or container:NAME; networks go under networks:";
  reading.sink.error(value.position, "unknown-value", `network_mode cannot be "${text}"`, hint);
  return undefined;
}

/**
 * On user-defined networks names are resolved anyway, so that a link without an alias only orders the two; with one the
 * Engine resolves the alias for this container.
 */
function readLinks(value: YamlNode, reading: ServiceReading, what: string): void {
  for (const { text, position } of readTexts(value, what, reading.sink) ?? []) {
    const [service = "", alias = service] = text.split(":");
    if (!checkService(service, { reading, position, verb: "links to" })) continue;
    addDependency(reading, { service, position }, { condition: "started", required: true, restart: false });
    if (alias !== service)
      addLink(reading, `${containerNameOf(reading.project, service, 1)}:${alias}`, position);
  }
}

/** The container is somebody else's: whether it is there is the Engine's to say. */
function readExternalLinks(value: YamlNode, reading: ServiceReading, what: string): void {
  for (const { text, position } of readTexts(value, what, reading.sink) ?? []) {
    const [container = "", alias = container, ...rest] = text.split(":");
    if (container !== "" && alias !== "" && rest.length === 0)
      addLink(reading, `${container}:${alias}`, position);
    else reading.sink.error(position, "bad-link", `"${text}" is no link`, "write NAME or NAME:ALIAS");
  }
}

function addLink(reading: ServiceReading, link: string, position: YamlNode["position"]): void {
  reading.container.links = [...new Set([...(reading.container.links ?? []), link])];
  reading.setBy.set("links", `services.${reading.name}.links`);
  markField(reading, "links", position);
}

function readExtraHosts(node: YamlNode, what: string, sink: DiagnosticSink): readonly string[] | undefined {
  const lines: string[] = [];
  const add = (host: string, address: string, at: YamlNode) => {
    const ip = address.replace(/^\[(.*)\]$/, "$1");
    if (host !== "" && (ip === "host-gateway" || (ip !== "" && isAddress(ip)))) lines.push(`${host}:${ip}`);
    else
      sink.error(
        at.position,
        "bad-host",
        `an item of ${what} is no host and address`,
        'write "name:192.0.2.1" or "name:host-gateway"',
      );
  };
  if (node.kind === "map") {
    for (const { key, value } of node.entries) {
      for (const item of value.kind === "list" ? value.items : [value]) {
        add(key, isNull(item) ? "" : (readText(item, `${what}.${key}`, sink) ?? ""), item);
      }
    }
    return lines;
  }
  for (const item of readList(node, what, sink) ?? []) {
    const text = readText(item, `an item of ${what}`, sink);
    if (text === undefined) continue;
    const separator = text.search(/[=:]/);
    add(text.slice(0, Math.max(separator, 0)), text.slice(separator + 1), item);
  }
  return lines;
}

/** An empty text is one domain, the empty one: none is searched. */
function readSearch(node: YamlNode, what: string, sink: DiagnosticSink): readonly string[] | undefined {
  return node.kind === "scalar" && node.value === "" ? [""] : readTextOrList(node, what, sink);
}

function readDns(node: YamlNode, what: string, sink: DiagnosticSink): readonly string[] | undefined {
  const servers = readTextOrList(node, what, sink);
  for (const server of servers ?? []) {
    if (server === "" || !isAddress(server)) {
      sink.error(node.position, "bad-address", `${what} has "${server}", which is no IP address`);
    }
  }
  return servers;
}
