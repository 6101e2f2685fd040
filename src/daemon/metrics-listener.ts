import type { Metrics } from "../metrics/metrics.ts";
import type { ActualState } from "../model/actual-state.ts";
import type { ActualSwarm } from "../model/actual-swarm.ts";
import type { DesiredState } from "../model/desired-state.ts";
import { instanceKey } from "../model/workload.ts";
import { judgeTasks } from "../swarm/convergence.ts";
import type { DaemonEvent, Listener } from "./daemon-event.ts";
import type { RunOutcome } from "./run-once.ts";
import type { Trigger } from "./trigger.ts";

/** Counts and measures what happens. */
export function metricsListener(metrics: Metrics): Listener {
  return (event: DaemonEvent) => {
    switch (event.kind) {
      case "run-finished": {
        const { outcome, durationMs, triggers } = event;
        const isRefused = outcome.problem !== undefined;
        const word = isRefused ? "refused" : outcome.report.converged ? "converged" : "failed";
        metrics.runEnded({ outcome: word, trigger: firstOf(triggers), durationMs });
        metrics.setRevision(outcome.report.environment, outcome.report.revision.id);
        metrics.setCondition(conditionOf(outcome));
        break;
      }
      case "run-interrupted":
        metrics.runEnded({
          outcome: "interrupted",
          trigger: firstOf(event.triggers),
          durationMs: event.durationMs,
        });
        break;
      case "run-failed":
        metrics.runEnded({
          outcome: "error",
          trigger: firstOf(event.triggers),
          durationMs: event.durationMs,
        });
        break;
      case "events-opened":
        metrics.setEventsConnected(true);
        break;
      case "events-closed":
        metrics.setEventsConnected(false);
        break;
      case "hook":
        if (event.endpoint !== "") metrics.webhookAnswered(event.endpoint, event.result.result);
        break;
      default:
        break;
    }
  };
}

/** Health by the last look at the Engine; drift by the look that was planned by, since a run puts right what it finds. */
function conditionOf({ run, ledger, actual }: RunOutcome) {
  const drifted = new Set(run.plan.changes.flatMap(({ key, drift }) => (drift === undefined ? [] : [key])));
  const health = actual.swarm
    ? serviceHealth(run.desired, actual.swarm)
    : containerHealth(run.desired, actual);
  const workloads = health.map((one) => ({ ...one, hasDrifted: drifted.has(one.workload) }));
  return { workloads, setAsideBuilds: ledger.failures.length, holds: ledger.holds.length };
}

interface Health {
  readonly workload: string;
  readonly isHealthy: boolean;
}

function containerHealth({ workloads }: DesiredState, actual: ActualState): readonly Health[] {
  const byName = new Map(actual.containers.map((container) => [container.name, container]));
  return workloads.flatMap((workload) =>
    workload.containerNames.map((name, index) => {
      const state = byName.get(name)?.state;
      const isUp = state?.status === "running" && state.health !== "unhealthy";
      const isHealthy = workload.kind === "job" ? state === undefined || state.exitCode === 0 : isUp;
      return { workload: instanceKey(workload, index), isHealthy };
    }),
  );
}

function serviceHealth({ workloads }: DesiredState, { services, nodes }: ActualSwarm): readonly Health[] {
  const owned = services.filter(({ ownership }) => ownership.kind === "owned");
  const byWorkload = new Map(owned.map((service) => [service.record.workload, service]));
  return workloads.map(({ key, kind }) => {
    const service = byWorkload.get(key);
    const verdict = service && judgeTasks(service, nodes).kind;
    return { workload: key, isHealthy: kind === "job" ? verdict !== "failed" : verdict === "good" };
  });
}

/** The kind of what asked for a run first; one that nothing asked for is the start's. */
function firstOf(triggers: readonly Trigger[]): Trigger["kind"] {
  return triggers[0]?.kind ?? "start";
}
