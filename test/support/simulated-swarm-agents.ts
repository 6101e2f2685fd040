import type { TaskState } from "../../src/model/actual-swarm.ts";
import { place } from "./simulated-swarm-scheduler.ts";
import {
  hasEnded,
  isWanted,
  type SwarmService,
  type SwarmState,
  type SwarmTask,
  type TaskImage,
} from "./simulated-swarm-state.ts";

/** Virtual milliseconds that things take. */
const scheduleMs = 20;
const prepareMs = 80;
const retryMs = 100;
const failedHealthMs = 300;

export interface TaskOptions {
  readonly slot: number;
  readonly nodeId?: string;
  /** It waits in state `ready` until it is told to run. */
  readonly desired: "ready" | "running" | "complete";
}

/** The scheduler and the agents of all nodes: they bring tasks to where they are wanted, and tell of it. */
export class SwarmAgents {
  /** Called whenever the state of a task has changed. */
  changed: (task: SwarmTask) => void = () => {};
  private readonly state: SwarmState;
  private readonly waiting = new Set<SwarmTask>();
  private isRetrying = false;

  constructor(state: SwarmState) {
    this.state = state;
  }

  create(service: SwarmService, { slot, nodeId, desired }: TaskOptions): SwarmTask {
    const { nowMs } = this.state.agenda;
    const task: SwarmTask = {
      id: this.state.nextId("task"),
      serviceId: service.id,
      ...{ slot, nodeId, desired, state: "new", atMs: nowMs, createdMs: nowMs },
      ...{ message: "created", error: "", exitCode: undefined },
      iteration: service.jobIteration,
      spec: service.spec.TaskTemplate,
      endpoint: service.spec.EndpointSpec,
      specVersion: service.specVersion,
    };
    this.state.addTask(task);
    this.state.agenda.after(scheduleMs, () => this.schedule(task));
    return task;
  }

  /** What waited may run now. */
  release(task: SwarmTask, desired: "running" | "complete"): void {
    if (task.desired !== "ready") return;
    task.desired = desired;
    if (task.state === "ready") this.start(task);
  }

  stop(task: SwarmTask, desired: "shutdown" | "remove"): void {
    task.desired = desired;
    this.waiting.delete(task);
    const isBegun = task.state === "starting" || task.state === "running";
    if (hasEnded(task) || !isBegun) this.stopped(task);
    else if (this.isReached(task))
      this.state.agenda.after(this.imageOf(task)?.stopMs ?? 0, () => this.stopped(task));
    else this.freeRoom();
  }

  /** Somebody killed the container of a task. */
  break(task: SwarmTask, code = 137): void {
    this.end(task, code, `task: non-zero exit (${code})`);
  }

  /** Nodes, ports or constraints are not what they were. */
  freeRoom(): void {
    if (this.isRetrying || this.waiting.size === 0) return;
    this.isRetrying = true;
    this.state.agenda.after(retryMs, () => {
      this.isRetrying = false;
      for (const task of [...this.waiting]) this.schedule(task);
    });
  }

  /** A node that was lost has come back and hears what was meant for it. */
  nodeReturned(nodeId: string): void {
    for (const task of this.state.allTasks())
      if (task.nodeId === nodeId && !isWanted(task) && !hasEnded(task)) this.stopped(task);
  }

  private schedule(task: SwarmTask): void {
    if (!isWanted(task) || (task.state !== "new" && task.state !== "pending")) return;
    const placed = place(task, this.state);
    if ("problem" in placed) {
      this.waiting.add(task);
      if (task.error !== placed.problem)
        this.set(task, "pending", { message: "pending task scheduling", error: placed.problem });
      return;
    }
    this.waiting.delete(task);
    task.nodeId = placed.node.id;
    this.set(task, "assigned", { message: "scheduler assigned task to node", error: "" });
    this.state.agenda.after(prepareMs, () => this.prepared(task));
  }

