import { makeFileSet, resolveRepositoryPath, selectFiles } from "../model/repository-files.ts";
import type { Mount } from "../model/workload.ts";
import { mark, type RunDraft, refuse } from "./run-draft.ts";
import { type Word, wordPosition } from "./words.ts";

/** Names of containers and volumes, as the Engine restricts them; one letter is too short for it. */
export const objectNamePattern = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;

const propagations = ["shared", "slave", "private", "rshared", "rslave", "rprivate"];
/** Of Docker Desktop; without meaning on Linux. */
const consistencies = ["consistent", "cached", "delegated", "default"];
const modeWords = ["ro", "rw", "z", "Z", "nocopy", ...propagations, ...consistencies];

export interface MountOptions {
  /** `undefined` when neither `ro` nor `rw` was written. */
  readonly readOnly?: boolean;
  readonly selinux?: "z" | "Z";
  readonly noCopy?: boolean;
  readonly propagation?: string;
  readonly subpath?: string;
  readonly recursive?: "disabled" | "writable" | "readonly";
}

/** Adds a mount; two at the same target are a mistake, the Engine refuses them. A volume without a name of `-v` gives way. */
export function addMount(mount: Mount, value: Word, draft: RunDraft): void {
  const isTaken = draft.mounts.has(mount.target) && !draft.unnamedVolumes.delete(mount.target);
  if (isTaken) {
    refuse(draft, value, `something is already mounted at "${mount.target}"`, "mount one thing at each path");
    return;
  }
  draft.mounts.set(mount.target, mount);
  mark(draft, "mounts", value, mount.target);
}

/** `--volume`: `[source:]target[:options]` (docker run reference); the source decides what is mounted. */
export function applyVolume(value: Word, draft: RunDraft): void {
  // The very same text twice is one volume, as in Docker.
  if (draft.volumeTexts.has(value.text)) return;
  draft.volumeTexts.add(value.text);
  const parts = value.text.split(":");
  if (parts.length > 3) {
    refuse(draft, value, `"${value.text}" is not a volume`, "write [source:]target[:options]");
    return;
  }
  if (parts.length === 2 && isMode(parts[1] ?? "")) {
    const hint = "a volume without a name has no options: name it, or remove them";
    refuse(draft, value, `"${value.text}" has no source`, hint);
    return;
  }
  const [source, target = "", mode] = parts.length === 1 ? [undefined, ...parts] : parts;
  const options = readMode(mode, value, draft);
  const cleaned = cleanTarget(target, value, draft);
  if (options === undefined || cleaned === undefined) return;
  const place = { target: cleaned, options, createSource: true, value };
  if (source === undefined) addUnnamed(place, draft);
  else if (source.startsWith("/")) addBind(source, place, draft);
  else if (/^\.\.?(?:\/|$)/.test(source)) addRepositoryFiles(source, place, draft);
  else if (objectNamePattern.test(source)) addNamedVolume(source, place, draft);
  else reportSource(source, value, draft);
}

/** Where and how something is mounted, and the flag's value that says so. */
export interface MountPlace {
  readonly target: string;
  readonly options: MountOptions;
  /** A missing folder of the host is made. */
  readonly createSource: boolean;
  readonly value: Word;
}

/** Something else at its place makes it superfluous, as for the Engine. */
function addUnnamed(place: MountPlace, draft: RunDraft): void {
  if (draft.mounts.has(place.target)) return;
  addAnonymous(place, draft);
  draft.unnamedVolumes.add(place.target);
}

type Anonymous = Extract<Mount, { kind: "anonymous" }>;

/** @param settings of the volume that the Engine makes */
export function addAnonymous(
  { target, options, value }: MountPlace,
  draft: RunDraft,
  settings: Pick<Anonymous, "driver" | "driverOptions" | "labels"> = {},
): void {
  const noCopy = options.noCopy ? { noCopy: true } : {};
  addMount({ kind: "anonymous", target, ...noCopy, ...settings }, value, draft);
}

function reportSource(source: string, value: Word, draft: RunDraft): void {
  const hint = source.includes("/")
    ? `write ./${source.replace(/^~\//, "")} for a file of the repository, or an absolute path of the host`
    : "names of volumes have at least two letters, digits, dots, dashes or underscores";
  const what = source.includes("/") ? "neither an absolute path nor ./…" : "not the name of a volume";
  refuse(draft, value, `"${source}" is ${what}`, hint);
}

