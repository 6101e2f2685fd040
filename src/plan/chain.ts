import type { ActualContainer } from "../model/actual-state.ts";
import type { ContainerTarget, GateCriteria, Step, StepKind, StepOf, StepPayloads } from "../model/step.ts";
import { stopTimeoutSeconds } from "./gate.ts";
import { isUp } from "./world.ts";

/** Moments of a chain that other chains may wait for, or that must wait for others; each is the id of a step. */
export interface Moments {
  /** The first step: it waits for what the workload depends on. */
  readonly entry?: string;
  /** The replacement exists. */
  readonly created?: string;
  /** From here on the old container no longer serves, or the new one takes what only one can hold. */
  readonly interrupt?: string;
  /** The new container starts. */
  readonly start?: string;
  /** The container binds its ports and addresses. */
  readonly seize?: string;
  /** The old container has let go of ports and addresses. */
  readonly release?: string;
  /** The same in a start-first replacement, where it comes after the new container has proved itself. */
  readonly drain?: string;
  /** The old container has let go of its name. */
  readonly free?: string;
  /** The container takes the name of the instance. */
  readonly take?: string;
  /** The container has passed its gate. */
  readonly proven?: string;
  /** From here on the workload is as desired, and dependents may go on. */
  readonly ready?: string;
  /** What can wait until everything else is done: the removal of the old container. */
  readonly tail?: string;
}

/** Steps that belong to one change and follow one another. */
export interface Chain extends Moments {
  readonly steps: readonly Step[];
}

/** Builds a chain: every step depends on the one before it. */
export class ChainBuilder {
  private readonly steps: Step[] = [];
  private readonly change: string;
  private readonly cause: string;
  private readonly together: string | undefined;
  private moments: { -readonly [K in keyof Moments]: Moments[K] } = {};

  /** @param together name of the circle of changes that are done or taken back as one */
  constructor(change: string, cause: string, together?: string) {
    this.change = change;
    this.cause = cause;
    this.together = together;
  }

  /** Adds a step and returns its id. `needs` are steps of others that must have succeeded as well. */
  add<K extends StepKind>(
    kind: K,
    label: string,
    payload: StepPayloads[K],
    needs: readonly string[] = [],
  ): string {
    const previous = this.steps.at(-1);
    const id = `${label} ${this.change}`;
    const step = {
      kind,
      id,
      payload,
      change: this.change,
      ...(this.together === undefined ? {} : { together: this.together }),
      cause: this.cause,
      dependsOn: previous === undefined ? [...needs] : [previous.id, ...needs],
      after: [],
    } as unknown as StepOf<K>;
    this.steps.push(step as Step);
    this.moments.entry ??= id;
    this.moments.ready = id;
    return id;
  }

  /** Says what the step just added is to others; the first step of a moment counts. */
  mark(...names: readonly (keyof Moments)[]): void {
    const id = this.steps.at(-1)?.id;
    if (id === undefined) return;
    for (const name of names) this.moments[name] ??= id;
  }

  /** Adds a step that dependents need not wait for. */
  addTail<K extends StepKind>(kind: K, label: string, payload: StepPayloads[K]): void {
    const { ready } = this.moments;
    const id = this.add(kind, label, payload);
    this.moments.tail = id;
    if (ready !== undefined) this.moments.ready = ready;
  }

  build(): Chain {
    return { steps: this.steps, ...this.moments };
  }
}

export interface RemovalOptions {
  /** The circle of changes that it belongs to; then it can be taken back until it is removed. */
  readonly together?: string;
  /** When it counts as serving again, if it is taken back. */
  readonly gate?: GateCriteria;
}

/** Stops and removes an orphan or a leftover. */
export function removalChain(
  { key, cause }: { readonly key: string; readonly cause: string },
  container: ActualContainer,
  { together, gate }: RemovalOptions = {},
): Chain {
  const chain = new ChainBuilder(key, cause, together);
  const target = actualTarget(container);
  if (isUp(container)) {
    const payload = {
      container: target,
      timeoutSeconds: stopTimeoutSeconds(container.spec.stopTimeoutSeconds),
      restart: container.spec.restart,
      ...(gate === undefined ? {} : { gate }),
    };
    chain.add("stop-container", "stop", payload);
    chain.mark("interrupt", "release");
  }
  chain.add("remove-container", "remove", { container: target });
  chain.mark("release", "free");
  return chain.build();
}

export function actualTarget(container: { id: string; name: string }): ContainerTarget {
  return { kind: "actual", id: container.id, name: container.name };
}

export function createdTarget(step: string, name: string): ContainerTarget {
  return { kind: "created", step, name };
}
