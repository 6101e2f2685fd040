import type { ContainerTarget, Step, StepKind, StepOf, StepPayloads } from "../model/step.ts";

/** Steps that belong to one change and follow one another. */
export interface Chain {
  readonly steps: readonly Step[];
  /** The first step that must wait for what the workload depends on. */
  readonly entry?: string;
  /** The step after which dependents may go on: from here on the workload is as desired. */
  readonly ready?: string;
}

/** Builds a chain: every step depends on the one before it. */
export class ChainBuilder {
  private readonly steps: Step[] = [];
  private readonly change: string;
  private readonly cause: string;
  private entryStep: string | undefined;
  private readyStep: string | undefined;

  constructor(change: string, cause: string) {
    this.change = change;
    this.cause = cause;
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
      cause: this.cause,
      dependsOn: previous === undefined ? [...needs] : [previous.id, ...needs],
      after: [],
    } as unknown as StepOf<K>;
    this.steps.push(step as Step);
    this.entryStep ??= id;
    this.readyStep = id;
    return id;
  }

  /** Adds a step that dependents need not wait for. */
  addTail<K extends StepKind>(kind: K, label: string, payload: StepPayloads[K]): void {
    const ready = this.readyStep;
    this.add(kind, label, payload);
    this.readyStep = ready;
  }

  build(): Chain {
    return {
      steps: this.steps,
      ...(this.entryStep === undefined ? {} : { entry: this.entryStep }),
      ...(this.readyStep === undefined ? {} : { ready: this.readyStep }),
    };
  }
}

export function actualTarget(container: { id: string; name: string }): ContainerTarget {
  return { kind: "actual", id: container.id, name: container.name };
}

export function createdTarget(step: string, name: string): ContainerTarget {
  return { kind: "created", step, name };
}
