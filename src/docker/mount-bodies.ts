import { compact } from "../lib/records.ts";
import { apiSupports } from "../model/engine-api.ts";
import type { Mount } from "../model/workload.ts";
import type { InspectMount } from "./inspect-types.ts";

/** The four places where a create body holds mounts; absent when empty. */
export interface MountBodies {
  readonly Binds?: readonly string[];
  readonly Mounts?: readonly InspectMount[];
  readonly Tmpfs?: Readonly<Record<string, string>>;
  readonly Volumes?: Readonly<Record<string, object>>;
}

export interface MountContext {
  readonly apiVersion: string;
  filesMountpoint(fileSet: string): string;
}

type Body =
  | { readonly kind: "bind"; readonly text: string }
  | { readonly kind: "mount"; readonly mount: InspectMount }
  | { readonly kind: "tmpfs"; readonly target: string; readonly options: string }
  | { readonly kind: "volume"; readonly target: string };

/** Spreads mounts over the fields of the body (Docker Engine API, "ContainerCreate", `HostConfig`). */
export function mountBodies(mounts: readonly Mount[], context: MountContext): MountBodies {
  const bodies = mounts.map((mount) => toBody(mount, context));
  const binds = bodies.flatMap((body) => (body.kind === "bind" ? [body.text] : []));
  const structured = bodies.flatMap((body) => (body.kind === "mount" ? [body.mount] : []));
  const tmpfs = bodies.flatMap((body) =>
    body.kind === "tmpfs" ? [[body.target, body.options] as const] : [],
  );
  const volumes = bodies.flatMap((body) => (body.kind === "volume" ? [[body.target, {}] as const] : []));
  return {
    ...(binds.length === 0 ? {} : { Binds: binds }),
    ...(structured.length === 0 ? {} : { Mounts: structured }),
    ...(tmpfs.length === 0 ? {} : { Tmpfs: Object.fromEntries(tmpfs) }),
    ...(volumes.length === 0 ? {} : { Volumes: Object.fromEntries(volumes) }),
  };
}

function toBody(mount: Mount, context: MountContext): Body {
  switch (mount.kind) {
    case "volume":
      return volumeBody(mount);
    case "anonymous":
      return anonymousBody(mount);
    case "bind":
      return bindBody(mount);
    case "tmpfs":
      return { kind: "tmpfs", target: mount.target, options: mount.options };
    case "image":
      return { kind: "mount", mount: imageMount(mount) };
    case "files":
      return { kind: "mount", mount: filesMount(mount, context) };
    default:
      return mount satisfies never;
  }
}

/** Only the text form relabels for SELinux. */
function volumeBody(mount: Extract<Mount, { kind: "volume" }>): Body {
  const { volume, target, readOnly, noCopy, selinux } = mount;
  if (selinux === undefined) return { kind: "mount", mount: volumeMount(mount) };
  const options = [readOnly ? "ro" : "rw", ...(noCopy ? ["nocopy"] : []), selinux];
  return { kind: "bind", text: `${volume}:${target}:${options.join(",")}` };
}

function anonymousBody(mount: Extract<Mount, { kind: "anonymous" }>): Body {
  const { target, readOnly, noCopy, driver, driverOptions, labels } = mount;
  const hasDriver = driver !== undefined || driverOptions !== undefined;
  const options = compact<NonNullable<InspectMount["VolumeOptions"]>>({
    NoCopy: noCopy || undefined,
    Labels: labels,
    DriverConfig: hasDriver ? { Name: driver ?? "", Options: driverOptions ?? {} } : undefined,
  });
  const isPlain = Object.keys(options).length === 0;
  if (isPlain && readOnly !== true) return { kind: "volume", target };
  const plain = { Type: "volume", Target: target, ReadOnly: readOnly ?? false };
  return { kind: "mount", mount: isPlain ? plain : { ...plain, VolumeOptions: options } };
}

function imageMount({ image, target, subpath }: Extract<Mount, { kind: "image" }>): InspectMount {
  const part = subpath === undefined ? {} : { ImageOptions: { Subpath: subpath } };
  return { Type: "image", Source: image, Target: target, ReadOnly: true, ...part };
}

function volumeMount(mount: Extract<Mount, { kind: "volume" }>): InspectMount {
  const options = {
    ...(mount.noCopy === true ? { NoCopy: true } : {}),
    ...(mount.subpath === undefined ? {} : { Subpath: mount.subpath }),
  };
  return {
    Type: "volume",
    Source: mount.volume,
    Target: mount.target,
    ReadOnly: mount.readOnly,
    ...(Object.keys(options).length === 0 ? {} : { VolumeOptions: options }),
  };
}

/** Only the text form makes a missing source folder on every Engine, and only it relabels for SELinux. */
function bindBody(mount: Extract<Mount, { kind: "bind" }>): Body {
  if (needsText(mount)) {
    const options = [mount.readOnly ? "ro" : "rw", mount.propagation, mount.selinux].filter(
      (option) => option !== undefined,
    );
    return { kind: "bind", text: `${mount.source}:${mount.target}:${options.join(",")}` };
  }
  const options = compact<NonNullable<InspectMount["BindOptions"]>>({
    Propagation: mount.propagation,
    CreateMountpoint: mount.createSource || undefined,
    NonRecursive: mount.recursive === "disabled" || undefined,
    ReadOnlyNonRecursive: mount.recursive === "writable" || undefined,
    ReadOnlyForceRecursive: mount.recursive === "readonly" || undefined,
  });
  return {
    kind: "mount",
    mount: {
      Type: "bind",
      Source: mount.source,
      Target: mount.target,
      ReadOnly: mount.readOnly,
      ...(Object.keys(options).length === 0 ? {} : { BindOptions: options }),
    },
  };
}

/** Whether a bind can only be said as text: the other form does not relabel, and makes no folder on older Engines. */
function needsText({ selinux, createSource, recursive }: Extract<Mount, { kind: "bind" }>): boolean {
  return selinux !== undefined || (createSource === true && recursive === undefined);
}

/** A whole folder of repository files is a read-only volume; one file of it is a subpath, or a bind where that is unknown. */
function filesMount(mount: Extract<Mount, { kind: "files" }>, context: MountContext): InspectMount {
  const { fileSet, path, target } = mount;
  if (path !== undefined && !apiSupports(context.apiVersion, "volumeSubpath")) {
    return {
      Type: "bind",
      Source: `${context.filesMountpoint(fileSet)}/${path}`,
      Target: target,
      ReadOnly: true,
    };
  }
  return {
    Type: "volume",
    Source: fileSet,
    Target: target,
    ReadOnly: true,
    VolumeOptions: { NoCopy: true, ...(path === undefined ? {} : { Subpath: path }) },
  };
}
