import { byName } from "../lib/by-name.ts";
import { compact, compareText, sortedRecord } from "../lib/records.ts";
import type { DesiredState } from "../model/desired-state.ts";
import { ownerLabels } from "../model/ownership.ts";
import type { ServiceMount } from "../model/service-spec.ts";
import type { VolumeSpec } from "../model/volume.ts";
import type { Mount } from "../model/workload.ts";
import { unlessEmpty } from "./api-values.ts";
import { readTmpfsOptions } from "./tmpfs-options.ts";

/** Mounts of a task by target (Docker Engine API 1.41, "TaskSpec"). Files of the repository are configs and secrets. */
export function taskMounts(
  mounts: readonly Mount[],
  desired: Pick<DesiredState, "environment" | "volumes">,
): readonly ServiceMount[] {
  const volumes = byName(desired.volumes);
  return mounts
    .flatMap((mount) => taskMount(mount, volumes, desired) ?? [])
    .sort((a, b) => compareText(a.Target, b.Target));
}

function taskMount(
  mount: Mount,
  volumes: ReadonlyMap<string, VolumeSpec>,
  desired: Pick<DesiredState, "environment">,
): ServiceMount | undefined {
  switch (mount.kind) {
    case "volume":
      return volumeMount(mount, volumes.get(mount.volume), desired);
    case "anonymous":
      return anonymousMount(mount);
    case "bind":
      return bindMount(mount);
    case "tmpfs":
      return tmpfsMount(mount);
    // A service cannot have them: they are refused before.
    case "image":
    case "files":
      return undefined;
    default:
      return mount satisfies never;
  }
}

function anonymousMount(mount: Extract<Mount, { kind: "anonymous" }>): ServiceMount {
  const { driver, driverOptions = {}, labels } = mount;
  const options = compact<NonNullable<ServiceMount["VolumeOptions"]>>({
    NoCopy: mount.noCopy === true ? true : undefined,
    Labels: labels && sortedRecord(labels),
    DriverConfig: driverConfig({ driver, driverOptions }),
  });
  return compact<ServiceMount>({
    Type: "volume",
    Target: mount.target,
    ReadOnly: mount.readOnly === true ? true : undefined,
    VolumeOptions: unlessEmpty(options),
  });
}

/** Each node makes the volume when the first task there needs it, so its driver and labels travel with the mount. */
function volumeMount(
  mount: Extract<Mount, { kind: "volume" }>,
  volume: VolumeSpec | undefined,
  { environment }: Pick<DesiredState, "environment">,
): ServiceMount {
  const isOurs = volume !== undefined && !volume.external;
  const owner = ownerLabels({ project: environment.project, environment: environment.name });
  const options = compact<NonNullable<ServiceMount["VolumeOptions"]>>({
    NoCopy: mount.noCopy === true ? true : undefined,
    Subpath: mount.subpath,
    Labels: isOurs ? sortedRecord({ ...volume.labels, ...owner }) : undefined,
    DriverConfig: isOurs ? driverConfig(volume) : undefined,
  });
  return compact<ServiceMount>({
    Type: "volume",
    Source: mount.volume,
    Target: mount.target,
    ReadOnly: mount.readOnly ? true : undefined,
    VolumeOptions: unlessEmpty(options),
  });
}

type DriverConfig = NonNullable<NonNullable<ServiceMount["VolumeOptions"]>["DriverConfig"]>;

function driverConfig({
  driver,
  driverOptions,
}: { readonly driver?: string | undefined } & Pick<VolumeSpec, "driverOptions">): DriverConfig | undefined {
  const options = unlessEmpty(driverOptions);
  if (driver === undefined && options === undefined) return undefined;
  return compact<DriverConfig>({ Name: driver, Options: options && sortedRecord(options) });
}

/** A missing path of the host is not made: the task is rejected on that node, and says so. */
function bindMount(mount: Extract<Mount, { kind: "bind" }>): ServiceMount {
  return compact<ServiceMount>({
    Type: "bind",
    Source: mount.source,
    Target: mount.target,
    ReadOnly: mount.readOnly ? true : undefined,
    BindOptions: unlessEmpty(
      compact<Record<string, unknown>>({
        Propagation: mount.propagation,
        NonRecursive: mount.recursive === "disabled" ? true : undefined,
        ReadOnlyNonRecursive: mount.recursive === "writable" ? true : undefined,
        ReadOnlyForceRecursive: mount.recursive === "readonly" ? true : undefined,
      }),
    ),
  });
}

function tmpfsMount(mount: Extract<Mount, { kind: "tmpfs" }>): ServiceMount {
  const { options, readOnly } = readTmpfsOptions(mount.options);
  return compact<ServiceMount>({
    Type: "tmpfs",
    Target: mount.target,
    ReadOnly: readOnly ? true : undefined,
    TmpfsOptions: options,
  });
}
