import type { UpdateStatus } from "../../src/model/actual-swarm.ts";
import type { TaskSpec, UpdateConfig } from "../../src/model/service-spec.ts";
import type { SwarmAgents } from "./simulated-swarm-agents.ts";
import { holdAll } from "./simulated-swarm-scheduler.ts";
import {
  hasEnded,
  isWanted,
  type SwarmService,
  type SwarmState,
  type SwarmTask,
  sameInOrder,
} from "./simulated-swarm-state.ts";

/** What a slot runs: one task, and while it changes several. */
export type Slot = readonly SwarmTask[];

export interface UpdaterDeps {
  readonly state: SwarmState;
  readonly agents: SwarmAgents;
  /** The service was written. */
  readonly written: (service: SwarmService) => void;
}

const defaultMonitorMs = 5_000;
/** So long a task is waited for that has to stop before its successor starts (SwarmKit, `OldTaskTimeout`). */
const oldTaskMs = 60_000;

/** One update, slot by slot (SwarmKit, `manager/orchestrator/update/updater.go`, with all its oddities). */
export class SwarmUpdate {
  readonly spec: SwarmService["spec"];
  isOver = false;
  private isStopped = false;
  private isMonitoring = false;
  private queue: Slot[] = [];
  private dirtyCount = 0;
  private workers = 0;
  private config: UpdateConfig = {};
  private monitorMs = defaultMonitorMs;
  private isRollback = false;
  private readonly updated = new Map<string, number | undefined>();
  private readonly counted = new Set<string>();
  private failures: SwarmTask[] = [];
  private totalFailures = 0;
  private readonly waiters = new Map<string, (task: SwarmTask) => void>();
  private readonly service: SwarmService;
  private readonly deps: UpdaterDeps;

  constructor(service: SwarmService, deps: UpdaterDeps) {
    this.service = service;
    this.spec = service.spec;
    this.deps = deps;
  }

  run(slots: readonly Slot[]): void {
    const before = this.service.update?.state;
    if (before === "paused" || before === "rollback_paused") {
      this.finish();
      return;
    }
    this.queue = slots.filter((slot) => slot.length > 1 || slot.some((task) => this.isDirty(task)));
    this.dirtyCount = this.queue.length;
    if (this.dirtyCount === 0) {
      if (before === "updating" || before === "rollback_started") this.complete();
      this.finish();
      return;
    }
    if (before === undefined) this.setStatus("updating", "update in progress");
    this.isRollback = before === "rollback_started";
    const own = this.isRollback ? this.spec.RollbackConfig : this.spec.UpdateConfig;
    this.config = own ?? { Parallelism: 1 };
    this.monitorMs = (own?.Monitor ?? 0) / 1e6 || defaultMonitorMs;
    this.workers = Math.min(this.config.Parallelism || this.dirtyCount, this.dirtyCount);
    for (let worker = this.workers; worker > 0; worker -= 1) this.next();
  }

  cancel(): void {
    this.isStopped = true;
    this.finish();
  }

  taskChanged(task: SwarmTask): void {
    if (this.isOver) return;
    const hasCome = task.state === "running" || hasEnded(task);
    if (hasCome && this.updated.has(task.id) && this.updated.get(task.id) === undefined)
      this.updated.set(task.id, this.deps.state.agenda.nowMs);
    if (hasEnded(task) && (this.config.FailureAction ?? "pause") !== "continue") {
      this.failures.push(task);
      // While the last slots are being worked on, nobody listens.
      if (this.queue.length > 0 || this.isMonitoring) this.lookAtFailures();
    }
    const waiter = this.waiters.get(task.id);
    if (hasCome && waiter !== undefined && !this.isOver) {
      this.waiters.delete(task.id);
      waiter(task);
    }
  }

  /** SwarmKit, `orchestrator.IsTaskDirty`. */
  private isDirty(task: SwarmTask): boolean {
    if (task.specVersion === this.service.specVersion) return false;
    const wanted = this.spec.TaskTemplate;
    const isPlaced = sameInOrder(withoutPlacement(wanted), withoutPlacement(task.spec));
    const node = this.deps.state.node(task.nodeId);
    const isSame =
      sameInOrder(wanted, task.spec) || (isPlaced && node !== undefined && holdAll(node, wanted));
    return !isSame || !sameInOrder(this.spec.EndpointSpec, task.endpoint);
  }

