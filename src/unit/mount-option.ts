import { parseBytes } from "../lib/bytes.ts";
import { judgeImage } from "../model/image-policy.ts";
import { splitPair } from "./go-values.ts";
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
import {
  isOn,
  type MountFields,
  type MountType,
  misplacedKey,
  mountTypes,
  readMountFields,
} from "./mount-keys.ts";
import { type RunDraft, refuse } from "./run-draft.ts";
import { type Word, wordPosition } from "./words.ts";

const propagations = ["shared", "slave", "private", "rshared", "rslave", "rprivate"];

interface MountRequest extends MountFields, MountPlace {
  readonly type: MountType;
  /** Empty for an anonymous volume. */
  readonly source: string;
}

/** `--mount`: comma separated `key=value` pairs, `readonly` alone for true (docker run reference). */
export function applyMount(value: Word, draft: RunDraft): void {
  const fields = readMountFields(value, draft);
  const request = fields === undefined ? undefined : checkRequest(fields, value, draft);
  if (request === undefined) return;
  if (request.type === "tmpfs") addTmpfs(request, draft);
  else if (request.type === "bind") addHostPath(request, draft);
  else if (request.type === "image") addImage(request, draft);
  else if (request.source === "") addUnnamed(request, draft);
  else addVolume(request, draft);
}

/** Types that Docker knows and this Engine's containers cannot have. */
const otherTypes: Readonly<Record<string, string>> = {
  cluster: "volumes of a cluster are for services of a Swarm with a CSI driver",
  npipe: "named pipes are for Windows",
};

function checkRequest(fields: MountFields, value: Word, draft: RunDraft): MountRequest | undefined {
  const { single } = fields;
  const typeText = single.get("type")?.toLowerCase() ?? "volume";
  const type = mountTypes.find((name) => name === typeText);
  if (type === undefined) {
    const hint = otherTypes[typeText] ?? `write type=${mountTypes.join(", ")}`;
    return refuse(draft, value, `mount type "${typeText}" is not possible`, hint);
  }
  const misplaced = misplacedKey(fields, type);
  if (misplaced !== undefined)
    return refuse(draft, value, `mount option "${misplaced}" is not for type=${type}`);
  const target = single.get("target") ?? "";
  if (target === "") return refuse(draft, value, "the mount has no target", "write target=/path");
  const cleaned = cleanTarget(target, value, draft);
  const options = readOptions(fields, value, draft);
  if (cleaned === undefined || options === undefined) return undefined;
  const source = single.get("source") ?? "";
  return { ...fields, type, source, target: cleaned, options, createSource: false, value };
}

function readOptions(fields: MountFields, value: Word, draft: RunDraft): MountOptions | undefined {
  const { single } = fields;
  const propagation = single.get("bind-propagation") || undefined;
  const subpath = (single.get("volume-subpath") ?? single.get("image-subpath")) || undefined;
  const recursive = readRecursive(fields, propagation, value, draft);
  if (recursive === null) return undefined;
  return {
    ...(single.has("readonly") ? { readOnly: isOn(fields, "readonly") } : {}),
    ...(isOn(fields, "volume-nocopy") ? { noCopy: true } : {}),
    ...(propagation === undefined ? {} : { propagation }),
    ...(subpath === undefined ? {} : { subpath }),
    ...(recursive === undefined ? {} : { recursive }),
  };
}

