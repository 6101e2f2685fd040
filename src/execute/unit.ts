import type { Step } from "../model/step.ts";

/** One change, or a circle of changes, that is done or taken back as a whole. */
export class Unit {
  /** The step that did not succeed, so that the unit was taken back. */
  because = "";
  private readonly steps: Step[] = [];
  private readonly running = new Set<Promise<void>>();
  private readonly controller = new AbortController();

  get isTakenBack(): boolean {
    return this.controller.signal.aborted;
  }

  /** Aborts what waits when the unit is taken back. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** @returns to be called when the step is over */
  begin(step: Step): () => void {
    this.steps.push(step);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.running.add(promise);
    return () => {
      this.running.delete(promise);
      resolve();
    };
  }

  hasBegun(step: Step): boolean {
    return this.steps.some((earlier) => earlier.change === step.change);
  }

  hasBegunAny(): boolean {
    return this.steps.length > 0;
  }

  /** The steps begun, in order. */
  begun(): readonly Step[] {
    return this.steps;
  }

  /** The steps begun, in order, with the one that failed at the end. */
  begunUntil(failed: Step): readonly Step[] {
    return [...this.steps.filter((step) => step !== failed), failed];
  }

  /** No step begins any more, and what waits gives up. */
  close(because: string): void {
    this.because = because;
    this.controller.abort(new Error(because));
  }

  async settled(): Promise<void> {
    await Promise.all(this.running);
  }
}
