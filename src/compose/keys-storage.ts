import type { YamlNode } from "../lib/yaml.ts";
import { readList, readMap, readText, readWord } from "../lib/yaml-read.ts";
import { readDelivered } from "./delivered-keys.ts";
import {
  type KeyTable,
  nested,
  type Reading,
  type RefusedKey,
  readKeys,
  type SupportedKey,
  withoutEffect,
} from "./key-table.ts";
import { type MountRequest, parseMount, propagations, toMount } from "./mounts.ts";
import { containerNameOf } from "./project.ts";
import { checkService } from "./references.ts";
import { windowsKey } from "./refused-keys.ts";
import {
  readBytes,
  readFileMode,
  readFlag,
  readOptionalText,
  readRecord,
  readTexts,
  type TextItem,
} from "./scalars.ts";
import { addDependency, markField, type ServiceReading, setField } from "./service-reading.ts";

/** Keys of a service about files and folders (Compose specification, "services top-level elements"). */
export const storageKeys: KeyTable<ServiceReading> = {
  volumes: {
    doc: "Volumes, files of the repository (relative paths), paths of the host, tmpfs; short and long syntax.",
    read: readVolumes,
  },
  tmpfs: { doc: "Folders in memory: /run or /run:size=64m,mode=1777.", read: readTmpfs },
  volumes_from: {
    doc: "Mounts of another service or of container:NAME, with :ro or :rw.",
    read: readVolumesFrom,
  },
  configs: {
    doc: "Configs as read-only files, /NAME unless target says otherwise.",
    read: readDelivered("configs"),
  },
  secrets: {
    doc: "Secrets as read-only files, /run/secrets/NAME unless target says otherwise.",
    read: readDelivered("secrets"),
  },
};

type Draft = { -readonly [K in keyof MountRequest]?: MountRequest[K] | undefined };

interface MountReading extends Reading {
  readonly request: Draft;
  tmpfs: { size?: number; mode?: number };
}

type MountKey = SupportedKey<MountReading>;

function option<K extends keyof MountRequest>(
  doc: string,
  name: K,
  read: (value: YamlNode, what: string, sink: Reading["sink"]) => MountRequest[K] | undefined,
): MountKey {
  return {
    doc,
    read: (value, reading, what) => {
      const parsed = read(value, what, reading.sink);
      if (parsed !== undefined) reading.request[name] = parsed;
    },
  };
}

/** Keys of the long syntax of `volumes` (Compose specification, "volumes", long syntax). */
export const mountKeys: KeyTable<MountReading> = {
  type: { doc: "volume, bind, tmpfs or image; npipe and cluster are refused.", read: readType },
  source: option("Volume, path or image; absent: an anonymous volume.", "source", readOptionalText),
  target: option("Path in the container.", "target", readText),
  read_only: option("Mount it read-only.", "readOnly", readFlag),
  consistency: withoutEffect("For Docker Desktop; no effect on Linux.", readText),
  bind: { doc: "Options of a bind.", read: nested(() => bindKeys) },
  volume: { doc: "Options of a volume.", read: nested(() => volumeOptionKeys) },
  tmpfs: { doc: "Options of a tmpfs.", read: nested(() => tmpfsKeys) },
  image: { doc: "Options of an image that is mounted.", read: nested(() => imageOptionKeys) },
};

/** Kinds of mounts that Compose knows and that are refused. */
const refusedTypes: Readonly<Record<string, RefusedKey>> = {
  npipe: windowsKey,
  cluster: {
    refused: "a volume of a cluster's storage is made, staged and released by hand",
    hint: "use a named volume with a driver, or a path that all nodes have",
  },
};

function readType(value: YamlNode, reading: MountReading, what: string): void {
  const refused = value.kind === "scalar" && refusedTypes[value.text];
  if (refused) {
    const message = `${what} cannot be "${value.text}": ${refused.refused}`;
    reading.sink.error(value.position, "unsupported-value", message, refused.hint);
    return;
  }
  const type = readWord(value, what, ["volume", "bind", "tmpfs", "image"] as const, reading.sink);
  if (type !== undefined) reading.request.type = type;
}

/** Keys of `bind` in a long mount. */
export const bindKeys: KeyTable<MountReading> = {
  propagation: option("Mount propagation.", "propagation", (value, what, sink) =>
    readWord(value, what, propagations, sink),
  ),
  create_host_path: option(
    "Make a missing folder of the host; otherwise it is an error.",
    "createSource",
    readFlag,
  ),
  selinux: option("z (shared) or Z (private).", "selinux", (value, what, sink) =>
    readWord(value, what, ["z", "Z"], sink),
  ),
  recursive: {
    doc: "What is mounted below the source: enabled, disabled, writable or readonly.",
    read: (value, reading, what) => {
      const words = ["enabled", "disabled", "writable", "readonly"] as const;
      const word = readWord(value, what, words, reading.sink);
      if (word !== undefined && word !== "enabled") reading.request.recursive = word;
    },
  },
};

/** Keys of `volume` in a long mount. */
export const volumeOptionKeys: KeyTable<MountReading> = {
  nocopy: option("Do not copy the image's files into an empty volume.", "noCopy", readFlag),
  subpath: option("A folder inside the volume.", "subpath", readOptionalText),
  labels: option(
    "Labels of an anonymous volume; those of a named one are declared with it.",
    "labels",
    readRecord,
  ),
};

