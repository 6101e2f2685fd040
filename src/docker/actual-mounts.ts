import { compact, compareText } from "../lib/records.ts";
import type { Mount } from "../model/workload.ts";
import type { ContainerInspect, InspectMount } from "./inspect-types.ts";
import { unlessEmpty } from "./unset.ts";

/** Names that the Engine makes up for anonymous volumes. */
const generatedName = /^[0-9a-f]{64}$/;

/** Content-addressed volumes of any project (`FileSet`). */
const filesVolumeName = /^mysysconfig-.+-files-[0-9a-f]{16}$/;

export function isFilesVolume(name: string): boolean {
  return filesVolumeName.test(name);
}

/**
 * The mounts of a container as they were asked for, sorted by target. `HostConfig` is read rather than `Mounts`,
 * because it keeps what was sent, while `Mounts` is in random order and full of the Engine's defaults
 * (Docker Engine API, "ContainerInspect").
 *
 * @param filesVolumes volumes with files of the repository, by their path on the host
 */
export function toMounts(inspect: ContainerInspect, filesVolumes: ReadonlyMap<string, string>): Mount[] {
  const host = inspect.HostConfig;
  const declared: Mount[] = [
    ...(host.Binds ?? []).flatMap((bind) => parseBind(bind)),
    ...(host.Mounts ?? []).map(toMount),
    ...Object.entries(host.Tmpfs ?? {}).map(
      ([target, options]) => ({ kind: "tmpfs", target, options }) as const,
    ),
  ];
  const covered = new Set(declared.map((mount) => cleanPath(mount.target)));
  const anonymous = Object.keys(inspect.Config.Volumes ?? {})
    .filter((target) => !covered.has(cleanPath(target)))
    .map((target): Mount => ({ kind: "anonymous", target }));
  return [...declared, ...anonymous]
    .map((mount) => asFiles(mount, filesVolumes))
    .sort((a, b) => compareText(a.target, b.target));
}

function cleanPath(path: string): string {
  return path.length > 1 ? path.replace(/\/+$/, "") : path;
}

/** `source:target[:options]`; a source without a slash is the name of a volume. */
function parseBind(text: string): Mount[] {
  const [source = "", target = "", optionText = ""] = text.split(":");
  if (target === "") return [{ kind: "anonymous", target: source }];
  const options = optionText.split(",");
  const readOnly = options.includes("ro");
  if (!source.startsWith("/")) {
    return [
      generatedName.test(source) ? { kind: "anonymous", target } : volume(source, target, readOnly, options),
    ];
  }
  const propagation = options.find((option) => /^r?(?:private|shared|slave)$/.test(option));
  return [
    compact<Extract<Mount, { kind: "bind" }>>({
      kind: "bind",
      source,
      target,
      readOnly,
      propagation,
      selinux: selinuxOf(options).selinux,
      recursive: undefined,
      createSource: true,
    }),
  ];
}

function volume(name: string, target: string, readOnly: boolean, options: readonly string[]): Mount {
  return {
    kind: "volume",
    volume: name,
    target,
    readOnly,
    ...(options.includes("nocopy") ? { noCopy: true } : {}),
    ...selinuxOf(options),
  };
}

function selinuxOf(options: readonly string[]): { readonly selinux?: "z" | "Z" } {
  const selinux = (["z", "Z"] as const).find((option) => options.includes(option));
  return selinux === undefined ? {} : { selinux };
}

function toMount(mount: InspectMount): Mount {
  const { Source: source = "", Target: target, ReadOnly: readOnly = false } = mount;
  switch (mount.Type) {
    case "bind":
      return compact<Extract<Mount, { kind: "bind" }>>({
        kind: "bind",
        source,
        target,
        readOnly,
        propagation: mount.BindOptions?.Propagation || undefined,
        selinux: undefined,
        createSource: mount.BindOptions?.CreateMountpoint || undefined,
        recursive: recursionOf(mount.BindOptions),
      });
    case "image":
      return compact<Extract<Mount, { kind: "image" }>>({
        kind: "image",
        image: source,
        target,
        subpath: mount.ImageOptions?.Subpath || undefined,
      });
    case "tmpfs":
      return { kind: "tmpfs", target, options: tmpfsOptions(mount) };
    default:
      if (source === "" || generatedName.test(source)) return anonymous(mount);
      return compact<Extract<Mount, { kind: "volume" }>>({
        kind: "volume",
        volume: source,
        target,
        readOnly,
        noCopy: mount.VolumeOptions?.NoCopy || undefined,
        subpath: mount.VolumeOptions?.Subpath || undefined,
        selinux: undefined,
      });
  }
}

function recursionOf(options: InspectMount["BindOptions"]): "disabled" | "writable" | "readonly" | undefined {
  if (options?.NonRecursive) return "disabled";
  if (options?.ReadOnlyNonRecursive) return "writable";
  return options?.ReadOnlyForceRecursive ? "readonly" : undefined;
}

/** A volume without a name; settings of its making are those that were asked for. */
function anonymous({ Target: target, ReadOnly: readOnly, VolumeOptions: options }: InspectMount): Mount {
  const { Name: driver, Options: driverOptions } = options?.DriverConfig ?? {};
  return compact<Extract<Mount, { kind: "anonymous" }>>({
    kind: "anonymous",
    target,
    readOnly: readOnly || undefined,
    noCopy: options?.NoCopy || undefined,
    driver: driver || undefined,
    driverOptions: unlessEmpty(driverOptions),
    labels: unlessEmpty(withoutEngineLabels(options?.Labels)),
  });
}

/** With this label the Engine marks volumes that it has named itself, and shows it as if it had been asked for. */
function withoutEngineLabels(labels: Readonly<Record<string, string>> | null | undefined) {
  const { "com.docker.volume.anonymous": _mark, ...own } = labels ?? {};
  return own;
}

function tmpfsOptions(mount: InspectMount): string {
  const { SizeBytes: size, Mode: mode } = mount.TmpfsOptions ?? {};
  const options = [...(size ? [`size=${size}`] : []), ...(mode ? [`mode=${mode.toString(8)}`] : [])];
  return [...options, ...(mount.ReadOnly ? ["ro"] : [])].join(",");
}

/** A volume of repository files, or on older Engines a bind of one file inside it, is a delivery of ours. */
function asFiles(mount: Mount, filesVolumes: ReadonlyMap<string, string>): Mount {
  if (mount.kind === "volume" && isFilesVolume(mount.volume) && mount.readOnly) {
    const path = mount.subpath === undefined ? {} : { path: mount.subpath };
    return { kind: "files", fileSet: mount.volume, target: mount.target, ...path };
  }
  if (mount.kind === "bind" && mount.readOnly) {
    for (const [mountpoint, fileSet] of filesVolumes) {
      if (mount.source.startsWith(`${mountpoint}/`))
        return {
          kind: "files",
          fileSet,
          target: mount.target,
          path: mount.source.slice(mountpoint.length + 1),
        };
    }
  }
  return mount;
}
