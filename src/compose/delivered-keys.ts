import type { Position } from "../lib/diagnostic.ts";
import { didYouMean } from "../lib/suggest.ts";
import type { YamlNode } from "../lib/yaml.ts";
import { readInteger, readList, readText } from "../lib/yaml-read.ts";
import type { StoredFile } from "../model/cluster.ts";
import type { Mount } from "../model/workload.ts";
import { type KeyTable, type Reading, readKeys } from "./key-table.ts";
import { type DeclaredFile, deliverFiles } from "./project.ts";
import { readFileMode, readOptionalText, type TextItem } from "./scalars.ts";
import { markField, type ServiceReading } from "./service-reading.ts";

type Section = "configs" | "secrets";

interface DeliveredReading extends Reading {
  source?: TextItem;
  target?: string;
  mode?: number;
  uid?: number;
  gid?: number;
}

function number(doc: string, name: "uid" | "gid"): KeyTable<DeliveredReading>[string] {
  return {
    doc,
    read: (value, reading, what) => {
      const id = readInteger(value, what, reading.sink, 0, 2 ** 32 - 2);
      if (id !== undefined) reading[name] = id;
    },
  };
}

/** Keys of the long syntax of a service's `configs` and `secrets` (Compose specification, same names). */
export const deliveredKeys: KeyTable<DeliveredReading> = {
  source: {
    doc: "Key of the top-level declaration.",
    read: (value, reading, what) => {
      const text = readText(value, what, reading.sink);
      if (text !== undefined) reading.source = { text, position: value.position };
    },
  },
  target: {
    doc: "Path in the container; a relative one is below / (configs) or /run/secrets (secrets).",
    read: (value, reading, what) => {
      const target = readOptionalText(value, what, reading.sink);
      if (target !== undefined) reading.target = target;
    },
  },
  uid: number("Owner of the file, a number.", "uid"),
  gid: number("Group of the file, a number.", "gid"),
  mode: {
    doc: "Permissions in octal, 0444 unless declared.",
    read: (value, reading, what) => {
      const mode = readFileMode(value, what, reading.sink);
      if (mode !== undefined) reading.mode = mode;
    },
  },
};

const baseFolders: Readonly<Record<Section, string>> = { configs: "/", secrets: "/run/secrets/" };

/** The reader of `configs` or `secrets` of a service: names, or long forms. */
export function readDelivered(section: Section) {
  return (value: YamlNode, reading: ServiceReading, what: string): void => {
    markField(reading, "mounts", value.position);
    for (const item of readList(value, what, reading.sink) ?? []) {
      const delivered: DeliveredReading = { sink: reading.sink };
      if (item.kind === "map") readKeys(item, deliveredKeys, what, delivered);
      else {
        const text = readText(item, `an item of ${what}`, reading.sink);
        if (text === undefined) continue;
        delivered.source = { text, position: item.position };
      }
      const { source } = delivered;
      if (source) deliver({ ...delivered, source, section, position: item.position }, reading);
      else {
        reading.sink.error(
          item.position,
          "missing-key",
          `an item of ${what} has no source`,
          "write source: NAME",
        );
      }
    }
  };
}

/** An item that was read. */
interface Delivery extends DeliveredReading {
  readonly source: TextItem;
  readonly section: Section;
  readonly position: Position;
}

function deliver(delivery: Delivery, reading: ServiceReading): void {
  const { position } = delivery;
  const file = findFile(delivery, reading);
  if (!file || file.kind === "broken") return;
  if (file.kind === "stored") {
    reading.stored.push({ file: toStored(file.name, delivery), position });
    reading.positions["cluster.stored"] ??= position;
  } else {
    const mount =
      file.kind === "host" ? toBind(file.path, delivery, reading) : toFiles(file.content, delivery, reading);
    reading.mounts.push({ mount, position });
  }
}

function targetOf({ target, source, section }: Delivery): string {
  const named = target ?? source.text;
  return named.startsWith("/") ? named : `${baseFolders[section]}${named}`;
}

/** Swarm puts a secret below `/run/secrets` by itself, unless its target is a path. */
function toStored(name: string, delivery: Delivery): StoredFile {
  const { section, source, target = source.text, mode = 0o444, uid = 0, gid = 0 } = delivery;
  const access = { uid: String(uid), gid: String(gid), mode };
  if (section === "secrets") return { kind: "secret", name, target, ...access };
  return { kind: "config", name, target: targetOf(delivery), ...access };
}

/** A cluster keeps the content of a secret among its secrets; for an Engine all files are alike. */
function toFiles(content: Uint8Array, delivery: Delivery, { project }: ServiceReading): Mount {
  const { section, source, mode = 0o444, uid = 0, gid = 0 } = delivery;
  const path = source.text;
  const fileSet = deliverFiles(project, [{ path, mode, uid, gid, content }]);
  const isSecret = section === "secrets" && project.context.target === "swarm";
  const mount = { kind: "files", fileSet, path, target: targetOf(delivery) } as const;
  return isSecret ? { ...mount, secret: true } : mount;
}

function findFile({ source, section }: Delivery, reading: ServiceReading): DeclaredFile | undefined {
  const declared = reading.project[section].get(source.text);
  if (declared) return declared;
  const noun = section === "configs" ? "config" : "secret";
  const message = `service "${reading.name}" uses ${noun} "${source.text}", which is not defined`;
  const hint =
    didYouMean(source.text, reading.project[section].keys()) ??
    `declare it: ${section}: {${source.text}: {file: FILE}}`;
  reading.sink.error(source.position, `undefined-${noun}`, message, hint);
  return undefined;
}

/** A file of the host stays where it is, with the owner and permissions it has there. */
function toBind(path: string, delivery: Delivery, reading: ServiceReading): Mount {
  const { source, mode, uid, gid } = delivery;
  if ((mode ?? uid ?? gid) !== undefined) {
    const hint = "set them on the host, or put the file into the repository";
    reading.sink.error(source.position, "host-file", `owner and mode of "${path}" are the host's`, hint);
  }
  return { kind: "bind", source: path, target: targetOf(delivery), readOnly: true, createSource: false };
}
