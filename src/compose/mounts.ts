import type { Position } from "../lib/diagnostic.ts";
import { didYouMean } from "../lib/suggest.ts";
import { judgeImage } from "../model/image-policy.ts";
import type { Mount } from "../model/workload.ts";
import { deliverFiles, selectRepositoryFiles } from "./project.ts";
import type { ServiceReading } from "./service-reading.ts";

/** A mount as written, in either syntax; what was not written is absent. */
export interface MountRequest {
  readonly type: "volume" | "bind" | "tmpfs" | "image";
  readonly source?: string;
  readonly target: string;
  readonly readOnly?: boolean;
  readonly propagation?: string;
  readonly selinux?: "z" | "Z";
  readonly createSource?: boolean;
  readonly noCopy?: boolean;
  readonly subpath?: string;
  readonly recursive?: "disabled" | "writable" | "readonly";
  readonly labels?: Readonly<Record<string, string>>;
  readonly tmpfsOptions?: string;
  readonly position: Position;
}

export const propagations = ["private", "rprivate", "shared", "rshared", "slave", "rslave"] as const;

/** `true` for what the short syntax takes as a path; everything else is the name of a volume. */
function isPath(source: string): boolean {
  return /^[./~]/.test(source);
}

/**
 * The short syntax of `volumes` (Compose specification, "volumes", short syntax): `[SOURCE:]TARGET[:MODE]`. A missing
 * folder of the host is made, which the long syntax does only when asked.
 *
 * @returns the request, or a sentence that says what is wrong
 */
export function parseMount(text: string, position: Position): MountRequest | string {
  if (/^[A-Za-z]:[\\/]/.test(text)) return "paths of Windows are not supported";
  const [first = "", second, modes, ...rest] = text.split(":");
  if (rest.length > 0) return "it has more than three parts";
  if (second === undefined) return { type: "volume", target: first, position };
  if (first === "") return "the source is empty";
  const options = parseModes(modes);
  if (typeof options === "string") return options;
  const type = isPath(first) ? "bind" : "volume";
  const createSource = first.startsWith("/") ? { createSource: true } : {};
  return { type, source: first, target: second, position, ...options, ...createSource };
}

type ModeOptions = Pick<MountRequest, "readOnly" | "propagation" | "selinux" | "noCopy">;

function parseModes(modes: string | undefined): ModeOptions | string {
  let options: ModeOptions = {};
  for (const mode of modes === undefined ? [] : modes.split(",")) {
    if (mode === "ro" || mode === "rw") options = { ...options, readOnly: mode === "ro" };
    else if (mode === "z" || mode === "Z") options = { ...options, selinux: mode };
    else if (mode === "nocopy") options = { ...options, noCopy: true };
    else if ((propagations as readonly string[]).includes(mode)) options = { ...options, propagation: mode };
    // Consistency modes exist for Docker Desktop; on Linux they never had an effect.
    else if (!["cached", "delegated", "consistent"].includes(mode)) return `unknown mode "${mode}"`;
  }
  return options;
}

/** What the container gets, or `undefined` after reporting why it cannot have it. */
export function toMount(request: MountRequest, reading: ServiceReading): Mount | undefined {
  const target = cleanTarget(request, reading);
  if (target === undefined || hasForeignOption(request, reading)) return undefined;
  reading.positions[`mounts.${target}`] ??= request.position;
  if (request.type === "tmpfs") return { kind: "tmpfs", target, options: request.tmpfsOptions ?? "" };
  if (request.type === "volume") return toVolumeMount({ ...request, target }, reading);
  if (request.type === "image") return toImageMount({ ...request, target }, reading);
  const { source = "" } = request;
  if (source.startsWith("~")) {
    const hint = "write the absolute path: the home folder of whoever runs this is not the host's";
    return refuse(request, reading, `"${source}" is a path in somebody's home`, hint);
  }
  if (!source.startsWith("/")) return toFilesMount({ ...request, target }, reading);
  return {
    kind: "bind",
    source,
    target,
    readOnly: request.readOnly ?? false,
    createSource: request.createSource ?? false,
    ...(request.propagation === undefined ? {} : { propagation: request.propagation }),
    ...(request.selinux === undefined ? {} : { selinux: request.selinux }),
    ...(request.recursive === undefined ? {} : { recursive: request.recursive }),
  };
}

/** What is pulled and checked as any image; the Engine mounts it read-only. */
function toImageMount(request: MountRequest, reading: ServiceReading): Mount | undefined {
  const { source = "", target, subpath, readOnly, position } = request;
  const verdict = judgeImage(source, reading.project.context.images);
  if (verdict.warning !== undefined) {
    reading.sink.warning(position, "image-policy", verdict.warning, verdict.hint);
  }
  if (readOnly === false)
    return refuse(request, reading, `image "${source}" is mounted read-only`, "remove read_only");
  if (verdict.reference === undefined) {
    reading.sink.error(position, "bad-image", verdict.error ?? "", verdict.hint);
    return undefined;
  }
  return { kind: "image", image: verdict.reference, target, ...(subpath === undefined ? {} : { subpath }) };
}

