import type { YamlMap, YamlNode } from "../lib/yaml.ts";
import { readInteger, readList, readText } from "../lib/yaml-read.ts";
import type { Device, DeviceRequest } from "../model/device.ts";
import { type KeyTable, type Reading, readKeys, type SupportedKey } from "./key-table.ts";
import { readRecord, readTexts } from "./scalars.ts";
import { markField, type ServiceReading, setField } from "./service-reading.ts";

type Request = { -readonly [K in keyof DeviceRequest]?: DeviceRequest[K] };

interface RequestReading extends Reading {
  readonly request: Request;
}

function part<K extends keyof DeviceRequest>(
  doc: string,
  name: K,
  read: (value: YamlNode, what: string, sink: Reading["sink"]) => DeviceRequest[K] | undefined,
): SupportedKey<RequestReading> {
  return {
    doc,
    read: (value, reading, what) => {
      const parsed = read(value, what, reading.sink);
      if (parsed !== undefined) reading.request[name] = parsed;
    },
  };
}

/** Keys of an item of `gpus` and of `deploy.resources.reservations.devices` (Compose Deploy specification, "devices"). */
export const deviceRequestKeys: KeyTable<RequestReading> = {
  capabilities: part(
    "What the devices must be capable of, all of it.",
    "capabilities",
    (value, what, sink) => {
      const texts = readTexts(value, what, sink)?.map(({ text }) => text);
      return texts && [texts];
    },
  ),
  count: part("How many of them, or all; all unless declared.", "count", readCount),
  device_ids: part("Which ones; not together with count.", "ids", (value, what, sink) =>
    readTexts(value, what, sink)?.map(({ text }) => text),
  ),
  driver: part("Driver of the devices, nvidia.", "driver", readText),
  options: part("Options of the driver.", "options", readRecord),
};

function readCount(value: YamlNode, what: string, sink: Reading["sink"]): number | undefined {
  if (value.kind === "scalar" && value.text === "all") return -1;
  const count = readInteger(value, what, sink, -1);
  if (count !== 0) return count;
  sink.error(
    value.position,
    "out-of-range",
    `${what} cannot be 0`,
    "write how many, or all, or remove the request",
  );
  return undefined;
}

/** `gpus`: `all`, or a list of requests (Compose specification, "gpus"). */
export function readGpus(value: YamlNode, reading: ServiceReading, what: string): void {
  if (value.kind === "scalar" && value.text === "all") {
    addRequests(reading, [{ count: -1, capabilities: [["gpu"]], options: {} }], value);
    return;
  }
  // What is asked for is a GPU, whatever else it must be capable of.
  const withGpu = ([own = []]: DeviceRequest["capabilities"]) => [
    own.includes("gpu") ? own : ["gpu", ...own],
  ];
  const requests = readRequests(value, reading, what);
  const gpus = requests.map((request) => ({ ...request, capabilities: withGpu(request.capabilities) }));
  addRequests(reading, gpus, value);
}

/** `deploy.resources.reservations.devices`. */
export function readReservedDevices(value: YamlNode, reading: ServiceReading, what: string): void {
  const requests = readRequests(value, reading, what);
  for (const item of value.kind === "list" ? value.items : []) {
    if (item.kind !== "map" || item.entries.some(({ key }) => key === "capabilities")) continue;
    const message = `an item of ${what} has no capabilities`;
    reading.sink.error(item.position, "missing-key", message, "write capabilities: [gpu] or the like");
  }
  addRequests(reading, requests, value);
}

function addRequests(
  reading: ServiceReading,
  requests: readonly DeviceRequest[],
  { position }: YamlNode,
): void {
  if (requests.length === 0) return;
  reading.container.deviceRequests = [...(reading.container.deviceRequests ?? []), ...requests];
  markField(reading, "deviceRequests", position);
}

function readRequests(value: YamlNode, { sink }: ServiceReading, what: string): readonly DeviceRequest[] {
  return (readList(value, what, sink) ?? []).flatMap((item) => {
    if (item.kind === "map") return [readRequest(item, sink, what)];
    const hint = "write {count: 1}, or {device_ids: [ID]}";
    sink.error(item.position, "wrong-type", `an item of ${what} must be a mapping`, hint);
    return [];
  });
}

