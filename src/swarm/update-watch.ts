import type { ServiceSpec } from "../model/service-spec.ts";

/** SwarmKit, `api/defaults`. */
const defaultMonitorNs = 5e9;
/** Managers and nodes tell of what happens with some delay. */
const slackMs = 10_000;

/**
 * So long Swarm watches an update after its last task has begun to run. An update that is under way after that waits for
 * what does not come, such as a task on a node that was drained meanwhile; the tasks have shown by then that they are well.
 */
export function watchedMs({ UpdateConfig }: ServiceSpec): number {
  return ((UpdateConfig?.Monitor || defaultMonitorNs) + (UpdateConfig?.Delay ?? 0)) / 1e6 + slackMs;
}
