import { parseBytes } from "../lib/bytes.ts";
import { didYouMean } from "../lib/suggest.ts";
import {
  addAnonymous,
  addBind,
  addMount,
  addNamedVolume,
  addRepositoryFiles,
  cleanTarget,
  type MountOptions,
  type MountPlace,
  objectNamePattern,
} from "./mount-flags.ts";
import { type RunDraft, refuse } from "./run-draft.ts";
import type { Word } from "./words.ts";

type MountType = "bind" | "volume" | "tmpfs";

/** Keys of `--mount` (docker run reference) with the mount types they are for. */
const keyTypes: Readonly<Record<string, readonly MountType[]>> = {
  type: ["bind", "volume", "tmpfs"],
  target: ["bind", "volume", "tmpfs"],
  source: ["bind", "volume"],
  readonly: ["bind", "volume", "tmpfs"],
  consistency: ["bind", "volume", "tmpfs"],
  "bind-propagation": ["bind"],
  "volume-nocopy": ["volume"],
  "volume-subpath": ["volume"],
  "volume-driver": ["volume"],
  "volume-label": ["volume"],
  "volume-opt": ["volume"],
  "tmpfs-size": ["tmpfs"],
  "tmpfs-mode": ["tmpfs"],
};

const shortKeys: ReadonlyMap<string, string> = new Map([
  ["src", "source"],
  ["dst", "target"],
  ["destination", "target"],
  ["ro", "readonly"],
]);
const unsupportedKeys = ["bind-nonrecursive", "bind-recursive", "image-subpath"];
const propagations = ["shared", "slave", "private", "rshared", "rslave", "rprivate"];

/** The pairs of one `--mount`, checked one by one. */
interface MountFields {
  readonly single: ReadonlyMap<string, string>;
  readonly lists: ReadonlyMap<string, readonly string[]>;
}

interface MountRequest extends MountFields, MountPlace {
  readonly type: MountType;
  /** Empty for an anonymous volume. */
  readonly source: string;
}

/** `--mount`: comma separated `key=value` pairs, `readonly` alone for true (docker run reference). */
export function applyMount(value: Word, draft: RunDraft): void {
  const fields = readFields(value, draft);
  const request = fields === undefined ? undefined : checkRequest(fields, value, draft);
  if (request === undefined) return;
  if (request.type === "tmpfs") addTmpfs(request, draft);
  else if (request.type === "bind") addHostPath(request, draft);
  else if (request.source === "") addAnonymous(request, draft);
  else addVolume(request, draft);
}

function readFields(value: Word, draft: RunDraft): MountFields | undefined {
  const single = new Map<string, string>();
  const lists = new Map<string, string[]>();
  let isValid = true;
  for (const field of splitCsv(value.text)) {
    const equals = field.indexOf("=");
    const written = (equals < 0 ? field : field.slice(0, equals)).toLowerCase();
    const key = shortKeys.get(written) ?? written;
    const text = equals < 0 ? undefined : field.slice(equals + 1);
    const problem = problemOf(key, text);
    if (problem !== undefined) {
      refuse(draft, value, problem.message, problem.hint);
      isValid = false;
    } else if (key === "volume-label" || key === "volume-opt") {
      lists.set(key, [...(lists.get(key) ?? []), text ?? ""]);
    } else single.set(key, text ?? "true");
  }
  return isValid ? { single, lists } : undefined;
}

function problemOf(key: string, text: string | undefined): { message: string; hint?: string } | undefined {
  if (unsupportedKeys.includes(key)) return { message: `mount option "${key}" is not supported yet` };
  if (!Object.hasOwn(keyTypes, key)) {
    const hint = didYouMean(key, Object.keys(keyTypes)) ?? `options: ${Object.keys(keyTypes).join(", ")}`;
    return { message: `unknown mount option "${key}"`, hint };
  }
  const isSwitch = key === "readonly" || key === "volume-nocopy";
  if (text === undefined && !isSwitch) return { message: `mount option "${key}" needs a value` };
  if (isSwitch && text !== undefined && !/^(?:1|t|true|0|f|false)$/i.test(text)) {
    return { message: `mount option "${key}" is true or false, not "${text}"` };
  }
  return undefined;
}