function readRequest(map: YamlMap, sink: Reading["sink"], what: string): DeviceRequest {
  const reading: RequestReading = { sink, request: {} };
  readKeys(map, deviceRequestKeys, what, reading);
  const { capabilities = [[]], count, ids, options = {}, driver } = reading.request;
  if (count !== undefined && ids !== undefined) {
    const message = `an item of ${what} has count and device_ids`;
    sink.error(map.position, "contradiction", message, "write only one of the two");
  }
  const number = count ?? (ids === undefined || ids.length === 0 ? -1 : undefined);
  return {
    capabilities,
    options,
    ...(number === undefined ? {} : { count: number }),
    ...(ids === undefined ? {} : { ids }),
    ...(driver === undefined ? {} : { driver }),
  };
}

interface DeviceReading extends Reading {
  device: { source?: string; target?: string; permissions?: string };
}

function text(doc: string, name: "source" | "target" | "permissions"): SupportedKey<DeviceReading> {
  return {
    doc,
    read: (value, reading, what) => {
      const parsed = readText(value, what, reading.sink);
      if (parsed !== undefined) reading.device[name] = parsed;
    },
  };
}

/** Keys of the long syntax of `devices` (Compose specification, "devices"). */
export const deviceKeys: KeyTable<DeviceReading> = {
  source: text("Path on the host.", "source"),
  target: text("Path in the container.", "target"),
  permissions: text("r, w and m for reading, writing and making; rwm unless declared.", "permissions"),
};

/** Names of devices that a specification file of the host describes (Container Device Interface, "Qualified name"). */
const deviceName = /^[a-zA-Z][\w.-]*\/[a-zA-Z][\w-]*=[\w.:-]+$/;

/** `devices`: `HOST[:CONTAINER[:rwm]]`, a long form, or the name of a CDI device. */
export function readDevices(value: YamlNode, reading: ServiceReading, what: string): void {
  const { sink } = reading;
  const devices: Device[] = [];
  const names: string[] = [];
  for (const item of readList(value, what, sink) ?? []) {
    if (item.kind === "scalar" && deviceName.test(item.text)) {
      names.push(item.text);
      continue;
    }
    const device = item.kind === "map" ? readLongDevice(item, sink, what) : readShortDevice(item, sink, what);
    if (typeof device === "string") {
      const hint = "write /dev/HOST:/dev/CONTAINER:rwm";
      sink.error(item.position, "bad-device", `an item of ${what} is no device: ${device}`, hint);
    } else if (device) devices.push(device);
  }
  if (devices.length > 0 || names.length === 0) {
    setField(reading, "devices", devices, { position: value.position, what });
  }
  if (names.length > 0) {
    addRequests(reading, [{ driver: "cdi", ids: names, capabilities: [[]], options: {} }], value);
  }
}

function readShortDevice(item: YamlNode, sink: Reading["sink"], what: string): Device | string | undefined {
  const written = readText(item, `an item of ${what}`, sink);
  if (written === undefined) return undefined;
  const [source = "", second, third, ...rest] = written.split(":");
  if (rest.length > 0) return "it has more than three parts";
  const isShort = third === undefined && second !== undefined && isPermissions(second);
  return toDevice(source, isShort ? undefined : second, isShort ? second : third);
}

function readLongDevice(item: YamlMap, sink: Reading["sink"], what: string): Device | string | undefined {
  const reading: DeviceReading = { sink, device: {} };
  if (!readKeys(item, deviceKeys, what, reading)) return undefined;
  const { source, target, permissions } = reading.device;
  if (source === undefined || target === undefined)
    return `it has no ${source === undefined ? "source" : "target"}`;
  return toDevice(source, target, permissions);
}

function toDevice(hostPath: string, target: string | undefined, permissions = "rwm"): Device | string {
  const containerPath = target === undefined || target === "" ? hostPath : target;
  if (!hostPath.startsWith("/")) return "the host's path must be absolute";
  if (!containerPath.startsWith("/")) return "the container's path must be absolute";
  if (!isPermissions(permissions)) return `permissions cannot be "${permissions}"`;
  return { hostPath, containerPath, permissions };
}

function isPermissions(words: string): boolean {
  return /^[rwm]{1,3}$/.test(words);
}