  private prepared(task: SwarmTask): void {
    if (!isWanted(task) || !this.isReached(task)) return;
    const image = this.imageOf(task);
    if (image === undefined) {
      const error = `No such image: ${task.spec.ContainerSpec.Image}`;
      this.set(task, "rejected", { message: "preparing", error });
      return;
    }
    this.set(task, "ready", { message: "prepared", error: "" });
    if (task.desired !== "ready") this.start(task);
  }

  private start(task: SwarmTask): void {
    const image = this.imageOf(task);
    if (image === undefined || !this.isReached(task)) return;
    this.set(task, "starting", { message: "starting", error: "" });
    this.note(task);
    const { behaviour, healthyAfterMs } = image;
    const isChecked = hasCheck(task, image);
    const after = (ms: number, run: () => void) => this.state.agenda.after(ms, run);
    if (behaviour.kind === "needs-env" && !(task.spec.ContainerSpec.Env ?? []).includes(behaviour.entry)) {
      this.runs(task);
      after(failedHealthMs, () => this.end(task, 1));
    } else if (behaviour.kind === "never-healthy" && isChecked)
      after(unhealthyMs(task), () => this.end(task, image.stopsWell ? 0 : 143, unhealthy));
    else if (isChecked) after(healthyAfterMs, () => this.runs(task));
    else this.runs(task);
    if (behaviour.kind === "exits") after(behaviour.afterMs, () => this.end(task, behaviour.code));
    if (behaviour.kind === "sickens")
      after(healthyAfterMs + behaviour.afterMs, () => this.end(task, image.stopsWell ? 0 : 143, unhealthy));
  }

  private note({ serviceId, iteration, spec, createdMs: madeMs }: SwarmTask): void {
    const service = this.state.services.get(serviceId)?.spec.Name;
    if (iteration === undefined || service === undefined) return;
    const image = spec.ContainerSpec.Image.replace(/@.*$/, "");
    this.state.runs.push({ service, image, madeMs, begunMs: this.state.agenda.nowMs });
  }

  private runs(task: SwarmTask): void {
    if (task.state !== "starting" || !this.isReached(task)) return;
    this.set(task, "running", { message: "started", error: "" });
  }

  private end(task: SwarmTask, code: number, error = `task: non-zero exit (${code})`): void {
    const isBegun = task.state === "starting" || task.state === "running";
    if (!isBegun || !this.isReached(task)) return;
    task.exitCode = code;
    if (code === 0) this.set(task, "complete", { message: "finished", error: "" });
    else this.set(task, "failed", { message: "started", error });
    this.freeRoom();
  }

  private stopped(task: SwarmTask): void {
    if (!hasEnded(task) && this.isReached(task))
      this.set(task, "shutdown", { message: "shutdown", error: "" });
    if (task.desired === "remove") this.state.dropTask(task);
    this.freeRoom();
  }

  /** What happens on a node that is lost is not told. */
  private isReached({ nodeId }: SwarmTask): boolean {
    return nodeId === undefined || this.state.node(nodeId)?.isAlive === true;
  }

  private imageOf({ spec }: SwarmTask): TaskImage | undefined {
    return this.state.image(spec.ContainerSpec.Image);
  }

  private set(
    task: SwarmTask,
    state: TaskState,
    told: { readonly message: string; readonly error: string },
  ): void {
    Object.assign(task, told);
    task.state = state;
    task.atMs = this.state.agenda.nowMs;
    this.changed(task);
  }
}

const unhealthy = "task: non-zero exit (143): dockerexec: unhealthy container";

function hasCheck({ spec }: SwarmTask, image: TaskImage): boolean {
  const test = spec.ContainerSpec.Healthcheck?.Test;
  return test === undefined ? image.hasCheck : test[0] !== "NONE";
}

/** After so many failed checks the agent gives the task up. */
function unhealthyMs({ spec }: SwarmTask): number {
  const {
    Interval = 30e9,
    Timeout = 30e9,
    Retries = 3,
    StartPeriod = 0,
  } = spec.ContainerSpec.Healthcheck ?? {};
  return (StartPeriod + Retries * (Interval + Timeout)) / 1e6;
}
