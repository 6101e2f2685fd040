import type { CreateBody } from "./create-body.ts";
import type { ContainerInspect } from "./inspect-types.ts";

/** Spelled differently by the Engine, or kept elsewhere; the planner compares them in the model's terms. */
const respelled = new Set([
  "Image",
  "Entrypoint",
  "WorkingDir",
  "MacAddress",
  "NetworkingConfig",
  "HostConfig",
  "Links",
]);

/**
 * Fields of the sent body that the created container does not have, sorted. An Engine drops what it does not know, and
 * kernels without a feature make it drop limits with a warning (Docker Engine API, "ContainerCreate").
 */
export function droppedFields(body: CreateBody, created: ContainerInspect): string[] {
  const dropped = [
    ...missingMembers(body, created.Config, ""),
    ...missingMembers(body.HostConfig, created.HostConfig, "HostConfig."),
    ...missingEndpoints(body, created),
  ];
  return dropped.sort();
}

function missingMembers(sent: object, got: object, prefix: string): string[] {
  const live = got as Readonly<Record<string, unknown>>;
  return Object.entries(sent)
    .filter(
      ([key, value]) => !respelled.has(key) && !holds(live[key], value) && !isSameMode(key, value, live[key]),
    )
    .map(([key]) => `${prefix}${key}`);
}

/** The default network is called `bridge` by newer Engines; another container's namespace is kept by id. */
function isSameMode(key: string, sent: unknown, live: unknown): boolean {
  if (key === "NetworkMode" && sent === "default") return live === "bridge";
  return (
    key.endsWith("Mode") &&
    [sent, live].every((mode) => typeof mode === "string" && mode.startsWith("container:"))
  );
}

function missingEndpoints(body: CreateBody, created: ContainerInspect): string[] {
  const live = created.NetworkSettings?.Networks ?? {};
  return Object.entries(body.NetworkingConfig?.EndpointsConfig ?? {})
    .filter(([network, endpoint]) => {
      const { MacAddress: _mac, ...checked } = endpoint;
      const found = live[network] ?? (network === "default" ? live["bridge"] : undefined);
      return found === undefined || found === null || !holds(found, checked);
    })
    .map(([network]) => `network ${network}`);
}

/** Whether the live value has everything that was sent; more is allowed, and an empty value leaves it to the Engine. */
export function holds(live: unknown, sent: unknown): boolean {
  if (sent === null || sent === undefined || sent === "" || sent === 0) return true;
  if (sent === false) return !live;
  if (Array.isArray(sent)) {
    const members: readonly unknown[] = Array.isArray(live) ? live : [];
    return sent.every((item) => members.some((member) => holds(member, item)));
  }
  if (typeof sent === "object") {
    const members =
      typeof live === "object" && live !== null ? (live as Readonly<Record<string, unknown>>) : {};
    return Object.entries(sent).every(([key, value]) => holds(members[key], value));
  }
  return live === sent;
}