type OptionName = Exclude<keyof MountRequest, "type" | "source" | "target" | "selinux" | "position">;

/** Options that say something about another kind of mount. */
const foreignOptions: Readonly<Record<MountRequest["type"], readonly OptionName[]>> = {
  volume: ["propagation", "createSource", "recursive", "tmpfsOptions"],
  bind: ["noCopy", "subpath", "labels", "tmpfsOptions"],
  tmpfs: ["propagation", "createSource", "recursive", "noCopy", "subpath", "labels", "readOnly"],
  image: ["propagation", "createSource", "recursive", "noCopy", "labels", "tmpfsOptions"],
};

const optionWords: Readonly<Record<OptionName, string>> = {
  propagation: "propagation",
  createSource: "create_host_path",
  noCopy: "nocopy",
  subpath: "subpath",
  tmpfsOptions: "tmpfs",
  readOnly: "read_only",
  recursive: "recursive",
  labels: "labels",
};

function hasForeignOption(request: MountRequest, reading: ServiceReading): boolean {
  const foreign = foreignOptions[request.type].find((name) => request[name] !== undefined);
  if (foreign === undefined) return false;
  refuse(request, reading, `${optionWords[foreign]} has no meaning for a ${request.type} mount`, "remove it");
  return true;
}

function cleanTarget(request: MountRequest, reading: ServiceReading): string | undefined {
  const parts: string[] = [];
  for (const part of request.target.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  if (request.target.startsWith("/") && parts.length > 0) return `/${parts.join("/")}`;
  const message = `"${request.target}" cannot be a mount point`;
  refuse(request, reading, message, "write an absolute path inside the container, /data");
  return undefined;
}

function toVolumeMount(request: MountRequest, reading: ServiceReading): Mount | undefined {
  const { source, target, readOnly, position } = request;
  if (source === undefined) {
    const { noCopy, labels } = request;
    if (request.subpath !== undefined) {
      return refuse(
        request,
        reading,
        "an anonymous volume has no folder to mount",
        "name the volume as its source",
      );
    }
    return {
      kind: "anonymous",
      target,
      ...(readOnly === undefined ? {} : { readOnly }),
      ...(noCopy === undefined ? {} : { noCopy }),
      ...(labels === undefined ? {} : { labels }),
    };
  }
  const volume = reading.project.volumes.get(source);
  if (!volume) {
    const names = [...reading.project.volumes.keys()];
    const isFile = source.includes("/");
    const hint = isFile ? `write ./${source} for files of the repository` : didYouMean(source, names);
    const message = `service "${reading.name}" mounts volume "${source}", which is not defined`;
    reading.sink.error(position, "undefined-volume", message, hint ?? `declare it: volumes: {${source}: }`);
    return undefined;
  }
  if (request.labels !== undefined) {
    const hint = `write labels under volumes: {${source}: …} of the file`;
    return refuse(request, reading, `labels of volume "${source}" cannot be said where it is mounted`, hint);
  }
  return {
    kind: "volume",
    volume: volume.name,
    target,
    readOnly: readOnly ?? false,
    ...(request.noCopy === undefined ? {} : { noCopy: request.noCopy }),
    ...(request.subpath === undefined ? {} : { subpath: request.subpath }),
    ...(request.selinux === undefined ? {} : { selinux: request.selinux }),
  };
}

const readOnlyHint = "use a named volume or an absolute path of the host for what the container writes";

/** Files of the repository travel in a volume named after their content; nobody may write there. */
function toFilesMount(request: MountRequest, reading: ServiceReading): Mount | undefined {
  const { source = "", target, position } = request;
  if (request.readOnly === false) {
    return refuse(request, reading, `"${source}" comes from the repository and is read-only`, readOnlyHint);
  }
  if ((request.propagation ?? request.recursive) !== undefined) {
    return refuse(
      request,
      reading,
      "propagation and recursive are for paths of the host, not for files of the repository",
      "remove it",
    );
  }
  const selection = selectRepositoryFiles(reading.project, { path: source, position });
  if (!selection) return undefined;
  const fileSet = deliverFiles(reading.project, selection.files);
  const [file] = selection.files;
  return { kind: "files", fileSet, target, ...(selection.isFile && file ? { path: file.path } : {}) };
}

function refuse(request: MountRequest, reading: ServiceReading, message: string, hint: string): undefined {
  reading.sink.error(request.position, "bad-mount", message, hint);
  return undefined;
}
