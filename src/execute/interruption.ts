import type { Step } from "../model/step.ts";

/** What an effect that is under way gets to come to its end when the run is interrupted. */
const graceMs = 3_000;

/** Steps that another run could not make good if it were at work on the same things. */
export function takesAway(step: Step): boolean {
  return (
    step.kind === "stop-container" ||
    step.kind === "rename-container" ||
    step.kind === "cut-over" ||
    step.kind === "update-service" ||
    step.kind.startsWith("remove-") ||
    step.kind === "disconnect-network"
  );
}

/** Aborts some time after `signal` does. */
export function graceAfter(signal: AbortSignal): AbortSignal {
  const controller = new AbortController();
  const later = () => setTimeout(() => controller.abort(signal.reason), graceMs).unref();
  if (signal.aborted) later();
  else signal.addEventListener("abort", later, { once: true });
  return controller.signal;
}

export function reasonOf(signal: AbortSignal): string {
  return signal.reason instanceof Error ? signal.reason.message : "stopped";
}
