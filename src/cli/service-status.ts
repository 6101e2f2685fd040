import type { ActualNode, ActualService, ActualSwarm } from "../model/actual-swarm.ts";
import type { PlannedRun } from "../reconcile/reconcile.ts";
import { isJob, judgeTasks } from "../swarm/convergence.ts";
import { jobRunOf } from "../swarm/job-run.ts";
import { serviceNameOf } from "../swarm/to-service-spec.ts";
import { noteOf, type WorkloadStatus } from "./commands/status.ts";

/** What runs of each service, judged by its tasks on nodes that are up. */
export function serviceStatus(
  { desired, plan }: PlannedRun,
  { services, nodes }: ActualSwarm,
): readonly WorkloadStatus[] {
  const changes = new Map(plan.changes.map((change) => [change.key, change]));
  const owned = services.filter(({ ownership }) => ownership.kind === "owned");
  const byWorkload = new Map(owned.map((service) => [service.record.workload, service]));
  return desired.workloads.map((workload) => {
    const service = byWorkload.get(workload.key);
    const change = changes.get(workload.key);
    return {
      key: workload.key,
      container: serviceNameOf(workload),
      state: service === undefined ? "not there" : stateText(service, nodes),
      image: service?.record.image ?? workload.container.image,
      note: noteOf(change),
      kind: change?.kind ?? "unchanged",
      ...(change?.timer === undefined ? {} : { timer: change.timer }),
    };
  });
}

/** `3 of 3 running`, `update paused`, `armed` */
function stateText(service: ActualService, nodes: readonly ActualNode[]): string {
  const { spec, update } = service;
  if (isJob(spec)) {
    const { status, exitCode } = jobRunOf(service).state;
    if (status === "created") return "armed";
    return status === "exited" ? `exited (${exitCode})` : status;
  }
  const verdict = judgeTasks(service, nodes);
  const isHalted =
    update !== undefined && update.state !== "completed" && update.state !== "rollback_completed";
  const moving = isHalted ? `, ${update.state.replace("_", " ")}` : "";
  if (verdict.kind === "good") {
    const count = verdict.tasks.length;
    return `${count} of ${count} running${moving}`;
  }
  return `${verdict.reason}${moving}`;
}
