import type { ActualState } from "../model/actual-state.ts";
import type { ActualSwarm } from "../model/actual-swarm.ts";
import type { DesiredState } from "../model/desired-state.ts";
import type { Ledger, TimerRecord } from "../model/ledger.ts";
import { instancesOf } from "../plan/pair.ts";
import { type TimedJob, timerState } from "../plan/timer-state.ts";
import { isJob } from "../swarm/convergence.ts";
import { jobRunOf } from "../swarm/job-run.ts";

/** Every job with a timer and the containers that were made for it, sorted by key. */
export function timedJobs(desired: DesiredState, actual: ActualState): readonly TimedJob[] {
  const instances = instancesOf(desired).flatMap(({ workload, replica, key }) =>
    workload.timer === undefined ? [] : [{ workload, replica, key, timer: workload.timer }],
  );
  if (instances.length === 0) return [];
  if (actual.swarm !== undefined) return timedServices(desired, actual.swarm);
  const owned = actual.containers.filter(({ ownership }) => ownership.kind === "owned");
  const byInstance = Map.groupBy(owned, ({ record }) => `${record.workload}\0${record.replica ?? 1}`);
  return instances
    .map(({ replica, ...job }) => ({
      ...job,
      containers: byInstance.get(`${job.workload.key}\0${replica}`) ?? [],
    }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
}

/**
 * What the ledger says about timers after a run. Jobs that no longer have one are forgotten.
 *
 * @param served the times that the run has started jobs for, by job
 */
export function timerRecords(
  desired: DesiredState,
  actual: ActualState,
  ledger: Ledger,
  served: ReadonlyMap<string, string>,
): readonly TimerRecord[] {
  return timedJobs(desired, actual).map((job) => {
    const { record } = timerState(job, ledger, actual.engine.systemTime);
    const time = served.get(job.key);
    return time === undefined ? record : { ...record, served: time };
  });
}

function timedServices(desired: DesiredState, { services }: ActualSwarm): readonly TimedJob[] {
  return desired.workloads.flatMap((workload) => {
    const { key, timer } = workload;
    if (timer === undefined) return [];
    const found = services.filter(
      ({ ownership, record, spec }) => ownership.kind === "owned" && record.workload === key && isJob(spec),
    );
    return [{ key, workload, timer, containers: found.map(jobRunOf) }];
  });
}
