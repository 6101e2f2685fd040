import type { ContainerRecord, ContainerState } from "../model/actual-state.ts";
import type { ActualService, ActualTask } from "../model/actual-swarm.ts";
import { iterationTasks } from "./convergence.ts";

/** A run of a job, in the terms in which the runs of containers are judged. */
export interface JobRunView {
  /** The service and its iteration: every run has its own. */
  readonly id: string;
  readonly record: ContainerRecord;
  readonly state: ContainerState;
  readonly createdAt: string;
}

/** The Engine's own word for what has not happened. */
const never = "0001-01-01T00:00:00Z";

/**
 * The last run of a job's service: its tasks of the present iteration as one container would show them. A service that is
 * only armed has none.
 */
export function jobRunOf(service: ActualService): JobRunView {
  const { record } = service;
  return {
    id: runId(service.id, service.jobIteration ?? 0),
    record: {
      setFields: [],
      needs: record.needs,
      kind: "job",
      ...(record.workload === undefined ? {} : { workload: record.workload }),
      ...(record.timer === undefined ? {} : { timer: record.timer }),
      ...(record.due === undefined ? {} : { due: record.due }),
    },
    state: runState(service),
    // A change arms it anew, and what ran before has left no trace but in the ledger.
    createdAt: isArmed(service) ? service.updatedAt : service.createdAt,
  };
}

const separator = "/";

function runId(service: string, iteration: number): string {
  return `${service}${separator}${iteration}`;
}

/** The service of a run, by the run's id. */
export function serviceOfRun(id: string): string {
  return id.split(separator)[0] ?? id;
}

function runState(service: ActualService): ContainerState {
  const tasks = iterationTasks(service).toSorted((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
  const first = tasks[0];
  const last = tasks.at(-1);
  if (isArmed(service) || first === undefined || last === undefined) {
    const isWaiting = !isArmed(service);
    return {
      ...base,
      status: isWaiting ? "running" : "created",
      startedAt: isWaiting ? service.updatedAt : never,
    };
  }
  const state = statusOf(last, service);
  const hasEnded = state === "exited";
  return {
    ...base,
    status: state,
    startedAt: first.createdAt,
    finishedAt: hasEnded ? last.at : never,
    exitCode: hasEnded ? codeOf(last) : 0,
    restartCount: tasks.length - 1,
    error: last.error,
  };
}

/** It is there and has nothing to run yet. */
export function isArmed({ spec }: ActualService): boolean {
  return spec.Mode?.ReplicatedJob !== undefined && (spec.Mode.ReplicatedJob.TotalCompletions ?? 0) === 0;
}

const base: ContainerState = {
  status: "created",
  exitCode: 0,
  startedAt: never,
  finishedAt: never,
  restartCount: 0,
  oomKilled: false,
  error: "",
};

function statusOf(task: ActualTask, { spec }: ActualService): "running" | "exited" {
  if (task.state === "complete") return "exited";
  const { Condition, MaxAttempts = 0 } = spec.TaskTemplate.RestartPolicy ?? {};
  const hasFailed = ["failed", "rejected", "shutdown", "orphaned", "remove"].includes(task.state);
  if (!hasFailed) return "running";
  // Swarm starts the next attempt itself, as long as one is left.
  const isLast = Condition === "none" || task.desiredState !== "shutdown" || MaxAttempts > 0;
  return isLast ? "exited" : "running";
}

function codeOf({ state, exitCode }: ActualTask): number {
  if (state === "complete") return 0;
  return exitCode === undefined || exitCode === 0 ? 1 : exitCode;
}
