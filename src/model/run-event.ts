import type { ReconcilerError } from "./errors.ts";
import type { Plan } from "./plan.ts";
import type { Step } from "./step.ts";

/** Everything that happens in a run, in one union; progress, reports and logs are listeners. */
export type RunEvent =
  | { readonly kind: "plan-built"; readonly plan: Plan }
  | { readonly kind: "step-started"; readonly step: Step }
  | { readonly kind: "step-progress"; readonly step: Step; readonly progress: Progress }
  | { readonly kind: "step-succeeded"; readonly step: Step; readonly durationMs: number }
  | {
      readonly kind: "step-failed";
      readonly step: Step;
      readonly durationMs: number;
      readonly failure: Failure;
    }
  | { readonly kind: "step-skipped"; readonly step: Step; readonly because: string }
  | { readonly kind: "rollback-started"; readonly change: string; readonly plan: readonly Step[] }
  | { readonly kind: "interrupted"; readonly reason: string };

export interface Progress {
  /** `pulling 12 of 34 MB`, `health: starting` */
  readonly text: string;
  /** 0 to 1 when known */
  readonly fraction?: number;
}

/** A failure as data, ready for a report. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  /** The container's own story: exit code, last health checks, last log lines. */
  readonly details: readonly string[];
}

/** An error as data. */
export function toFailure({ code, message, hint }: ReconcilerError): Failure {
  return { code, message, ...(hint === undefined ? {} : { hint }), details: [] };
}

export type Emit = (event: RunEvent) => void;
