import { deepEqual } from "../lib/stable-json.ts";
import type { ActualNode, ActualService, ActualTask, TaskState } from "../model/actual-swarm.ts";
import type { ServiceSpec, TaskSpec } from "../model/service-spec.ts";
import { taskDiffers } from "./canonical-spec.ts";
import { mayRunOn } from "./placement.ts";

/** What the tasks of a service show at one moment. */
export type TaskVerdict =
  /** All that should run runs, on nodes that are up; or a job is done. */
  | { readonly kind: "good"; readonly tasks: readonly string[] }
  | { readonly kind: "pending"; readonly reason: string; readonly error?: string }
  /** It cannot get better by waiting. */
  | { readonly kind: "failed"; readonly reason: string; readonly error?: string };

/**
 * Judges a service by its tasks on nodes that are up, whatever the answers to our calls and the state of the update said
 * (an update that Swarm rolled back is "completed", tasks of a lost node are "running").
 */
export function judgeTasks(service: ActualService, nodes: readonly ActualNode[]): TaskVerdict {
  const { spec } = service;
  if (isJob(spec)) return judgeJob(service, nodes);
  const live = liveTasks(service, nodes);
  const good = live.filter(({ state, spec: made }) => state === "running" && isSameTask(made, spec));
  const ids = good.map(({ id }) => id).sort();
  const outdated = live.filter(({ spec: made }) => !isSameTask(made, spec)).length;
  const problem = newestProblem(service);
  const error = problem === undefined ? {} : { error: problem };
  const missing = missingOf(service, nodes, good);
  if (missing === 0 && outdated === 0) return { kind: "good", tasks: ids };
  const wanted = good.length + missing;
  const rest = outdated === 0 ? "" : `, ${outdated} still of the build before`;
  return { kind: "pending", reason: `${good.length} of ${wanted} tasks run${rest}`, ...error };
}

/** How many tasks are still to come: by number, or on a global service by node. */
function missingOf(
  { spec }: ActualService,
  nodes: readonly ActualNode[],
  good: readonly ActualTask[],
): number {
  if (spec.Mode?.Global === undefined)
    return Math.max(0, (spec.Mode?.Replicated?.Replicas ?? 1) - good.length);
  const served = new Set(good.map(({ nodeId }) => nodeId));
  return nodes.filter((node) => mayRunOn(node, spec.TaskTemplate) && !served.has(node.id)).length;
}

/** Tasks that should run and whose node is up, as far as it is known. */
function liveTasks({ tasks }: ActualService, nodes: readonly ActualNode[]): readonly ActualTask[] {
  const down = new Set(nodes.filter(({ state }) => state !== "ready").map(({ id }) => id));
  return tasks.filter(
    ({ desiredState, nodeId, state }) =>
      desiredState === "running" && !ended.has(state) && !(nodeId !== undefined && down.has(nodeId)),
  );
}

const ended: ReadonlySet<TaskState> = new Set([
  ...(["complete", "shutdown", "failed", "rejected", "remove", "orphaned"] as const),
]);

/** A job is done when so many tasks of its iteration are complete (Docker docs, "Running as a job"). */
function judgeJob(service: ActualService, nodes: readonly ActualNode[]): TaskVerdict {
  const { spec } = service;
  const tasks = iterationTasks(service);
  const done = tasks.filter(({ state }) => state === "complete");
  const wanted =
    spec.Mode?.GlobalJob === undefined
      ? (spec.Mode?.ReplicatedJob?.TotalCompletions ?? spec.Mode?.ReplicatedJob?.MaxConcurrent ?? 1)
      : nodes.filter((node) => mayRunOn(node, spec.TaskTemplate)).length;
  if (done.length >= wanted) return { kind: "good", tasks: done.map(({ id }) => id).sort() };
  const problem = newestProblem(service);
  const error = problem === undefined ? {} : { error: problem };
  const failed = tasks.filter(({ state }) => state === "failed" || state === "rejected");
  const reason = `${done.length} of ${wanted} runs are complete`;
  if (failed.length > 0 && failed.length >= mostAttempts(spec.TaskTemplate))
    return { kind: "failed", reason: `${reason}, ${failed.length} failed`, ...error };
  return { kind: "pending", reason, ...error };
}

/** Attempts, the first one counted, that Swarm makes of one run; without a limit it goes on for ever. */
function mostAttempts({ RestartPolicy }: TaskSpec): number {
  if (RestartPolicy?.Condition === "none") return 1;
  const limit = RestartPolicy?.MaxAttempts ?? 0;
  return limit === 0 ? Number.POSITIVE_INFINITY : limit + 1;
}

export function isJob({ Mode }: ServiceSpec): boolean {
  return Mode?.ReplicatedJob !== undefined || Mode?.GlobalJob !== undefined;
}

/** Tasks of the iteration that counts: every update of a job begins a new one. */
export function iterationTasks({ tasks, jobIteration }: ActualService): readonly ActualTask[] {
  return tasks.filter((task) => (task.jobIteration ?? 0) === (jobIteration ?? 0));
}

/** Whether a task was made from this spec. */
export function isSameTask(made: TaskSpec, spec: ServiceSpec): boolean {
  return deepEqual(made, spec.TaskTemplate) || !taskDiffers({ ...spec, TaskTemplate: made }, spec);
}

/** Failures of tasks of the present spec, newest first. */
export function failuresOf(service: ActualService): readonly ActualTask[] {
  return troubles(service, service.spec).filter((task) => hasFailed(task, service.spec));
}

/** What the tasks of a spec, the present one or another, say about why they do not run; the newest of them. */
export function newestTrouble(service: ActualService, spec: ServiceSpec): ActualTask | undefined {
  return troubles(service, spec)[0];
}

function troubles({ tasks }: ActualService, spec: ServiceSpec): readonly ActualTask[] {
  return tasks
    .filter((task) => (task.error !== "" || hasFailed(task, spec)) && isSameTask(task.spec, spec))
    .toSorted((a, b) => (a.at < b.at ? 1 : -1));
}

/**
 * A task of a service that is to stay up has failed even if it ended well: so does one that is unhealthy, as soon as Swarm
 * stops it and it stops in good order (moby, `controller.Wait`). What Swarm stops for an update is not called complete.
 */
function hasFailed({ state }: ActualTask, spec: ServiceSpec): boolean {
  return state === "failed" || state === "rejected" || (state === "complete" && !isJob(spec));
}

/**
 * Whether Swarm has taken the last update back. A task too many that it puts right afterwards makes it say "completed"
 * again; but every other update leaves the spec before it to go back to (measured on Engine 20.10 and 28.5).
 */
export function isRolledBack({ update, previousSpec }: ActualService): boolean {
  const state = update?.state;
  return state === "rollback_completed" || (state === "completed" && previousSpec === undefined);
}

/** The agent's or the scheduler's own words about what keeps the service from running. */
function newestProblem(service: ActualService): string | undefined {
  const newest = newestTrouble(service, service.spec);
  return newest && textOf(newest);
}

export function textOf({ error, exitCode, message, state }: ActualTask): string {
  if (error === "" && state === "complete")
    return "ended by itself with exit code 0, or was unhealthy and stopped in good order";
  const text = error === "" ? message : error;
  const isKnown = exitCode === undefined || exitCode === 0 || text.includes(String(exitCode));
  return isKnown ? text : `${text} (exit code ${exitCode})`;
}
