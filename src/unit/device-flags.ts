import { parseBytes } from "../lib/bytes.ts";
import type { DeviceRate, DeviceRequest, DeviceWeight } from "../model/device.ts";
import type { Reader } from "./flag-values.ts";
import { type CsvField, parseDecimalInteger, readCsv, splitPair } from "./go-values.ts";
import { cleanPath } from "./mount-flags.ts";
import { mark, type RunDraft, refuse } from "./run-draft.ts";
import type { Word } from "./words.ts";

/**
 * A device by its name in the Container Device Interface (CDI specification, "Qualified device name"); the docker command
 * knows no vendor and no class of one letter.
 */
const cdiName = /^[a-z][\w.-]*[a-z0-9]\/[a-z][\w.-]*[a-z0-9]=[a-z0-9](?:[\w.:-]*[a-z0-9])?$/i;

const deviceHint = "write /dev/on-host[:/dev/in-container][:rwm], or vendor.com/class=name";

/** `--device host[:container][:rwm]`, or the name of a CDI device (docker run reference). */
export function applyDevice(value: Word, draft: RunDraft): void {
  mark(draft, "devices", value);
  if (cdiName.test(value.text)) {
    draft.cdiDevices.add(value.text);
    mark(draft, "deviceRequests", value);
    return;
  }
  const [hostPath = "", second, third, ...rest] = value.text.split(":");
  const isSecondMode = second !== undefined && third === undefined && isMode(second);
  const containerPath = second === undefined || isSecondMode ? hostPath : second;
  const permissions = third ?? (isSecondMode ? second : "rwm");
  const isValid = hostPath.startsWith("/") && containerPath.startsWith("/") && isMode(permissions);
  if (!isValid || rest.length > 0) {
    refuse(draft, value, `"${value.text}" is not a device`, deviceHint);
    return;
  }
  const device = { hostPath: cleanPath(hostPath), containerPath: cleanPath(containerPath), permissions };
  const same = (other: typeof device) => JSON.stringify(other) === JSON.stringify(device);
  const before = draft.fields.devices ?? [];
  draft.fields.devices = before.some(same) ? before : [...before, device];
}

/** Each letter at most once. */
function isMode(text: string): boolean {
  return /^[rwm]{1,3}$/.test(text) && new Set(text).size === text.length;
}

/** Devices by number: `all` or how many, or `driver=, count=, device=, capabilities=, options=` (docker run reference). */
export function applyGpus(value: Word, draft: RunDraft): void {
  mark(draft, "deviceRequests", value);
  const fields = readCsv(value.text);
  const request = fields === undefined ? "not a list of comma separated fields" : readRequest(fields);
  if (typeof request === "string") {
    const hint = `write all, a number, or for example '"device=0,1",capabilities=utility'`;
    refuse(draft, value, `"${value.text}" is not a request for GPUs: ${request}`, hint);
  } else draft.gpus.push(request);
}

function readRequest(fields: readonly CsvField[]): DeviceRequest | string {
  const given = new Map<string, string>();
  for (const { text } of fields) {
    const { key, value } = splitPair(text);
    const name = value === undefined ? "count" : key;
    if (given.has(name)) return `"${name}" is given twice`;
    if (!["driver", "count", "device", "capabilities", "options"].includes(name)) return `unknown "${name}"`;
    given.set(name, value ?? key);
  }
  const countText = given.get("count");
  const device = given.get("device");
  const count = countText === "all" ? -1 : countText === undefined ? 1 : parseDecimalInteger(countText);
  if (count === undefined) return `"${countText}" is neither all nor a number`;
  if (countText !== undefined && device !== undefined) return "either a number or devices by name, not both";
  const options = given.has("options") ? readCsv(given.get("options") ?? "") : [];
  if (options === undefined) return "options= is empty";
  const driver = given.get("driver") ?? "";
  const capabilities = given.get("capabilities");
  return {
    ...(driver === "" ? {} : { driver }),
    ...(device === undefined ? { count } : { ids: device.split(",") }),
    capabilities: [[...(capabilities === undefined ? [] : capabilities.split(",")), "gpu"]],
    options: Object.fromEntries(
      options.map(({ text }) => splitPair(text)).map(({ key, value = "" }) => [key, value]),
    ),
  };
}

/** All requests for devices of a line; those by CDI name are one. */
export function finishDeviceRequests({ gpus, cdiDevices }: RunDraft): readonly DeviceRequest[] | undefined {
  const named: DeviceRequest = { driver: "cdi", ids: [...cdiDevices], capabilities: [], options: {} };
  const requests = cdiDevices.size === 0 ? gpus : [...gpus, named];
  return requests.length === 0 ? undefined : requests;
}

/** `--blkio-weight-device path:weight`. */
export const readDeviceWeight: Reader<DeviceWeight> = (value, draft) => {
  const { path, text } = splitPath(value.text);
  const weight = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (path !== undefined && (weight === 0 || (weight >= 10 && weight <= 1000))) return { path, weight };
  const message = `"${value.text}" is not the weight of a device`;
  return refuse(draft, value, message, "write /dev/sda:200, from 10 to 1000 or 0");
};

/** `--device-read-bps path:rate`, a size for each second. */
export const readByteRate: Reader<DeviceRate> = (value, draft) => {
  const { path, text } = splitPath(value.text);
  const rate = parseBytes(text);
  if (path !== undefined && rate !== undefined) return { path, rate };
  return refuse(draft, value, `"${value.text}" is not the rate of a device`, "write /dev/sda:10mb");
};

/** `--device-read-iops path:rate`, operations for each second. */
export const readOperationRate: Reader<DeviceRate> = (value, draft) => {
  const { path, text } = splitPath(value.text);
  if (path !== undefined && /^\d+$/.test(text)) return { path, rate: Number(text) };
  return refuse(draft, value, `"${value.text}" is not the rate of a device`, "write /dev/sda:1000");
};

function splitPath(text: string): { readonly path?: string; readonly text: string } {
  const match = /^(\/dev\/[^:]*):(.+)$/.exec(text);
  return match?.[1] === undefined ? { text: "" } : { path: match[1], text: match[2] ?? "" };
}
