import { toReconcilerError } from "../model/errors.ts";
import type { Emit } from "../model/run-event.ts";
import type { Step } from "../model/step.ts";
import { executeStep, type StepDeps } from "./execute-step.ts";

const undoAttempts = 3;
const undoPauseMs = 500;
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
    if (isInterrupted && isGate(step)) continue;
    try {
      await undo(step, depsOf(step), isInterrupted);
    } catch (error) {
      if (step.change !== undefined) failed.add(step.change);
      const { code, message } = toReconcilerError(error);
      emit({ kind: "step-failed", step, durationMs: 0, failure: { code, message, details: [] } });
    }
  }
  return failed;
}

/**
 * Nobody serves until the old container is back, and the next run may be far away: a step of the way back that fails is
 * tried again. Each of them is harmless if it was done already.
 */
async function undo(step: Step, deps: StepDeps, isInterrupted: boolean): Promise<void> {
  const attempts = isGate(step) ? 1 : undoAttempts;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await executeStep(step, deps, AbortSignal.timeout(undoMs + ownWaitMs(step)));
    } catch (error) {
      if (attempt === attempts) throw error;
      if (!isInterrupted) await deps.clock.sleep(undoPauseMs, AbortSignal.timeout(undoMs));
    }
  }
}

function isGate({ kind }: Step): boolean {
  return kind === "gate-container" || kind === "gate-service";
}

function ownWaitMs(step: Step): number {
  if (step.kind === "gate-container" || step.kind === "gate-service")
    return step.payload.gate.timeoutMs + step.payload.gate.stabilityMs;
  return step.kind === "stop-container" ? step.payload.timeoutSeconds * 1000 : 0;
}
