import type { VolumeSpec } from "../../../../src/model/volume.ts";
import type { Body } from "../../../support/run-oracle-recorder.ts";

/** A mount in one form, whatever field of the body it stands in. */
type CanonicalMount = Readonly<Record<string, unknown>>;

interface MountSpec {
  readonly Type?: string;
  readonly Source?: string;
  readonly Target?: string;
  readonly ReadOnly?: boolean;
  readonly BindOptions?: Body;
  readonly VolumeOptions?: {
    readonly NoCopy?: boolean;
    readonly Subpath?: string;
    readonly Labels?: Readonly<Record<string, string>>;
    readonly DriverConfig?: { readonly Name?: string; readonly Options?: Readonly<Record<string, string>> };
  };
  readonly ImageOptions?: { readonly Subpath?: string };
  readonly TmpfsOptions?: { readonly SizeBytes?: number; readonly Mode?: number };
}

/**
 * The mounts of a body, once each, by target. Docker says one thing in up to three ways (`Binds`, `Mounts` and `Volumes`
 * or `Tmpfs`), and we often in another.
 *
 * @param volumes what is made before the container, with the drivers and labels that the client says in the body
 */
export function canonicalMounts(body: Body, volumes: readonly VolumeSpec[]): readonly CanonicalMount[] {
  const host = body["HostConfig"] as Body;
  const driver = (host["VolumeDriver"] as string | undefined) || undefined;
  const list = <T>(value: unknown) => (value ?? []) as readonly T[];
  const mounts = [
    ...list<string>(host["Binds"]).map((text) => bind(text, driver)),
    ...list<MountSpec>(host["Mounts"]).map(structured),
    ...Object.entries((host["Tmpfs"] ?? {}) as Readonly<Record<string, string>>).map(([target, options]) =>
      tmpfs(target, options.split(",")),
    ),
  ];
  const covered = new Set(mounts.map((mount) => mount["target"]));
  const unnamed = Object.keys((body["Volumes"] ?? {}) as object)
    .map((target) => ({ type: "volume", target: cleanPath(target), ...given("driver", driver) }))
    .filter(({ target }) => !covered.has(target));
  const all = [...mounts, ...unnamed].map((mount) => withVolume(mount, volumes));
  const unique = new Map(all.map((mount) => [JSON.stringify(mount), mount]));
  return [...unique].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, mount]) => mount);
}

function bind(text: string, driver: string | undefined): CanonicalMount {
  const [source = "", target = "", modes = ""] = text.split(":");
  const words = modes.split(",");
  const shared = {
    target: cleanPath(target),
    ...(words.includes("ro") ? { readOnly: true } : {}),
    ...given(
      "selinux",
      words.find((word) => /^z$/i.test(word)),
    ),
  };
  if (source.startsWith(".")) return { type: "files", target: shared.target };
  if (!source.startsWith("/"))
    return {
      ...{ type: "volume", source, ...shared },
      ...(words.includes("nocopy") ? { noCopy: true } : {}),
      ...given("driver", driver),
    };
  const propagation = words.find((word) => /^r?(?:shared|slave|private)$/.test(word));
  return {
    type: "bind",
    source: cleanPath(source),
    ...shared,
    ...given("propagation", propagation),
    create: true,
  };
}

function structured(mount: MountSpec): CanonicalMount {
  const { Type: type = "", Source: source = "", Target = "", ReadOnly, VolumeOptions: volume } = mount;
  const target = cleanPath(Target);
  const isFiles = type === "bind" ? !source.startsWith("/") : /^mysysconfig-.*-files-/.test(source);
  if (isFiles) return { type: "files", target };
  if (type === "tmpfs") {
    const { SizeBytes, Mode } = mount.TmpfsOptions ?? {};
    const options = [
      ...(SizeBytes ? [`size=${SizeBytes}`] : []),
      ...(Mode ? [`mode=${Mode.toString(8)}`] : []),
    ];
    return tmpfs(Target, [...options, ...(ReadOnly ? ["ro"] : [])]);
  }
  // What is mounted of an image is read-only in any case.
  const readOnly = ReadOnly && type !== "image" ? { readOnly: true } : {};
  return {
    ...{ type, target, ...readOnly },
    ...(source === "" ? {} : { source: type === "bind" ? cleanPath(source) : source }),
    ...bindOptions(mount.BindOptions ?? {}),
    ...(volume?.NoCopy ? { noCopy: true } : {}),
    ...given("subpath", (volume?.Subpath ?? mount.ImageOptions?.Subpath) || undefined),
    ...given("driver", volume?.DriverConfig?.Name || undefined),
    ...filled("driverOptions", volume?.DriverConfig?.Options),
    ...filled("labels", volume?.Labels),
  };
}

function bindOptions(options: Body): CanonicalMount {
  const { Propagation, NonRecursive, ReadOnlyNonRecursive, ReadOnlyForceRecursive } = options;
  const recursive = NonRecursive
    ? "disabled"
    : ReadOnlyNonRecursive
      ? "writable"
      : ReadOnlyForceRecursive
        ? "readonly"
        : undefined;
  return { ...given("propagation", Propagation || undefined), ...given("recursive", recursive) };
}

function tmpfs(target: string, options: readonly string[]): CanonicalMount {
  const words = options.filter((word) => word !== "").map((word) => word.replace(/^mode=0+(?=\d)/, "mode="));
  return { type: "tmpfs", target: cleanPath(target), options: [...new Set(words)].sort() };
}

function withVolume(mount: CanonicalMount, volumes: readonly VolumeSpec[]): CanonicalMount {
  const volume = volumes.find(({ name }) => mount["type"] === "volume" && name === mount["source"]);
  if (volume === undefined) return sorted(mount);
  return sorted({
    ...mount,
    ...given("driver", volume.driver),
    ...filled("driverOptions", volume.driverOptions),
    ...filled("labels", volume.labels),
  });
}

function sorted(mount: CanonicalMount): CanonicalMount {
  return Object.fromEntries(Object.entries(mount).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function given(key: string, value: unknown): CanonicalMount {
  return value === undefined ? {} : { [key]: value };
}

function filled(key: string, pairs: Readonly<Record<string, string>> | undefined): CanonicalMount {
  const entries = Object.entries(pairs ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.length === 0 ? {} : { [key]: Object.fromEntries(entries) };
}

function cleanPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}
