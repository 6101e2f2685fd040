import type { DesiredState } from "../../src/model/desired-state.ts";
import type { NetworkSpec } from "../../src/model/network.ts";
import type { WorkloadSpec } from "../../src/model/workload.ts";
import { type DesiredOptions, desiredState, workload } from "./builders.ts";
import { type Fault, KilledError } from "./simulated-engine.ts";
import { SimulatedSwarm } from "./simulated-swarm.ts";
import type { TaskImage } from "./simulated-swarm-state.ts";
import { apply, type Run, type RunOptions } from "./simulation.ts";

/** Configurations for a cluster, and simulated clusters that run them. */

/** Images are known at once with their digest, networks span the cluster. */
export function clusterState(workloads: readonly WorkloadSpec[], options: DesiredOptions = {}): DesiredState {
  const state = desiredState(workloads, { maxShare: 1, ...options });
  const networks = state.networks.map((network): NetworkSpec => ({ driver: "overlay", ...network }));
  return { ...state, target: "swarm", networks };
}

/** Names of so many replicas; the first is the one of the service. */
export function replicaNames(count: number, base = "web"): readonly string[] {
  return Array.from({ length: count }, (_, index) => (index === 0 ? base : `${base}-${index + 1}`));
}

/** A service with so many replicas. */
export function replicated(
  key: string,
  count: number,
  container: Parameters<typeof workload>[1] = {},
  options: NonNullable<Parameters<typeof workload>[2]> = {},
): WorkloadSpec {
  return workload(key, container, { containerNames: replicaNames(count, key), ...options });
}

/** A health check that gives up after 3 seconds. */
export const quickCheck = {
  kind: "command",
  test: ["CMD", "ok"],
  intervalMs: 500,
  timeoutMs: 500,
  retries: 3,
} as const;

/** Good images for everything that is not there yet; those of jobs end with 0. */
export function provideTaskImages(swarm: SimulatedSwarm, desired: DesiredState): void {
  for (const { container, kind } of desired.workloads)
    if (swarm.state.image(container.image) === undefined)
      swarm.addImage(
        container.image,
        kind === "job" ? { behaviour: { kind: "exits", afterMs: 400, code: 0 } } : {},
      );
}

/** Images of builds that are no good. */
export const bad = {
  neverHealthy: { behaviour: { kind: "never-healthy" }, hasCheck: true },
  endsWell: { behaviour: { kind: "never-healthy" }, hasCheck: true, stopsWell: true },
  exits: { behaviour: { kind: "exits", afterMs: 200, code: 3 } },
  crashesLater: { behaviour: { kind: "exits", afterMs: 3_000, code: 9 } },
  sickens: { behaviour: { kind: "sickens", afterMs: 1_500 }, hasCheck: true },
} as const satisfies Record<string, Partial<TaskImage>>;

/** A cluster that has all images of the configuration and runs it. */
export async function swarmRunning(
  desired: DesiredState,
  { nodes = 1, options = {} }: { readonly nodes?: number; readonly options?: RunOptions } = {},
): Promise<SimulatedSwarm> {
  const swarm = new SimulatedSwarm(nodes);
  provideTaskImages(swarm, desired);
  const { report } = await apply(swarm, desired, { txn: "00000000", ...options });
  if (!report.converged)
    throw new Error(`the first run did not converge: ${JSON.stringify(report, null, 1)}`);
  swarm.calls.length = 0;
  swarm.updates.length = 0;
  return swarm;
}

let txns = 0;

/** The next run, with a transaction of its own. */
export async function run(
  swarm: SimulatedSwarm,
  desired: DesiredState,
  options: RunOptions = {},
): Promise<Run> {
  provideTaskImages(swarm, desired);
  txns += 1;
  return await apply(swarm, desired, { txn: txns.toString(16).padStart(8, "c"), ...options });
}

/** Outcome and words of a change. */
export function outcomeOf({ report }: Run, key = "web"): string {
  const found = report.changes.find((change) => change.key === key);
  if (found === undefined) throw new Error(`the report has no change "${key}"`);
  return `${found.outcome}: ${found.summary}`;
}

/** A run that is killed at its n-th mutating call, before or after its effect; another process comes after it. */
export async function killed(
  swarm: SimulatedSwarm,
  desired: DesiredState,
  {
    at = 0,
    fault = "killed-after",
    ...options
  }: RunOptions & { readonly at?: number; readonly fault?: Fault } = {},
): Promise<void> {
  const first = swarm.calls.length;
  swarm.faults = (index) => (index === first + at ? fault : undefined);
  try {
    await run(swarm, desired, options);
  } catch (error) {
    if (!(error instanceof KilledError)) throw error;
  } finally {
    swarm.revive();
  }
}
