import type { ReconcilerError } from "../model/errors.ts";
import type { RunEvent } from "../model/run-event.ts";
import type { HookResult } from "../webhook/receiver.ts";
import type { Configuration } from "./configuration-watch.ts";
import type { Followed } from "./daemon-app.ts";
import type { RunOutcome } from "./run-once.ts";
import type { Trigger } from "./trigger.ts";

/** Everything that happens in the daemon, in one union; log, metrics, health and notices are listeners. */
export type DaemonEvent =
  | { readonly kind: "listening"; readonly address: string }
  | { readonly kind: "following"; readonly followed: Followed }
  | {
      readonly kind: "configured";
      readonly configuration: Configuration;
      readonly problems: readonly string[];
    }
  | { readonly kind: "run-started"; readonly triggers: readonly Trigger[] }
  | { readonly kind: "run-event"; readonly event: RunEvent }
  | RunEnd
  | {
      readonly kind: "run-failed";
      readonly triggers: readonly Trigger[];
      readonly error: ReconcilerError;
      readonly durationMs: number;
      /** Absent: it waits for the next trigger. */
      readonly retryInMs?: number;
    }
  | { readonly kind: "events-opened" }
  | { readonly kind: "events-closed"; readonly why: string }
  /** Something of ours changes again and again: somebody undoes what runs do, or it cannot stay up. */
  | { readonly kind: "restless"; readonly what: string; readonly waitMs: number }
  | { readonly kind: "clock-set"; readonly byMs: number }
  | { readonly kind: "hook"; readonly endpoint: string; readonly result: HookResult }
  /** The image that is followed has another program than the one that runs. */
  | { readonly kind: "program-behind"; readonly running: string; readonly wanted: string }
  | { readonly kind: "engine-lost"; readonly why: string }
  | { readonly kind: "stopping"; readonly reason: string }
  | { readonly kind: "abandoned"; readonly afterMs: number };

/** A run that came to a verdict. */
export interface RunEnd {
  /** Interrupted: the program was told to stop, and the next one carries it on. */
  readonly kind: "run-finished" | "run-interrupted";
  readonly triggers: readonly Trigger[];
  readonly outcome: RunOutcome;
  readonly durationMs: number;
  /** When what may pass by itself is tried again. */
  readonly retryInMs?: number;
}

export type Listener = (event: DaemonEvent) => void;
