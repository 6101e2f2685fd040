import type { Position } from "../lib/diagnostic.ts";
import type { WorkloadSpec } from "../model/workload.ts";
import type { LinkedManifests } from "./link.ts";

type MapPosition = (position: Position) => Position;

/** Declared things with their places in the templates instead of those in the rendered files. */
export function mapPositions(linked: LinkedManifests, mapPosition: MapPosition): LinkedManifests {
  return {
    ...linked,
    workloads: linked.workloads.map((workload) => mapWorkload(workload, mapPosition)),
    networks: linked.networks.map((network) => ({ ...network, origin: mapPosition(network.origin) })),
    volumes: linked.volumes.map((volume) => ({ ...volume, origin: mapPosition(volume.origin) })),
  };
}

function mapWorkload(workload: WorkloadSpec, mapPosition: MapPosition): WorkloadSpec {
  const { timer } = workload;
  const origin = mapPosition(workload.origin);
  const timerOrigin = timer && mapPosition(timer.origin);
  const timed = timer && timerOrigin ? { ...workload, timer: { ...timer, origin: timerOrigin } } : workload;
  if (origin === workload.origin) return timed;
  const positions = Object.entries(workload.positions).map(
    ([field, at]) => [field, mapPosition(at)] as const,
  );
  return { ...timed, origin, positions: Object.fromEntries(positions) };
}
