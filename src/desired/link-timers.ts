import type { DiagnosticSink } from "../lib/diagnostic.ts";
import { didYouMean } from "../lib/suggest.ts";
import type { CompiledTimer } from "../model/compile.ts";
import type { WorkloadSpec } from "../model/workload.ts";
import type { IsBroken } from "./link-dependencies.ts";
import { comparePlaces, formatPlace, placeOf } from "./places.ts";

interface Timers {
  readonly timers: readonly CompiledTimer[];
  readonly isBroken: IsBroken;
}

/**
 * Gives each timer to the job that it starts. The times of a timer are the only ones at which its job runs, so that
 * nothing else may start it or need it.
 */
export function linkTimers(
  workloads: readonly WorkloadSpec[],
  { timers, isBroken }: Timers,
  sink: DiagnosticSink,
): readonly WorkloadSpec[] {
  if (timers.length === 0) return workloads;
  const byKey = new Map(workloads.map((workload) => [workload.key, workload]));
  const byService = new Map<string, CompiledTimer>();
  const byUnit = new Map<string, CompiledTimer>();
  for (const compiled of [...timers].sort(byPlace)) {
    const { timer, service } = compiled;
    const namesake = byUnit.get(timer.unit);
    const rival = byService.get(service);
    const workload = byKey.get(service);
    if (namesake !== undefined) {
      const message = `timer "${timer.unit}" is declared twice, first in ${formatPlace(namesake.timer.origin)}`;
      sink.error(timer.origin, "duplicate-timer", message, "rename or remove one of the two");
    } else if (rival !== undefined) {
      const message = `"${service}.service" has a timer already, in ${formatPlace(rival.timer.origin)}`;
      sink.error(
        compiled.position,
        "duplicate-timer",
        message,
        "write all times into one timer; OnCalendar= may be repeated",
      );
    } else if (workload === undefined) {
      if (!isBroken(service)) reportUnknown(compiled, byKey, sink);
    } else {
      checkJob(compiled, workload, sink);
    }
    byUnit.set(timer.unit, namesake ?? compiled);
    byService.set(service, rival ?? compiled);
  }
  const timed = workloads.map((workload): WorkloadSpec => {
    const timer = byService.get(workload.key)?.timer;
    return timer === undefined ? workload : { ...workload, timer };
  });
  checkNamespaces(timed, sink);
  return timed;
}

function reportUnknown(
  { timer, service, position }: CompiledTimer,
  known: ReadonlyMap<string, WorkloadSpec>,
  sink: DiagnosticSink,
): void {
  const message = `"${timer.unit}" starts "${service}.service", which is not in this configuration`;
  const units = [...known.keys()].filter((key) => !key.includes("/")).map((key) => `${key}.service`);
  const hint =
    didYouMean(`${service}.service`, units) ??
    `write units/${service}.service, or name another one with Unit=`;
  sink.error(position, "unknown-workload", message, hint);
}

function checkJob({ timer, position }: CompiledTimer, workload: WorkloadSpec, sink: DiagnosticSink): void {
  const name = `${workload.key}.service`;
  if (workload.kind !== "job") {
    const message = `"${timer.unit}" starts "${name}", which is a service and no job`;
    const hint = `write Type=oneshot in ${name}, and leave -d out of its docker run line`;
    sink.error(position, "not-a-job", message, hint);
  }
  const install = workload.positions["install"];
  if (install !== undefined) {
    const message = `"${name}" is started by ${timer.unit}, and by the system as well`;
    const hint = "remove [Install]; OnBootSec= in the timer runs it after the machine started";
    sink.error(install, "started-twice", message, hint);
  }
}

/** A network of a job that has ended is gone. */
function checkNamespaces(workloads: readonly WorkloadSpec[], sink: DiagnosticSink): void {
  const byKey = new Map(workloads.map((workload) => [workload.key, workload]));
  for (const workload of workloads) {
    const { network } = workload.container;
    const host = network.kind === "workload" ? byKey.get(network.workload) : undefined;
    if (host?.timer === undefined) continue;
    const message = `"${workload.key}" shares the network of "${host.key}", which runs at the times of ${host.timer.unit} only`;
    sink.error(placeOf(workload, "network"), "wrong-condition", message, "share the network of a service");
  }
}

function byPlace(a: CompiledTimer, b: CompiledTimer): number {
  return comparePlaces(a.timer.origin, b.timer.origin) || (a.timer.unit < b.timer.unit ? -1 : 1);
}
