import { compareText } from "../lib/records.ts";
import type { FileTarget, ServiceMount, TaskContainerSpec } from "../model/service-spec.ts";
import { effectiveCapabilities } from "./capabilities.ts";
import { given, prune, sortedBy, sortedSet, sortedTexts } from "./prune.ts";

/** SwarmKit, `api/defaults`. */
const defaultGracePeriod = 10e9;

/** The container of a task in the form in which it is compared. */
export function canonicalContainer(spec: TaskContainerSpec): TaskContainerSpec {
  const { add, drop } = effectiveCapabilities(spec?.CapabilityAdd ?? [], spec?.CapabilityDrop ?? []);
  return prune<TaskContainerSpec>(
    {
      ...spec,
      Image: spec?.Image,
      Labels: sortedTexts(spec?.Labels),
      Env: canonicalEnv(spec?.Env),
      Groups: sortedSet(spec?.Groups),
      Privileges: canonicalPrivileges(spec?.Privileges),
      Mounts: sortedBy((spec?.Mounts ?? []).map(canonicalMount), ({ Target }) => Target),
      StopGracePeriod: spec?.StopGracePeriod === defaultGracePeriod ? undefined : spec?.StopGracePeriod,
      Healthcheck: prune({ ...spec?.Healthcheck }),
      Hosts: sortedBy(spec?.Hosts, hostName),
      DNSConfig: prune({ ...spec?.DNSConfig }),
      Secrets: sortedBy(
        (spec?.Secrets ?? []).map(({ SecretID: _, File, ...rest }) =>
          prune({ ...rest, File: fileTarget(File, "/run/secrets/") }),
        ),
        targetOf,
      ),
      Configs: sortedBy(
        (spec?.Configs ?? []).map(({ ConfigID: _, File, ...rest }) =>
          prune({ ...rest, File: fileTarget(File, "/") }),
        ),
        targetOf,
      ),
      Isolation: spec?.Isolation === "default" ? undefined : spec?.Isolation,
      Sysctls: sortedTexts(spec?.Sysctls),
      CapabilityAdd: add,
      CapabilityDrop: drop,
      Ulimits: sortedBy(spec?.Ulimits, ({ Name }) => Name),
    },
    ["StopGracePeriod", "Init"],
  );
}

/** The last value of a name is the one that counts, and the order of the names has no meaning. */
function canonicalEnv(env: readonly string[] | undefined): readonly string[] {
  const byName = new Map((env ?? []).map((entry) => [envName(entry), entry]));
  return [...byName.entries()].sort(([a], [b]) => compareText(a, b)).map(([, entry]) => entry);
}

export function envName(entry: string): string {
  const equals = entry.indexOf("=");
  return equals < 0 ? entry : entry.slice(0, equals);
}

/** `address name …`: the first line with a name wins, so lines of one name keep their order. */
function hostName(line: string): string {
  return line.trim().split(/\s+/)[1] ?? line;
}

/** A default profile is the same as none. */
function canonicalPrivileges(privileges: TaskContainerSpec["Privileges"]): TaskContainerSpec["Privileges"] {
  const members = Object.entries(privileges ?? {}).map(([name, value]) => {
    if (typeof value !== "object" || value === null) return [name, value];
    const profile = prune(value as Record<string, unknown>);
    return [name, profile["Mode"] === "default" ? undefined : profile];
  });
  return prune<Record<string, unknown>>(Object.fromEntries(members));
}

function canonicalMount(mount: ServiceMount): ServiceMount {
  const { VolumeOptions, BindOptions, TmpfsOptions } = mount;
  const driver = VolumeOptions?.DriverConfig;
  return prune<ServiceMount>({
    ...mount,
    Target: (mount.Target ?? "").replace(/(?<=.)\/+$/, ""),
    BindOptions: prune<Record<string, unknown>>({
      ...BindOptions,
      Propagation: BindOptions?.["Propagation"] === "rprivate" ? undefined : BindOptions?.["Propagation"],
    }),
    VolumeOptions: prune<NonNullable<ServiceMount["VolumeOptions"]>>({
      ...VolumeOptions,
      Labels: sortedTexts(VolumeOptions?.Labels),
      DriverConfig: prune({
        ...driver,
        Name: driver?.Name === "local" ? undefined : driver?.Name,
        Options: sortedTexts(driver?.Options),
      }),
    }),
    TmpfsOptions: prune({ ...TmpfsOptions }),
  });
}

/** Docker completes relative paths: configs at the root, secrets below `/run/secrets`. */
function fileTarget(file: FileTarget | undefined, base: string): FileTarget | undefined {
  if (!given(file)) return undefined;
  return {
    Name: file.Name?.startsWith("/") ? file.Name : `${base}${file.Name ?? ""}`,
    UID: file.UID || "0",
    GID: file.GID || "0",
    Mode: file.Mode,
  };
}

function targetOf(reference: { readonly File?: FileTarget }): string {
  return reference.File?.Name ?? "";
}
