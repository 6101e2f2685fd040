import { toReconcilerError } from "../model/errors.ts";
import type { Emit } from "../model/run-event.ts";
import type { Step } from "../model/step.ts";
import { executeStep, type StepDeps } from "./execute-step.ts";

/** How long one step of the way back may take, beyond the time that it may wait by itself. */
const undoMs = 60_000;

export interface TakeBackContext {
  readonly emit: Emit;
  /** Somebody waits for the end of the run: what was put back is not watched. */
  readonly isInterrupted: boolean;
}

/**
 * Walks the way back in order, whatever becomes of its steps: the next one may still help.
 *
 * @returns the changes that could not be taken back
 */
export async function takeBack(
  steps: readonly Step[],
  depsOf: (step: Step) => StepDeps,
  { emit, isInterrupted }: TakeBackContext,
): Promise<ReadonlySet<string>> {
  const failed = new Set<string>();
  for (const step of steps) {
    if (isInterrupted && step.kind === "gate-container") continue;
    try {
      await executeStep(step, depsOf(step), AbortSignal.timeout(undoMs + ownWaitMs(step)));
    } catch (error) {
      if (step.change !== undefined) failed.add(step.change);
      const { code, message } = toReconcilerError(error);
      emit({ kind: "step-failed", step, durationMs: 0, failure: { code, message, details: [] } });
    }
  }
  return failed;
}

function ownWaitMs(step: Step): number {
  if (step.kind === "gate-container") return step.payload.gate.timeoutMs + step.payload.gate.stabilityMs;
  return step.kind === "stop-container" ? step.payload.timeoutSeconds * 1000 : 0;
}
