import { ReconcilerError } from "../model/errors.ts";
import type { Progress } from "../model/run-event.ts";
import type { ContainerTarget, Step, StepOf } from "../model/step.ts";
import type { Backend, BackendStepKind, Clock, StepOutput } from "../ports.ts";
import { awaitJob, type GateDeps, passGate } from "./gate.ts";
import { passServiceGate, type ServiceGateDeps } from "./service-gate.ts";

/** What steps leave behind for later ones, and what the report wants to know. */
export class ExecutionMemory {
  private readonly created = new Map<string, string>();
  private readonly stoppedAt = new Map<string, number>();
  readonly downtimeMs = new Map<string, number>();
  /** How long the last gate of a change took. */
  readonly gateMs = new Map<string, number>();

  remember(step: Step, { containerId, serviceId }: StepOutput): void {
    const id = containerId ?? serviceId;
    if (id !== undefined) this.created.set(step.id, id);
  }

  idOf(target: ContainerTarget): string {
    if (target.kind === "actual") return target.id;
    const id = this.created.get(target.step);
    if (id === undefined) throw new ReconcilerError("internal", `"${target.name}" was never created`);
    return id;
  }

  /** The container a step is about, when it exists. */
  containerOf(step: Step): string | undefined {
    if (!("container" in step.payload)) return undefined;
    const { container } = step.payload;
    return container.kind === "actual" ? container.id : this.created.get(container.step);
  }

  /** The service a step is about, when it exists. */
  serviceOf(step: Step): string | undefined {
    if (!("service" in step.payload)) return undefined;
    const { service } = step.payload;
    return service.kind === "actual" ? service.id : this.created.get(service.step);
  }

  serviceStopped(change: string | undefined, nowMs: number): void {
    if (change !== undefined && !this.stoppedAt.has(change)) this.stoppedAt.set(change, nowMs);
  }

  serviceBack(change: string | undefined, sinceMs: number): void {
    const stopped = change === undefined ? undefined : this.stoppedAt.get(change);
    if (change !== undefined && stopped !== undefined)
      this.downtimeMs.set(change, Math.max(0, sinceMs - stopped));
  }
}

export interface StepDeps {
  readonly backend: Backend;
  readonly clock: Clock;
  readonly memory: ExecutionMemory;
  readonly progress: (progress: Progress) => void;
}

export function isWaiting(step: Step): boolean {
  const waiting: readonly Step["kind"][] = ["gate-container", "await-job", "gate-service", "pause"];
  return waiting.includes(step.kind);
}

/** Carries out one step: waiting is done here, effects by the backend. */
export async function executeStep(step: Step, deps: StepDeps, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { backend, clock, memory, progress } = deps;
  const gateDeps: GateDeps & ServiceGateDeps = { backend, clock, progress };
  switch (step.kind) {
    case "gate-container": {
      const { container, gate } = step.payload;
      const isNew = container.kind === "created";
      const watch = { containerId: memory.idOf(container), criteria: gate, isNew };
      const begunAt = clock.monotonicMs();
      const goodSince = await passGate(watch, gateDeps, signal);
      if (step.change !== undefined) memory.gateMs.set(step.change, clock.monotonicMs() - begunAt);
      memory.serviceBack(step.change, goodSince);
      return;
    }
    case "await-job":
      return await awaitJob(
        { containerId: memory.idOf(step.payload.container), timeoutMs: step.payload.timeoutMs },
        gateDeps,
        signal,
      );
    case "gate-service": {
      const { service, gate } = step.payload;
      const begunAt = clock.monotonicMs();
      await passServiceGate(memory.idOf(service), gate, gateDeps, signal);
      if (step.change !== undefined) memory.gateMs.set(step.change, clock.monotonicMs() - begunAt);
      return;
    }
    case "pause":
      return await clock.sleep(step.payload.ms, signal);
    default:
      return await executeOnBackend(step, deps, signal);
  }
}

async function executeOnBackend(
  step: StepOf<BackendStepKind>,
  deps: StepDeps,
  signal: AbortSignal,
): Promise<void> {
  const { backend, clock, memory, progress } = deps;
  if (step.kind === "stop-container" && step.payload.container.kind === "actual")
    memory.serviceStopped(step.change, clock.monotonicMs());
  const output = await backend.execute(step, { idOf: (target) => memory.idOf(target), progress }, signal);
  memory.remember(step, output);
}
