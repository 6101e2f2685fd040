import type { ActualNode, TaskState, UpdateStatus } from "../../src/model/actual-swarm.ts";
import type { EndpointSpec, ServiceSpec, TaskSpec } from "../../src/model/service-spec.ts";
import type { SimulatedNetwork } from "./simulated-objects.ts";
import { VirtualAgenda } from "./virtual-agenda.ts";

/** What a task of an image does once it is started. */
export type TaskBehaviour =
  | { readonly kind: "serves" }
  /** Ends by itself, and without a health check counts as running until then. */
  | { readonly kind: "exits"; readonly afterMs: number; readonly code: number }
  /** Its health check never succeeds. */
  | { readonly kind: "never-healthy" }
  /** Healthy at first. */
  | { readonly kind: "sickens"; readonly afterMs: number }
  /** Serves with this in its environment, `NAME=value`; without it, it ends with 1. */
  | { readonly kind: "needs-env"; readonly entry: string };

export interface TaskImage {
  readonly behaviour: TaskBehaviour;
  readonly healthyAfterMs: number;
  /** The image itself brings a health check. */
  readonly hasCheck: boolean;
  readonly stopMs: number;
  /** It ends with 0 when it is told to stop, also for being unhealthy: then its task is called complete. */
  readonly stopsWell?: true;
}

export type SwarmNode = { -readonly [K in keyof ActualNode]: ActualNode[K] } & {
  /** Its agent answers; otherwise nothing that happens on it is told. */
  isAlive: boolean;
};

export interface SwarmTask {
  readonly id: string;
  readonly serviceId: string;
  /** 0 for a task of a global service. */
  readonly slot: number;
  nodeId: string | undefined;
  state: TaskState;
  desired: TaskState;
  atMs: number;
  readonly createdMs: number;
  message: string;
  error: string;
  exitCode: number | undefined;
  readonly iteration: number | undefined;
  readonly spec: TaskSpec;
  readonly endpoint: EndpointSpec | undefined;
  readonly specVersion: number;
}

export interface SwarmService {
  readonly id: string;
  version: number;
  specVersion: number;
  /** Networks by id, as a manager stores them. */
  spec: ServiceSpec;
  previousSpec: ServiceSpec | undefined;
  previousSpecVersion: number;
  update: UpdateStatus | undefined;
  jobIteration: number | undefined;
  readonly createdMs: number;
  updatedMs: number;
}

export interface SwarmStored {
  readonly id: string;
  readonly kind: "config" | "secret";
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly content: string;
}

export interface JobStart {
  readonly service: string;
  /** With its tag, without its digest. */
  readonly image: string;
  /** When its task was made, and when that began to run. */
  readonly madeMs: number;
  readonly begunMs: number;
}

const endedStates: ReadonlySet<TaskState> = new Set([
  ...(["complete", "shutdown", "failed", "rejected", "remove", "orphaned"] as const),
]);

export function hasEnded({ state }: SwarmTask): boolean {
  return endedStates.has(state);
}

/** It was not told to go. */
export function isWanted({ desired }: SwarmTask): boolean {
  return desired === "ready" || desired === "running" || desired === "complete";
}

/** Order has a meaning in lists, as in Go's `reflect.DeepEqual`. */
export function sameInOrder(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const left = a as Readonly<Record<string, unknown>>;
  const right = b as Readonly<Record<string, unknown>>;
  const names = Object.keys(left);
  return (
    names.length === Object.keys(right).length &&
    names.every((name) => Object.hasOwn(right, name) && sameInOrder(left[name], right[name]))
  );
}

/** Dead tasks that are remembered for each slot (Docker docs, `--task-history-limit`). */
const history = 5;

/** What the managers of a cluster store, and the time in which it lives. */
export class SwarmState {
  readonly agenda = new VirtualAgenda();
  readonly nodes: SwarmNode[] = [];
  readonly services = new Map<string, SwarmService>();
  readonly tasks = new Map<string, Set<SwarmTask>>();
  readonly networks = new Map<string, SimulatedNetwork>();
  readonly stored = new Map<string, SwarmStored>();
  readonly images = new Map<string, TaskImage>();
  /** Every task of a job that was started, in order. */
  readonly runs: JobStart[] = [];
  /** ISO 8601, of a moment of virtual time. */
  readonly at: (ms: number) => string;
  private index = 10;
  private ids = 0;

  constructor(at: (ms: number) => string) {
    this.at = at;
  }

  nextId(kind: string): string {
    this.ids += 1;
    return `${kind}${String(this.ids).padStart(21, "0")}`;
  }

  /** Every write has a number of its own in the whole cluster. */
  nextIndex(): number {
    this.index += 1;
    return this.index;
  }

  tasksOf(serviceId: string): readonly SwarmTask[] {
    return [...(this.tasks.get(serviceId) ?? [])];
  }

  allTasks(): readonly SwarmTask[] {
    return [...this.tasks.values()].flatMap((tasks) => [...tasks]);
  }

  addTask(task: SwarmTask): void {
    const tasks = this.tasks.get(task.serviceId) ?? new Set();
    this.tasks.set(task.serviceId, tasks.add(task));
    const old = [...tasks].filter(
      (other) => other.slot === task.slot && (task.slot > 0 || other.nodeId === task.nodeId),
    );
    const dead = old.filter((other) => hasEnded(other) && !isWanted(other));
    for (const other of dead.slice(0, Math.max(0, old.length - history))) tasks.delete(other);
  }

  dropTask(task: SwarmTask): void {
    this.tasks.get(task.serviceId)?.delete(task);
    if (this.tasks.get(task.serviceId)?.size === 0 && !this.services.has(task.serviceId))
      this.tasks.delete(task.serviceId);
  }

  node(id: string | undefined): SwarmNode | undefined {
    return this.nodes.find((node) => node.id === id);
  }

  /** Without a digest the tag tells what an image does. */
  image(reference: string): TaskImage | undefined {
    return this.images.get(reference) ?? this.images.get(reference.replace(/@.*$/, ""));
  }

  serviceByName(name: string): SwarmService | undefined {
    return [...this.services.values()].find(({ spec }) => spec.Name === name);
  }
}