function checkRequest(fields: MountFields, value: Word, draft: RunDraft): MountRequest | undefined {
  const { single, lists } = fields;
  const typeText = single.get("type")?.toLowerCase() ?? "volume";
  const type = (["bind", "volume", "tmpfs"] as const).find((name) => name === typeText);
  if (type === undefined) {
    return refuse(
      draft,
      value,
      `mount type "${typeText}" is not supported`,
      "write type=bind, volume or tmpfs",
    );
  }
  const misplaced = [...single.keys(), ...lists.keys()].find((key) => !keyTypes[key]?.includes(type));
  if (misplaced !== undefined) {
    return refuse(draft, value, `mount option "${misplaced}" is not for type=${type}`);
  }
  const target = single.get("target");
  if (target === undefined) return refuse(draft, value, "the mount has no target", "write target=/path");
  const cleaned = cleanTarget(target, value, draft);
  if (cleaned === undefined) return undefined;
  const source = single.get("source") ?? "";
  return { ...fields, type, source, target: cleaned, options: optionsOf(single), createSource: false, value };
}

function optionsOf(single: ReadonlyMap<string, string>): MountOptions {
  const isTrue = (key: string) => /^(?:1|t|true)$/i.test(single.get(key) ?? "");
  const propagation = single.get("bind-propagation");
  const subpath = single.get("volume-subpath");
  return {
    ...(single.has("readonly") ? { readOnly: isTrue("readonly") } : {}),
    ...(isTrue("volume-nocopy") ? { noCopy: true } : {}),
    ...(propagation === undefined ? {} : { propagation }),
    ...(subpath === undefined ? {} : { subpath }),
  };
}

function addHostPath(request: MountRequest, draft: RunDraft): void {
  const { source, options, value } = request;
  if (options.propagation !== undefined && !propagations.includes(options.propagation)) {
    const hint = `one of: ${propagations.join(", ")}`;
    refuse(draft, value, `bind-propagation cannot be "${options.propagation}"`, hint);
  } else if (source === "") {
    refuse(draft, value, "the bind mount has no source", "write source=/path of the host");
  } else if (source.startsWith("/")) addBind(source, request, draft);
  else addRepositoryFiles(source, request, draft);
}

function addVolume(request: MountRequest, draft: RunDraft): void {
  const { source, value } = request;
  if (!objectNamePattern.test(source)) {
    const hint = "for a path write type=bind; names of volumes have at least two characters";
    refuse(draft, value, `"${source}" is not the name of a volume`, hint);
    return;
  }
  addNamedVolume(source, request, draft);
  const volume = draft.volumes.get(source);
  if (volume === undefined) return;
  const driver = request.single.get("volume-driver");
  draft.volumes.set(source, {
    ...volume,
    ...(driver === undefined ? {} : { driver }),
    driverOptions: { ...volume.driverOptions, ...pairs(request.lists.get("volume-opt")) },
    labels: { ...volume.labels, ...pairs(request.lists.get("volume-label")) },
  });
}

function pairs(texts: readonly string[] = []): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const equals = text.indexOf("=");
      return equals < 0 ? [text, ""] : [text.slice(0, equals), text.slice(equals + 1)];
    }),
  );
}

function addTmpfs({ target, options, single, value }: MountRequest, draft: RunDraft): void {
  const size = single.get("tmpfs-size");
  const mode = single.get("tmpfs-mode");
  const bytes = size === undefined ? undefined : parseBytes(size);
  if (size !== undefined && bytes === undefined) {
    refuse(draft, value, `tmpfs-size cannot be "${size}"`, "write a size such as 64m");
  } else if (mode !== undefined && !/^[0-7]{1,4}$/.test(mode)) {
    refuse(draft, value, `tmpfs-mode cannot be "${mode}"`, "write an octal mode such as 1777");
  } else {
    const parts = [
      ...(options.readOnly ? ["ro"] : []),
      ...(bytes === undefined ? [] : [`size=${bytes}`]),
      ...(mode === undefined ? [] : [`mode=${mode}`]),
    ];
    addMount({ kind: "tmpfs", target, options: parts.join(",") }, value, draft);
  }
}

/** Splits at commas; a field in double quotes may contain some (RFC 4180). */
function splitCsv(text: string): string[] {
  const fields: string[] = [];
  for (const match of text.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)) {
    fields.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? "");
  }
  return fields;
}
