import type { ActualImage } from "../model/actual-state.ts";
import { userLabels } from "../model/ownership.ts";
import type { ContainerSpec, Healthcheck, Mount } from "../model/workload.ts";

/**
 * Makes inherited settings explicit, so that desired and actual can be compared like with like: the Engine merges the
 * image's settings into every container it creates, and reports only the result.
 */

/** The settings a container inherits from its image. */
export type ImageDefaults = Omit<ActualImage, "id" | "platform" | "digests">;

/**
 * Image settings that leave a living container unchanged: used when its image is gone from the Engine, so that only
 * what the desired spec declares itself is compared.
 */
export function defaultsFromContainer(actual: ContainerSpec): ImageDefaults {
  return {
    environment: actual.environment,
    labels: actual.labels,
    command: actual.command ?? [],
    entrypoint: actual.entrypoint ?? [],
    user: actual.user ?? "",
    workingDir: actual.workingDir ?? "",
    stopSignal: actual.stopSignal ?? "",
    exposedPorts: actual.expose,
    volumes: actual.mounts.filter((mount) => mount.kind === "anonymous").map((mount) => mount.target),
    ...(actual.healthcheck === undefined ? {} : { healthcheck: actual.healthcheck }),
  };
}

/**
 * What the Engine would make of `spec` on an image with these defaults (Docker API, ContainerCreate: `Config` merged
 * with the image's).
 */
export function mergeImageDefaults(spec: ContainerSpec, image: ImageDefaults): ContainerSpec {
  const entrypointGiven = spec.entrypoint !== undefined;
  // The Engine takes an empty command for one that is not given.
  const ownCommand = spec.command !== undefined && spec.command.length > 0 ? spec.command : undefined;
  const command = ownCommand ?? (entrypointGiven ? [] : image.command);
  const exposed = [
    ...[...spec.expose, ...image.exposedPorts].map((port) => (port.includes("/") ? port : `${port}/tcp`)),
    ...spec.ports.map((port) => `${port.containerPort}/${port.protocol}`),
  ];
  const healthcheck = mergeHealthcheck(spec.healthcheck, image.healthcheck);
  return {
    ...spec,
    environment: { ...image.environment, ...spec.environment },
    // An image that carries labels of ours (this tool's own does) must not look like an owner.
    labels: userLabels({ ...image.labels, ...spec.labels }),
    command,
    entrypoint: spec.entrypoint ?? image.entrypoint,
    user: spec.user ?? image.user,
    workingDir: spec.workingDir ?? image.workingDir,
    stopSignal: spec.stopSignal ?? image.stopSignal,
    expose: [...new Set(exposed)],
    mounts: [...spec.mounts, ...anonymousMounts(spec.mounts, image.volumes)],
    ...(healthcheck === undefined ? {} : { healthcheck }),
  };
}

function anonymousMounts(declared: readonly Mount[], imageVolumes: readonly string[]): Mount[] {
  const covered = new Set(declared.map((mount) => trimSlash(mount.target)));
  return imageVolumes
    .filter((target) => !covered.has(trimSlash(target)))
    .map((target) => ({ kind: "anonymous", target: trimSlash(target) }));
}

/** A partial health check inherits what it leaves out; `none` inherits nothing. */
function mergeHealthcheck(
  own: Healthcheck | undefined,
  image: Healthcheck | undefined,
): Healthcheck | undefined {
  if (own === undefined || own.kind === "none") return own ?? image;
  if (image === undefined || image.kind === "none") return own;
  // Zero is how the Engine spells "inherit".
  const declared = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== 0));
  return { ...image, ...declared, kind: "command" };
}

/**
 * Settings that mean the same are spelled the same: what the Engine derives from another field, and what it drops.
 *
 * @param apiVersion the API version in use, because older ones drop newer fields without a word
 */
export function canonicalSpec(spec: ContainerSpec, apiVersion: string): ContainerSpec {
  const { memory, memorySwap, memorySwappiness, securityOpt, healthcheck, ...rest } = withPrimaryMac(spec);
  const isDefaultSwap = memory !== undefined && memorySwap === 2 * memory;
  const relaxed = spec.privileged === true || spec.ipcMode === "host" || spec.pidMode === "host";
  const options = securityOpt?.filter((option) => !(relaxed && /^label[=:]disable$/.test(option)));
  const check =
    healthcheck && !apiAtLeast(apiVersion, 1, 44) ? withoutStartInterval(healthcheck) : healthcheck;
  return {
    ...rest,
    ...(memory === undefined ? {} : { memory }),
    ...(memorySwap === undefined || isDefaultSwap ? {} : { memorySwap }),
    ...(memorySwappiness === undefined || memorySwappiness < 0 ? {} : { memorySwappiness }),
    ...(options === undefined ? {} : { securityOpt: options }),
    ...(check === undefined ? {} : { healthcheck: check }),
  };
}

/** The MAC address in the first network is the container's. */
function withPrimaryMac(spec: ContainerSpec): ContainerSpec {
  if (spec.network.kind !== "networks") return spec;
  const [first, ...others] = spec.network.attachments;
  if (first?.macAddress === undefined) return spec;
  const { macAddress, ...attachment } = first;
  return { ...spec, macAddress, network: { kind: "networks", attachments: [attachment, ...others] } };
}

function withoutStartInterval(check: Healthcheck): Healthcheck {
  if (check.kind === "none") return check;
  const { startIntervalMs: _dropped, ...rest } = check;
  return rest;
}

function apiAtLeast(version: string, major: number, minor: number): boolean {
  const [ownMajor = 0, ownMinor = 0] = version.split(".").map(Number);
  return ownMajor > major || (ownMajor === major && ownMinor >= minor);
}

export function trimSlash(path: string): string {
  return path.length > 1 ? path.replace(/\/+$/, "") || "/" : path;
}