  private next(): void {
    if (this.isOver) return;
    if (this.queue.length > 0) this.lookAtFailures();
    const slot = this.isStopped ? undefined : this.queue.shift();
    if (slot !== undefined) {
      this.work(slot);
      return;
    }
    this.workers -= 1;
    if (this.workers === 0 && !this.isStopped) this.monitor();
    else if (this.workers === 0) this.finish();
  }

  private work(slot: Slot): void {
    const done = () => this.deps.state.agenda.after((this.config.Delay ?? 0) / 1e6, () => this.next());
    const clean = slot.filter((task) => !this.isDirty(task));
    const existing = clean.find(({ desired }) => desired === "running") ?? clean.find(isWanted);
    if (existing !== undefined) {
      // Whether it is well does not matter here: this is how a healthy task gets lost.
      this.removeOld(slot.filter((task) => task !== existing));
      this.deps.agents.release(existing, "running");
      done();
      return;
    }
    const [first] = slot;
    const isGlobal = this.spec.Mode?.Global !== undefined;
    const task = this.deps.agents.create(this.service, {
      slot: first?.slot ?? 1,
      ...(isGlobal && first?.nodeId !== undefined ? { nodeId: first.nodeId } : {}),
      desired: "ready",
    });
    this.updated.set(task.id, undefined);
    if (this.config.Order === "start-first") {
      this.deps.agents.release(task, "running");
      this.waiters.set(task.id, ({ state }) => {
        if (state === "running") this.removeOld(slot);
        done();
      });
      return;
    }
    this.waiters.set(task.id, done);
    this.removeOld(slot);
    this.afterStop(slot, () => this.deps.agents.release(task, "running"));
  }

  private removeOld(tasks: Slot): void {
    for (const task of tasks) if (isWanted(task)) this.deps.agents.stop(task, "shutdown");
  }

  private afterStop(slot: Slot, go: () => void): void {
    const { agenda } = this.deps.state;
    const untilMs = agenda.nowMs + oldTaskMs;
    const look = () => {
      if (slot.every(hasEnded) || agenda.nowMs >= untilMs) go();
      else agenda.after(50, look);
    };
    look();
  }

  private monitor(): void {
    this.isMonitoring = true;
    this.lookAtFailures();
    this.deps.state.agenda.after(this.monitorMs, () => {
      if (this.isOver || this.isStopped) return;
      this.complete();
      this.finish();
    });
  }

  private lookAtFailures(): void {
    const { nowMs } = this.deps.state.agenda;
    for (const task of this.failures.splice(0)) {
      const since = this.updated.get(task.id);
      if (this.isStopped || !this.updated.has(task.id) || this.counted.has(task.id)) continue;
      if (since !== undefined && nowMs - since > this.monitorMs) continue;
      this.counted.add(task.id);
      this.totalFailures += 1;
      if (this.totalFailures / this.dirtyCount > (this.config.MaxFailureRatio ?? 0)) this.act(task);
    }
  }

  private act({ id }: SwarmTask): void {
    this.isStopped = true;
    const reason = `due to failure or early termination of task ${id}`;
    if (this.isRollback) this.setStatus("rollback_paused", `rollback paused ${reason}`);
    else if (this.config.FailureAction === "rollback") this.rollBack(`update rolled back ${reason}`);
    else this.setStatus("paused", `update paused ${reason}`);
    this.finish();
  }

  /** The whole spec goes back, and with it our labels; what was before is forgotten. */
  private rollBack(message: string): void {
    const { service } = this;
    if (service.previousSpec === undefined) return;
    service.spec = service.previousSpec;
    service.specVersion = service.previousSpecVersion;
    service.previousSpec = undefined;
    this.setStatus("rollback_started", message);
  }

  /** Also what was rolled back before is called completed by whatever is put right afterwards. */
  private complete(): void {
    const state = this.service.update?.state;
    if (state === "rollback_started") this.setStatus("rollback_completed", "rollback completed");
    else if (state !== undefined) this.setStatus("completed", "update completed");
  }

  private setStatus(state: UpdateStatus["state"], message: string): void {
    const { service, deps } = this;
    if (deps.state.services.get(service.id) !== service) return;
    const startedAt = service.update?.startedAt ?? deps.state.at(deps.state.agenda.nowMs);
    service.update = { state, message, startedAt };
    service.version = deps.state.nextIndex();
    deps.written(service);
  }

  private finish(): void {
    this.isOver = true;
    this.waiters.clear();
  }
}

function withoutPlacement({ Placement: _, ...task }: TaskSpec): unknown {
  return task;
}
