import type { SwarmAgents } from "./simulated-swarm-agents.ts";
import { holdAll } from "./simulated-swarm-scheduler.ts";
import {
  hasEnded,
  isWanted,
  type SwarmNode,
  type SwarmService,
  type SwarmState,
  type SwarmTask,
  sameInOrder,
} from "./simulated-swarm-state.ts";
import { type Slot, SwarmUpdate } from "./simulated-swarm-updater.ts";

const defaultRestartDelayMs = 5_000;
/** A node that does not answer counts as down after this time. */
const noticeMs = 15_000;

/** Brings the tasks of each service to what its spec says, and starts those again that end (SwarmKit, `manager/orchestrator`). */
export class SwarmOrchestrator {
  private readonly state: SwarmState;
  private readonly agents: SwarmAgents;
  private readonly updates = new Map<string, SwarmUpdate>();
  /** By service, spec and slot. */
  private readonly restarts = new Map<string, number>();

  constructor(state: SwarmState, agents: SwarmAgents) {
    this.state = state;
    this.agents = agents;
    agents.changed = (task) => this.taskChanged(task);
  }

  /** The service was created or written. */
  written(service: SwarmService): void {
    this.state.agenda.after(0, () => this.reconcile(service));
  }

  removed(service: SwarmService): void {
    this.updates.get(service.id)?.cancel();
    this.updates.delete(service.id);
    for (const task of this.state.tasksOf(service.id)) this.agents.stop(task, "remove");
  }

  nodeLost(node: SwarmNode): void {
    node.isAlive = false;
    this.state.agenda.after(noticeMs, () => {
      if (node.isAlive) return;
      node.state = "down";
      this.nodeChanged(node);
    });
  }

  nodeReturned(node: SwarmNode): void {
    node.isAlive = true;
    node.state = "ready";
    this.agents.nodeReturned(node.id);
    this.nodeChanged(node);
  }

  /** It is down, drained, up again, or new. */
  nodeChanged(node: SwarmNode): void {
    if (node.state !== "ready" || node.availability === "drain")
      for (const task of this.state.allTasks())
        if (task.nodeId === node.id && isWanted(task) && !hasEnded(task)) this.leave(task);
    for (const service of this.state.services.values()) if (service.spec.Mode?.Global) this.written(service);
    this.agents.freeRoom();
  }

  private reconcile(service: SwarmService): void {
    if (this.state.services.get(service.id) !== service) return;
    const { Mode } = service.spec;
    if (Mode?.ReplicatedJob !== undefined || Mode?.GlobalJob !== undefined) this.reconcileJob(service);
    else if (Mode?.Global !== undefined) this.reconcileGlobal(service);
    else this.reconcileReplicated(service, Mode?.Replicated?.Replicas ?? 1);
  }

  private reconcileReplicated(service: SwarmService, wanted: number): void {
    const slots = [...this.slotsOf(service, ({ slot }) => String(slot)).values()].sort(byWorth);
    this.update(service, slots.slice(0, wanted));
    for (const slot of slots.slice(wanted)) for (const task of slot) this.agents.stop(task, "remove");
    const used = new Set(slots.map(([task]) => task?.slot));
    for (let missing = wanted - slots.length, slot = 1; missing > 0; slot += 1) {
      if (used.has(slot)) continue;
      this.agents.create(service, { slot, desired: "running" });
      missing -= 1;
    }
  }

  private reconcileGlobal(service: SwarmService): void {
    const byNode = this.slotsOf(service, ({ nodeId }) => nodeId ?? "");
    for (const node of this.state.nodes) {
      const tasks = byNode.get(node.id) ?? [];
      const isPaused = node.availability === "pause";
      if (!this.isEligible(node, service) && !isPaused)
        for (const task of tasks) this.agents.stop(task, "shutdown");
      else if (tasks.length === 0 && !isPaused)
        this.agents.create(service, { slot: 0, nodeId: node.id, desired: "running" });
    }
    this.update(
      service,
      [...byNode.values()].filter(([task]) => task !== undefined && isWanted(task)),
    );
  }

  private isEligible(node: SwarmNode, { spec }: SwarmService): boolean {
    return node.state === "ready" && node.availability === "active" && holdAll(node, spec.TaskTemplate);
  }