/** Keys of `image` in a long mount. */
export const imageOptionKeys: KeyTable<MountReading> = {
  subpath: option("A folder inside the image.", "subpath", readOptionalText),
};

/** Keys of `tmpfs` in a long mount. */
export const tmpfsKeys: KeyTable<MountReading> = {
  size: {
    doc: "Size.",
    read: (value, reading, what) => {
      const size = readBytes(value, what, reading.sink);
      if (size !== undefined) reading.tmpfs = { ...reading.tmpfs, size };
    },
  },
  mode: {
    doc: "Permissions in octal, 01777.",
    read: (value, reading, what) => {
      const mode = readFileMode(value, what, reading.sink);
      if (mode !== undefined) reading.tmpfs = { ...reading.tmpfs, mode };
    },
  },
};

function readVolumes(value: YamlNode, reading: ServiceReading, what: string): void {
  markField(reading, "mounts", value.position);
  for (const item of readList(value, what, reading.sink) ?? []) {
    const request =
      item.kind === "map" ? readLongMount(item, reading, what) : readShortMount(item, reading, what);
    const mount = request && toMount(request, reading);
    if (mount) reading.mounts.push({ mount, position: item.position });
  }
}

function readShortMount(item: YamlNode, reading: ServiceReading, what: string): MountRequest | undefined {
  const text = readText(item, `an item of ${what}`, reading.sink);
  if (text === undefined) return undefined;
  const request = parseMount(text, item.position);
  if (typeof request !== "string") return request;
  const hint = "write VOLUME:/path, ./file:/path:ro or /host/path:/path";
  reading.sink.error(item.position, "bad-mount", `mount "${text}" is not valid: ${request}`, hint);
  return undefined;
}

function readLongMount(item: YamlNode, reading: ServiceReading, what: string): MountRequest | undefined {
  const map = readMap(item, what, reading.sink);
  if (!map) return undefined;
  const long: MountReading = { sink: reading.sink, request: {}, tmpfs: {} };
  if (!readKeys(map, mountKeys, what, long)) return undefined;
  const { type, source, target, ...options } = long.request as Partial<MountRequest>;
  const { position } = item;
  const missing = mistakeInForm(long.request);
  if (type === undefined || target === undefined || missing !== undefined) {
    reading.sink.error(
      position,
      "bad-mount",
      `an item of ${what} ${missing ?? "is not complete"}`,
      "see the long syntax of volumes",
    );
    return undefined;
  }
  const tmpfsOptions = formatTmpfs(long.tmpfs);
  return {
    ...options,
    type,
    target,
    position,
    ...(source === undefined ? {} : { source }),
    ...(tmpfsOptions ? { tmpfsOptions } : {}),
  };
}

function mistakeInForm({ type, source, target }: Draft): string | undefined {
  if (type === undefined) return "has no type";
  if (target === undefined) return "has no target";
  if (type === "bind" && source === undefined) return "is a bind without a source";
  if (type === "image" && source === undefined) return "is an image without a source";
  if (type === "tmpfs" && source !== undefined) return "is a tmpfs with a source";
  return undefined;
}

function formatTmpfs({ size, mode }: MountReading["tmpfs"]): string {
  const options = [
    size === undefined ? "" : `size=${size}`,
    mode === undefined ? "" : `mode=${mode.toString(8)}`,
  ];
  return options.filter((text) => text !== "").join(",");
}

function readTmpfs(value: YamlNode, reading: ServiceReading, what: string): void {
  markField(reading, "mounts", value.position);
  const items: readonly TextItem[] =
    value.kind === "scalar" && value.value !== null
      ? [{ text: value.text, position: value.position }]
      : (readTexts(value, what, reading.sink) ?? []);
  for (const { text, position } of items) {
    const colon = text.indexOf(":");
    const target = colon < 0 ? text : text.slice(0, colon);
    const tmpfsOptions = colon < 0 ? "" : text.slice(colon + 1);
    const mount = toMount({ type: "tmpfs", target, position, tmpfsOptions }, reading);
    if (mount) reading.mounts.push({ mount, position });
  }
}

function readVolumesFrom(value: YamlNode, reading: ServiceReading, what: string): void {
  const sources = readTexts(value, what, reading.sink)?.flatMap(({ text, position }) => {
    const [name = "", mode, ...rest] = text.replace(/^container:/, "").split(":");
    if (name === "" || rest.length > 0 || (mode !== undefined && mode !== "ro" && mode !== "rw")) {
      reading.sink.error(
        position,
        "bad-mount",
        `"${text}" is not valid`,
        "write SERVICE, SERVICE:ro or container:NAME:ro",
      );
      return [];
    }
    const suffix = mode === "ro" ? ":ro" : "";
    if (text.startsWith("container:")) return [`${name}${suffix}`];
    if (!checkService(name, { reading, position, verb: "takes volumes from" })) return [];
    addDependency(
      reading,
      { service: name, position },
      { condition: "started", required: true, restart: false },
    );
    return [`${containerNameOf(reading.project, name, 1)}${suffix}`];
  });
  setField(reading, "volumesFrom", sources, { position: value.position, what });
}
