import type { FileSet } from "../../../../src/model/file-set.ts";
import type { ContainerSpec, Mount } from "../../../../src/model/workload.ts";
import { asSet } from "./canonical.ts";

/**
 * Mounts and delivered files by their target. One file of the repository below `/mnt/` comes from `volumes`, elsewhere from
 * configs and secrets: for the Engine they are alike.
 */
export function mountsOf(spec: ContainerSpec, sets: ReadonlyMap<string, FileSet>) {
  const text = (content: Uint8Array | undefined) => new TextDecoder().decode(content);
  const mounts: [string, unknown][] = [];
  const files: [string, unknown][] = [];
  for (const mount of spec.mounts) {
    const set = mount.kind === "files" ? sets.get(mount.fileSet) : undefined;
    if (mount.kind !== "files") mounts.push([mount.target, mountOf(mount)]);
    else if (mount.path === undefined || !isDelivered(mount)) {
      const content = Object.fromEntries(
        (set?.files ?? []).map((file) => [mount.path === undefined ? file.path : "", text(file.content)]),
      );
      mounts.push([mount.target, { type: "files", files: content }]);
    } else {
      const [file] = set?.files ?? [];
      files.push([
        mount.target,
        { content: text(file?.content), mode: file?.mode, uid: file?.uid, gid: file?.gid },
      ]);
    }
  }
  return {
    mounts: Object.fromEntries(mounts),
    delivered: Object.fromEntries(files),
    volumes_from: asSet(spec.volumesFrom?.map((one) => one)),
  };

  /** What came from `volumes` has the name of its file. */
  function isDelivered(mount: Extract<Mount, { kind: "files" }>): boolean {
    return !mount.target.startsWith("/mnt/");
  }
}

function mountOf(mount: Exclude<Mount, { kind: "files" }>) {
  switch (mount.kind) {
    case "tmpfs":
      return { type: "tmpfs", options: asSet(mount.options.split(",").filter((word) => word !== "")) };
    case "bind":
      return {
        type: "bind",
        source: mount.source,
        read_only: mount.readOnly || undefined,
        propagation: mount.propagation,
        selinux: mount.selinux,
        create_host_path: mount.createSource || undefined,
        recursive: mount.recursive,
      };
    case "anonymous":
      return {
        type: "volume",
        read_only: mount.readOnly || undefined,
        nocopy: mount.noCopy,
        labels: mount.labels,
      };
    case "volume":
      return {
        type: "volume",
        source: mount.volume,
        read_only: mount.readOnly || undefined,
        nocopy: mount.noCopy,
        subpath: mount.subpath,
        selinux: mount.selinux,
      };
    case "image":
      return { type: "image", source: mount.image, subpath: mount.subpath };
    default:
      return mount satisfies never;
  }
}
