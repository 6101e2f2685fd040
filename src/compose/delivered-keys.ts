import { didYouMean } from "../lib/suggest.ts";
import type { YamlNode } from "../lib/yaml.ts";
import { readInteger, readList, readText } from "../lib/yaml-read.ts";
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
      const mount = toMount(delivered, section, reading);
      if (mount) reading.mounts.push({ mount, position: item.position });
      else if (!delivered.source) {
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

function toMount(delivered: DeliveredReading, section: Section, reading: ServiceReading): Mount | undefined {
  const { source } = delivered;
  const file = source && findFile(source, section, reading);
  if (!source || !file || file.kind === "broken") return undefined;
  const named = delivered.target ?? source.text;
  const target = named.startsWith("/") ? named : `${baseFolders[section]}${named}`;
  if (file.kind === "host") return toBind({ path: file.path, target }, delivered, reading);
  const path = source.text;
  const { mode = 0o444, uid = 0, gid = 0 } = delivered;
  const fileSet = deliverFiles(reading.project, [{ path, mode, uid, gid, content: file.content }]);
  return { kind: "files", fileSet, path, target };
}

function findFile(source: TextItem, section: Section, reading: ServiceReading): DeclaredFile | undefined {
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
function toBind(
  { path, target }: { readonly path: string; readonly target: string },
  { source, mode, uid, gid }: DeliveredReading,
  reading: ServiceReading,
): Mount {
  if (source && (mode ?? uid ?? gid) !== undefined) {
    const hint = "set them on the host, or put the file into the repository";
    reading.sink.error(source.position, "host-file", `owner and mode of "${path}" are the host's`, hint);
  }
  return { kind: "bind", source: path, target, readOnly: true, createSource: false };
}