  /** Every iteration runs by itself; what is left of the one before goes. */
  private reconcileJob(service: SwarmService): void {
    const { MaxConcurrent = 1, TotalCompletions = MaxConcurrent } = service.spec.Mode?.ReplicatedJob ?? {};
    const tasks = this.state.tasksOf(service.id);
    for (const task of tasks)
      if (task.iteration !== service.jobIteration && isWanted(task)) this.agents.stop(task, "remove");
    const mine = tasks.filter(({ iteration }) => iteration === service.jobIteration);
    if (service.spec.Mode?.GlobalJob !== undefined) {
      const free = this.state.nodes.filter(
        (node) => this.isEligible(node, service) && mine.every(({ nodeId }) => nodeId !== node.id),
      );
      for (const { id } of free) this.agents.create(service, { slot: 0, nodeId: id, desired: "complete" });
      return;
    }
    const slots = new Set(mine.map(({ slot }) => slot));
    const complete = mine.filter(({ state }) => state === "complete").length;
    const running = slots.size - complete;
    const missing = Math.min(MaxConcurrent - running, TotalCompletions - complete - running);
    for (let left = missing, slot = 1; left > 0; slot += 1) {
      if (slots.has(slot)) continue;
      this.agents.create(service, { slot, desired: "complete" });
      left -= 1;
    }
  }

  private slotsOf(service: SwarmService, keyOf: (task: SwarmTask) => string): Map<string, SwarmTask[]> {
    return Map.groupBy(this.state.tasksOf(service.id).filter(isWanted), keyOf);
  }

  /** One that works towards the same spec goes on (SwarmKit, `update.Supervisor`). */
  private update(service: SwarmService, slots: readonly Slot[]): void {
    const present = this.updates.get(service.id);
    if (present !== undefined && !present.isOver) {
      if (sameInOrder(present.spec, service.spec)) return;
      present.cancel();
    }
    const update = new SwarmUpdate(service, {
      state: this.state,
      agents: this.agents,
      written: (changed) => this.written(changed),
    });
    this.updates.set(service.id, update);
    update.run(slots);
  }

  private taskChanged(task: SwarmTask): void {
    const service = this.state.services.get(task.serviceId);
    if (service === undefined) return;
    this.updates.get(service.id)?.taskChanged(task);
    if (!hasEnded(task) || !isWanted(task)) return;
    if (service.jobIteration !== undefined && task.state === "complete") this.written(service);
    else this.restart(task, service);
  }

  /** SwarmKit, `restart.Supervisor`: the successor comes of the service's present spec. */
  private restart(task: SwarmTask, service: SwarmService): void {
    const isJob = service.jobIteration !== undefined;
    const { Delay } = task.spec.RestartPolicy ?? {};
    task.desired = "shutdown";
    if (!this.shouldRestart(task) || task.iteration !== service.jobIteration) return;
    const successor = this.agents.create(service, { ...placeOf(task), desired: "ready" });
    const delayMs = Delay === undefined ? defaultRestartDelayMs : Delay / 1e6;
    this.state.agenda.after(delayMs, () => this.agents.release(successor, isJob ? "complete" : "running"));
  }

  private shouldRestart({ spec, state, serviceId, specVersion, slot, nodeId }: SwarmTask): boolean {
    const { Condition = "any", MaxAttempts = 0 } = spec.RestartPolicy ?? {};
    if (Condition === "none" || (Condition === "on-failure" && state === "complete")) return false;
    const key = `${serviceId} ${specVersion} ${slot} ${slot === 0 ? nodeId : ""}`;
    const done = this.restarts.get(key) ?? 0;
    this.restarts.set(key, done + 1);
    return MaxAttempts === 0 || done < MaxAttempts;
  }

  /** Its node is going or gone: it starts elsewhere; on a node that is lost its state stays as it was. */
  private leave(task: SwarmTask): void {
    const service = this.state.services.get(task.serviceId);
    if (service === undefined) return;
    this.agents.stop(task, "shutdown");
    if (service.spec.Mode?.Global !== undefined) return;
    const desired = service.jobIteration === undefined ? "running" : "complete";
    this.agents.create(service, { slot: task.slot, desired });
  }
}

function placeOf({ slot, nodeId }: SwarmTask): { slot: number; nodeId?: string } {
  return slot > 0 || nodeId === undefined ? { slot } : { slot, nodeId };
}

/** Those that run are kept longest when there are too many. */
function byWorth(a: readonly SwarmTask[], b: readonly SwarmTask[]): number {
  const runs = (slot: readonly SwarmTask[]) => Number(slot.some(({ state }) => state === "running"));
  return runs(b) - runs(a) || (a[0]?.slot ?? 0) - (b[0]?.slot ?? 0);
}
