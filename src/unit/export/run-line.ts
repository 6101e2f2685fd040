import type { ContainerSpec, Mount, NetworkAttachment } from "../../model/workload.ts";
import { plainFlags } from "./flag-writers.ts";

/** What a line cannot say by itself. */
export interface RunNeeds {
  /** Container that stands for another workload. */
  readonly containerOf: (workload: string) => string;
  /** Folder of the host with the files of a set. */
  readonly folderOf: (fileSet: string) => string;
}

/** `docker run` and its arguments for a container, without `--restart`: systemd starts it again. */
export function runWords(name: string, container: ContainerSpec, needs: RunNeeds): readonly string[] {
  const [entrypoint, ...before] = container.entrypoint ?? [];
  return [
    "/usr/bin/docker",
    "run",
    "--rm",
    "--name",
    name,
    ...networkFlags(container, needs),
    ...plainFlags(container),
    ...container.mounts.flatMap((mount) => mountFlags(mount, needs)),
    ...(container.volumesFrom ?? []).flatMap((from) => ["--volumes-from", from]),
    ...(container.entrypoint === undefined ? [] : ["--entrypoint", entrypoint ?? ""]),
    container.image,
    ...before,
    ...(container.command ?? []),
  ];
}

function networkFlags({ network, macAddress }: ContainerSpec, needs: RunNeeds): readonly string[] {
  const mac = macAddress === undefined ? [] : ["--mac-address", macAddress];
  switch (network.kind) {
    case "default":
      return mac;
    case "none":
    case "host":
      return ["--network", network.kind, ...mac];
    case "container":
      return ["--network", `container:${network.container}`];
    case "workload":
      return ["--network", `container:${needs.containerOf(network.workload)}`];
    case "networks":
      return [...network.attachments.flatMap((one) => ["--network", attachmentText(one)]), ...mac];
    default:
      return network satisfies never;
  }
}

/** `name=front,alias=web,ip=…`, or the name alone; values are read as CSV. */
function attachmentText(attachment: NetworkAttachment): string {
  const { network, aliases, ipv4, ipv6, macAddress, linkLocalIps, driverOptions, gatewayPriority } =
    attachment;
  const fields = [
    ...aliases.map((alias) => `alias=${alias}`),
    ...(ipv4 === undefined ? [] : [`ip=${ipv4}`]),
    ...(ipv6 === undefined ? [] : [`ip6=${ipv6}`]),
    ...(macAddress === undefined ? [] : [`mac-address=${macAddress}`]),
    ...(linkLocalIps ?? []).map((ip) => `link-local-ip=${ip}`),
    ...Object.entries(driverOptions ?? {}).map(([name, value]) => `driver-opt=${name}=${value}`),
    ...(gatewayPriority === undefined ? [] : [`gw-priority=${gatewayPriority}`]),
  ];
  return fields.length === 0 ? network : csv([`name=${network}`, ...fields]);
}

function csv(fields: readonly string[]): string {
  return fields.map((field) => (/[",]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(",");
}

function mountFlags(mount: Mount, needs: RunNeeds): readonly string[] {
  const readOnly = "readOnly" in mount && mount.readOnly === true ? ["readonly"] : [];
  const target = `target=${mount.target}`;
  switch (mount.kind) {
    case "tmpfs":
      return ["--tmpfs", mount.options === "" ? mount.target : `${mount.target}:${mount.options}`];
    case "anonymous": {
      const labels = Object.entries(mount.labels ?? {}).map(
        ([name, value]) => `volume-label=${name}=${value}`,
      );
      const options = Object.entries(mount.driverOptions ?? {}).map(
        ([name, value]) => `volume-opt=${name}=${value}`,
      );
      const driver = mount.driver === undefined ? [] : [`volume-driver=${mount.driver}`];
      const noCopy = mount.noCopy === true ? ["volume-nocopy"] : [];
      return [
        "--mount",
        csv(["type=volume", target, ...readOnly, ...noCopy, ...driver, ...options, ...labels]),
      ];
    }
    case "volume": {
      if (mount.selinux !== undefined && mount.subpath === undefined)
        return [
          "--volume",
          `${mount.volume}:${mount.target}:${options(mount.readOnly, mount.selinux, mount.noCopy)}`,
        ];
      const noCopy = mount.noCopy === true ? ["volume-nocopy"] : [];
      const subpath = mount.subpath === undefined ? [] : [`volume-subpath=${mount.subpath}`];
      return [
        "--mount",
        csv(["type=volume", `source=${mount.volume}`, target, ...readOnly, ...noCopy, ...subpath]),
      ];
    }
    case "bind": {
      if (mount.createSource === true || mount.selinux !== undefined) {
        const extra = mount.propagation === undefined ? "" : `,${mount.propagation}`;
        const modes = options(mount.readOnly, mount.selinux);
        return ["--volume", `${mount.source}:${mount.target}:${modes}${extra}`];
      }
      const propagation = mount.propagation === undefined ? [] : [`bind-propagation=${mount.propagation}`];
      const recursive = mount.recursive === undefined ? [] : [`bind-recursive=${mount.recursive}`];
      return [
        "--mount",
        csv(["type=bind", `source=${mount.source}`, target, ...readOnly, ...propagation, ...recursive]),
      ];
    }
    case "image": {
      const subpath = mount.subpath === undefined ? [] : [`image-subpath=${mount.subpath}`];
      return ["--mount", csv(["type=image", `source=${mount.image}`, target, ...subpath])];
    }
    case "files": {
      const source = [needs.folderOf(mount.fileSet), mount.path]
        .filter((part) => part !== undefined)
        .join("/");
      return ["--mount", csv(["type=bind", `source=${source}`, target, "readonly"])];
    }
    default:
      return mount satisfies never;
  }
}

function options(readOnly: boolean, selinux?: string, noCopy?: boolean): string {
  return [
    readOnly ? "ro" : "rw",
    ...(selinux === undefined ? [] : [selinux]),
    ...(noCopy === true ? ["nocopy"] : []),
  ].join(",");
}