/** A path of the Engine's host. */
export function addBind(source: string, place: MountPlace, draft: RunDraft): void {
  const { target, options, createSource, value } = place;
  if (options.noCopy) {
    refuse(draft, value, '"nocopy" is for volumes, not for paths of the host');
    return;
  }
  const mount: Mount = {
    kind: "bind",
    source: cleanPath(source),
    target,
    readOnly: options.readOnly === true,
    ...(options.propagation === undefined ? {} : { propagation: options.propagation }),
    ...(options.selinux === undefined ? {} : { selinux: options.selinux }),
    ...(options.recursive === undefined ? {} : { recursive: options.recursive }),
    ...(createSource ? { createSource } : {}),
  };
  addMount(mount, value, draft);
}

export function addNamedVolume(volume: string, place: MountPlace, draft: RunDraft): void {
  const { target, options, value } = place;
  if (options.propagation !== undefined) {
    refuse(draft, value, `"${options.propagation}" is for paths of the host, not for volumes`);
    return;
  }
  if (!draft.volumes.has(volume)) {
    const origin = wordPosition(value);
    draft.volumes.set(volume, { name: volume, external: false, driverOptions: {}, labels: {}, origin });
  }
  const { noCopy, subpath, selinux } = options;
  addMount(
    {
      kind: "volume",
      volume,
      target,
      readOnly: options.readOnly === true,
      ...(noCopy ? { noCopy } : {}),
      ...(subpath === undefined ? {} : { subpath }),
      ...(selinux === undefined ? {} : { selinux }),
    },
    value,
    draft,
  );
}

/** Files of the repository travel in a volume of their own, because their paths mean nothing to the host. */
export function addRepositoryFiles(source: string, place: MountPlace, draft: RunDraft): void {
  const { target, options, value } = place;
  const { scope } = draft;
  const path = resolveRepositoryPath(scope.path, source);
  const selection = path ? selectFiles(scope.context.tree, path) : undefined;
  if (selection === undefined) {
    const hint =
      path === "" || path === undefined
        ? "name a file or folder inside the repository"
        : "add it to the repository, or use a named volume or an absolute path of the host";
    refuse(draft, value, `"${source}" is not in the repository`, hint);
    return;
  }
  if (options.readOnly === false) {
    refuse(draft, value, `"${source}" is a file of the repository and read-only in containers`, "write :ro");
    return;
  }
  const set = makeFileSet(scope.context.owner, selection.files);
  draft.fileSets.set(set.name, set);
  for (const used of selection.usedPaths) scope.usedPaths.add(used);
  const file = selection.isFile ? selection.files[0]?.path : undefined;
  const part = file === undefined ? {} : { path: file };
  addMount({ kind: "files", fileSet: set.name, ...part, target }, value, draft);
}

function isMode(text: string): boolean {
  return text.split(",").every((word) => modeWords.includes(word));
}

function readMode(mode: string | undefined, value: Word, draft: RunDraft): MountOptions | undefined {
  if (mode === undefined) return {};
  const words = mode.split(",");
  const unknown = words.find((word) => !modeWords.includes(word));
  if (unknown !== undefined) {
    return refuse(
      draft,
      value,
      `"${unknown}" is not a volume option`,
      `options: ${modeWords.slice(0, 11).join(", ")}`,
    );
  }
  const only = (group: readonly string[]) => words.filter((word) => group.includes(word));
  const groups = [only(["ro", "rw"]), only(["z", "Z"]), only(["nocopy"]), only(propagations)];
  const twice = groups.find((group) => group.length > 1);
  if (twice) return refuse(draft, value, `"${twice.join(",")}" cannot be combined`);
  const [access, selinux, noCopy, propagation] = groups.map((group) => group[0]);
  return {
    ...(access === undefined ? {} : { readOnly: access === "ro" }),
    ...(selinux === "z" || selinux === "Z" ? { selinux } : {}),
    ...(noCopy === undefined ? {} : { noCopy: true }),
    ...(propagation === undefined ? {} : { propagation }),
  };
}

/** The target as the Engine stores it, or a report. */
export function cleanTarget(target: string, value: Word, draft: RunDraft): string | undefined {
  if (!target.startsWith("/")) {
    return refuse(
      draft,
      value,
      `"${target}" is not an absolute path in the container`,
      "write [source:]/path",
    );
  }
  const cleaned = cleanPath(target);
  return cleaned === "/" ? refuse(draft, value, 'nothing can be mounted at "/"') : cleaned;
}

/** An absolute path without empty, `.` and `..` parts. */
export function cleanPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}