/** `bind-recursive`, or its older spelling `bind-nonrecursive`; `null` after a mistake was reported. */
function readRecursive(
  fields: MountFields,
  propagation: string | undefined,
  value: Word,
  draft: RunDraft,
): MountOptions["recursive"] | null {
  const text = fields.single.get("bind-recursive");
  const isOld = isOn(fields, "bind-nonrecursive");
  const wanted = (["disabled", "writable", "readonly"] as const).find((name) => name === text);
  const problem =
    text !== undefined && wanted === undefined && text !== "enabled"
      ? `bind-recursive cannot be "${text}"`
      : text !== undefined && isOld && wanted !== "disabled"
        ? "bind-nonrecursive contradicts bind-recursive"
        : wanted !== undefined && wanted !== "disabled" && !isOn(fields, "readonly")
          ? `bind-recursive=${wanted} needs readonly`
          : wanted === "readonly" && propagation !== "rprivate"
            ? "bind-recursive=readonly needs bind-propagation=rprivate"
            : undefined;
  if (problem !== undefined) {
    refuse(draft, value, problem, "bind-recursive is one of: enabled, disabled, writable, readonly");
    return null;
  }
  return isOld ? "disabled" : wanted;
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

/** The Engine refuses it read-only, because nobody could ever write into it, and cannot look into it before it is there. */
function addUnnamed(request: MountRequest, draft: RunDraft): void {
  const { options, value, lists, single } = request;
  const problem = options.readOnly
    ? "be read-only"
    : options.subpath === undefined
      ? undefined
      : "have a subpath";
  if (problem !== undefined) {
    refuse(draft, value, `a volume without a name cannot ${problem}`, "name it with source=");
    return;
  }
  const driver = single.get("volume-driver") || undefined;
  const driverOptions = pairs(lists.get("volume-opt"));
  const labels = pairs(lists.get("volume-label"));
  addAnonymous(request, draft, {
    ...(driver === undefined ? {} : { driver }),
    ...(Object.keys(driverOptions).length === 0 ? {} : { driverOptions }),
    ...(Object.keys(labels).length === 0 ? {} : { labels }),
  });
}

function addVolume(request: MountRequest, draft: RunDraft): void {
  const { source, value } = request;
  if (!objectNamePattern.test(source)) {
    const hint = "for a path write type=bind; names of volumes have at least two characters";
    refuse(draft, value, `"${source}" is not the name of a volume`, hint);
    return;
  }
  const isKnown = draft.volumes.has(source);
  addNamedVolume(source, request, draft);
  const volume = draft.volumes.get(source);
  if (volume === undefined) return;
  if (!isKnown) draft.structuredVolumes.add(source);
  const driver = request.single.get("volume-driver") || undefined;
  draft.volumes.set(source, {
    ...volume,
    ...(driver === undefined ? {} : { driver }),
    driverOptions: { ...volume.driverOptions, ...pairs(request.lists.get("volume-opt")) },
    labels: { ...volume.labels, ...pairs(request.lists.get("volume-label")) },
  });
}

function pairs(texts: readonly string[] = []): Record<string, string> {
  return Object.fromEntries(texts.map(splitPair).map(({ key, value = "" }) => [key, value]));
}

function addTmpfs({ target, options, single, value }: MountRequest, draft: RunDraft): void {
  const size = single.get("tmpfs-size");
  const mode = single.get("tmpfs-mode");
  const bytes = size === undefined ? undefined : parseBytes(size);
  if (size !== undefined && bytes === undefined) {
    refuse(draft, value, `tmpfs-size cannot be "${size}"`, "write a size such as 64m");
  } else if (mode !== undefined && !/^[0-7]{1,11}$/.test(mode)) {
    refuse(draft, value, `tmpfs-mode cannot be "${mode}"`, "write an octal mode such as 1777");
  } else {
    const parts = [
      ...(options.readOnly ? ["ro"] : []),
      ...(bytes === undefined || bytes === 0 ? [] : [`size=${bytes}`]),
      ...(mode === undefined || Number(mode) === 0 ? [] : [`mode=${mode}`]),
    ];
    addMount({ kind: "tmpfs", target, options: parts.join(",") }, value, draft);
  }
}

/** Images that are mounted are under the policy of all images; they are read-only, whether `readonly` is said or not. */
function addImage({ source, target, options, value }: MountRequest, draft: RunDraft): void {
  const { sink, context } = draft.scope;
  if (source === "") {
    refuse(draft, value, "the image mount has no source", "write source=image:tag");
    return;
  }
  const verdict = judgeImage(source, context.images);
  const place = wordPosition(value);
  if (verdict.error !== undefined) sink.error(place, "image-refused", verdict.error, verdict.hint);
  if (verdict.warning !== undefined) sink.warning(place, "image-policy", verdict.warning, verdict.hint);
  if (verdict.reference === undefined) return;
  const part = options.subpath === undefined ? {} : { subpath: options.subpath };
  addMount({ kind: "image", image: verdict.reference, target, ...part }, value, draft);
}
