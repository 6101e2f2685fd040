import { constants } from "node:os";
import { posix } from "node:path";
import type { VolumeSpec } from "../../../../src/model/volume.ts";
import type { Body } from "../../../support/run-oracle-recorder.ts";
import { canonicalMounts } from "./canonical-mounts.ts";

/** Where our container may differ from the one of the docker client, and why. Everything else is a mistake of ours. */

interface PermittedDifference {
  readonly id: string;
  readonly reason: string;
  /** Brings either side to a form in which the difference is gone. */
  readonly apply: (body: Body, volumes: readonly VolumeSpec[]) => Body;
}

export const permittedDifferences: readonly PermittedDifference[] = [
  {
    id: "the terminal of the client",
    reason: "nobody is attached to a workload, and its container is kept while it is wanted (--rm)",
    apply: (body) =>
      mapHost(without(body, ["AttachStdin", "AttachStdout", "AttachStderr", "StdinOnce"]), (host) =>
        without(host, ["AutoRemove", "ConsoleSize"]),
      ),
  },
  {
    id: "name",
    reason: "a container without --name has the name of its unit, and a slash before a name is none of it",
    apply: (body) => {
      const name = String(body["name"] ?? "web").replace(/^\//, "");
      return name === "web" || name === "" ? without(body, ["name"]) : { ...body, name };
    },
  },
  {
    id: "protection of /proc and /sys",
    reason: "an empty list of paths is something else than none",
    apply: (body) =>
      mapHost(body, ({ MaskedPaths, ReadonlyPaths, ...host }) =>
        Array.isArray(MaskedPaths) && Array.isArray(ReadonlyPaths) ? { ...host, unprotected: true } : host,
      ),
  },
  {
    id: "form of mounts",
    reason: "one mount has up to three forms in the API; files of the repository are a volume of their own",
    apply: (body, volumes) => {
      const mounts = canonicalMounts(body, volumes);
      const rest = mapHost(without(body, ["Volumes"]), (host) =>
        without(host, ["Binds", "Mounts", "Tmpfs", "VolumeDriver"]),
      );
      return { ...rest, mounts };
    },
  },
  {
    id: "form of networks",
    reason:
      "the container's own name is always an alias, the default bridge has two names, and links are said once",
    apply: canonicalNetwork,
  },
  {
    id: "no limit",
    reason: "a number that stands for no limit or for the default is the same as none",
    apply: (body) =>
      mapHost(body, (host) => {
        const isDefault: Readonly<Record<string, (value: number) => boolean>> = {
          PidsLimit: (value) => value <= 0,
          MemorySwappiness: (value) => value === -1,
        };
        return Object.fromEntries(
          Object.entries(host).filter(([key, value]) => !isDefault[key]?.(value as number)),
        );
      }),
  },
  {
    id: "spelling of signals and addresses",
    reason: "signals have names and numbers, MAC addresses three notations, ports protocols in capitals",
    apply: canonicalSpelling,
  },
  {
    id: "spelling of options",
    reason: "security options have an older separator, links without an alias have their own name",
    apply: (body) =>
      mapHost(body, (host) => ({
        ...host,
        SecurityOpt: list(host["SecurityOpt"]).map((option) => option.replace(/^([a-z-]+):/, "$1=")),
        Links: list(host["Links"]).map((link) => (link.includes(":") ? link : `${link}:${link}`)),
        RestartPolicy: {
          ...(host["RestartPolicy"] as Body),
          Name: (host["RestartPolicy"] as Body)["Name"] || "no",
        },
      })),
  },
  {
    id: "architecture of the client",
    reason: "a system without an architecture leaves it to the Engine; the client says its own",
    apply: (body) => (body["platform"] === "linux/amd64" ? { ...body, platform: "linux" } : body),
  },
  {
    id: "paths",
    reason: "slashes that are doubled or at the end make no difference, nor do . and ..",
    apply: (body) =>
      mapHost(
        { ...body, WorkingDir: String(body["WorkingDir"] ?? "").replace(/(?<=.)\/+$/, "") },
        (host) => ({
          ...host,
          Devices: ((host["Devices"] ?? []) as readonly Body[]).map((device) => ({
            ...device,
            PathOnHost: trimmed(device["PathOnHost"]),
            PathInContainer: trimmed(device["PathInContainer"]),
          })),
        }),
      ),
  },
  {
    id: "variables",
    reason: "the last value of a variable counts, and the Engine drops the others",
    apply: (body) => ({ ...body, Env: lastOfEach(list(body["Env"])) }),
  },
  {
    id: "isolation",
    reason: "on Linux there is one kind, which is the default",
    apply: (body) =>
      mapHost(body, (host) => (host["Isolation"] === "default" ? without(host, ["Isolation"]) : host)),
  },
  {
    id: "tag of the image",
    reason: "an image without a tag runs as latest, with a warning",
    apply: (body) => ({ ...body, Image: String(body["Image"]).replace(/(?:^|\/)[^:@/]+$/, "$&:latest") }),
  },
  {
    id: "unset",
    reason: "nothing, empty, false and zero are the default of these members",
    apply: (body) => (prune(body) ?? {}) as Body,
  },
  {
    id: "order and repetition",
    reason: "what is said twice counts once, and the order of these lists has no meaning",
    apply: (body) => sortSets(body) as Body,
  },
];

function trimmed(path: unknown): string {
  return posix.normalize(String(path)).replace(/(?<=.)\/$/, "");
}

function canonicalNetwork(body: Body): Body {
  const host = body["HostConfig"] as Body;
  const { EndpointsConfig = {} } = (body["NetworkingConfig"] ?? {}) as {
    EndpointsConfig?: Readonly<Record<string, Body>>;
  };
  const isBridge = ["default", "bridge"].includes(String(host["NetworkMode"]));
  const mode = isBridge ? "default" : String(host["NetworkMode"]);
  const named = Object.entries(EndpointsConfig).map(([network, endpoint]): [string, Body] => [
    network === "bridge" ? "default" : network,
    { ...endpoint, Aliases: list(endpoint["Aliases"]).filter((alias) => alias !== ownName(body)) },
  ]);
  const all = new Map([[mode, {} as Body], ...named]);
  const links = [...list(host["Links"]), ...[...all.values()].flatMap((endpoint) => list(endpoint["Links"]))];
  const endpoints = [...all].map(([network, endpoint]) => [network, without(endpoint, ["Links"])]);
  return {
    ...without(body, ["NetworkingConfig"]),
    HostConfig: { ...host, NetworkMode: mode, Links: links },
    endpoints: endpoints.map(([network, endpoint]) => ({ network, endpoint })),
  };
}

function ownName(body: Body): string {
  return String(body["name"] ?? "web");
}

const signalNumbers: Readonly<Record<string, number>> = constants.signals;

function canonicalSignal(text: string): string {
  const name = text.toUpperCase().replace(/^SIG/, "");
  const real = /^RT(MIN|MAX)([+-]\d+)?$/.exec(name);
  if (real) return String((real[1] === "MIN" ? 34 : 64) + Number(real[2] ?? 0));
  return String(signalNumbers[`SIG${name}`] ?? text);
}

function canonicalSpelling(body: Body): Body {
  const { StopSignal: signal } = body;
  const endpoints = (body["endpoints"] as readonly { network: string; endpoint: Body }[]).map(
    ({ network, endpoint }) => ({
      network,
      endpoint: {
        ...endpoint,
        MacAddress: String(endpoint["MacAddress"] ?? "")
          .toLowerCase()
          .replace(/[:.-]/g, ""),
      },
    }),
  );
  const ports = Object.keys((body["ExposedPorts"] ?? {}) as object).map((port) => port.toLowerCase());
  const spelled = mapHost({ ...body, endpoints, ExposedPorts: ports }, (host) => {
    const bindings = Object.entries(
      (host["PortBindings"] ?? {}) as Readonly<Record<string, readonly Body[]>>,
    );
    const named = bindings.map(([port, places]) => ({
      port,
      places: places.map((place) => ({
        ...place,
        HostPort: place["HostPort"] === "0" ? "" : place["HostPort"],
      })),
    }));
    return { ...host, PortBindings: named };
  });
  return signal === undefined ? spelled : { ...spelled, StopSignal: canonicalSignal(String(signal)) };
}

function lastOfEach(variables: readonly string[]): readonly string[] {
  return [...new Map(variables.map((text) => [text.split("=")[0], text])).values()];
}

function list(value: unknown): readonly string[] {
  return (value ?? []) as readonly string[];
}

function without(body: Body, keys: readonly string[]): Body {
  return Object.fromEntries(Object.entries(body).filter(([key]) => !keys.includes(key)));
}

function mapHost(body: Body, change: (host: Body) => Body): Body {
  return { ...body, HostConfig: change(body["HostConfig"] as Body) };
}

/** Lists in which the order has a meaning. */
const ordered = new Set([
  "Dns",
  "DnsSearch",
  "VolumesFrom",
  "ExtraHosts",
  "SecurityOpt",
  "GroupAdd",
  "DeviceRequests",
  "DeviceCgroupRules",
]);

function sortSets(value: unknown, key = ""): unknown {
  if (Array.isArray(value)) {
    if (key === "Cmd" || key === "Entrypoint" || key === "Test") return value;
    const items = value.map((item) => sortSets(item));
    const unique = [...new Map(items.map((item) => [JSON.stringify(item), item])).values()];
    return ordered.has(key)
      ? unique
      : unique.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  }
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([name, member]) => [name, sortSets(member, name)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Members of which zero, false or an empty text is not the default. */
const telling = new Set(["Init", "StopTimeout", "MemorySwappiness", "Cmd", "Entrypoint", "Env", "Labels"]);

function prune(value: unknown, key = ""): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => prune(item, key)).filter((item) => item !== undefined);
    return items.length === 0 ? undefined : items;
  }
  if (typeof value === "object" && value !== null) {
    const isMap = [
      "Labels",
      "Sysctls",
      "Annotations",
      "StorageOpt",
      "Config",
      "DriverOpts",
      "Options",
      "driverOptions",
      "labels",
    ].includes(key);
    const entries = Object.entries(value)
      .map(([name, member]) => [name, isMap ? member : prune(member, name)] as const)
      .filter(([, member]) => member !== undefined);
    return entries.length === 0 ? undefined : Object.fromEntries(entries);
  }
  const isEmpty = value === null || value === undefined || (!telling.has(key) && !value);
  return isEmpty ? undefined : value;
}
