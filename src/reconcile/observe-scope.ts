import type { ObserveScope } from "../model/actual-state.ts";
import type { DesiredState } from "../model/desired-state.ts";

/**
 * What must be looked at to compare this desired state with the Engine.
 *
 * @param images further images of interest, such as those that a clean-up may take
 */
export function observeScope(desired: DesiredState, images: readonly string[] = []): ObserveScope {
  const { project, name } = desired.environment;
  const { workloads } = desired;
  const shared = workloads.flatMap(({ container }) =>
    container.network.kind === "container" ? [container.network.container] : [],
  );
  const attached = workloads.flatMap(({ container }) =>
    container.network.kind === "networks"
      ? container.network.attachments.map((attachment) => attachment.network)
      : [],
  );
  const mounted = workloads.flatMap(({ container }) =>
    container.mounts.flatMap((mount) => (mount.kind === "volume" ? [mount.volume] : [])),
  );
  return {
    owner: { project, environment: name },
    target: desired.target,
    containerNames: new Set([...workloads.flatMap((workload) => workload.containerNames), ...shared]),
    networkNames: new Set([...desired.networks.map((network) => network.name), ...attached]),
    volumeNames: new Set([...desired.volumes.map((volume) => volume.name), ...mounted]),
    ...(desired.target === "swarm" ? { storedNames: storedNames(desired) } : {}),
    images: new Set([...workloads.map((workload) => workload.container.image), ...images]),
  };
}

/** Configs and secrets that have to be there, because the configuration does not bring them. */
function storedNames({ workloads }: DesiredState): ReadonlySet<string> {
  return new Set(workloads.flatMap(({ cluster }) => (cluster?.stored ?? []).map(({ name }) => name)));
}
