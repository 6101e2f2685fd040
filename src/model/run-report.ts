import type { ExitCode } from "./errors.ts";
import type { Revision } from "./revision.ts";
import type { Failure } from "./run-event.ts";

/** The verdict on one change after the run. */
export type Outcome =
  | "unchanged"
  | "done"
  /** the new build failed and the old one serves */
  | "rolled-back"
  /** failed and nothing serves, or the old one could not be restored */
  | "failed"
  /** not tried because something it needs failed */
  | "skipped"
  | "blocked"
  /** not tried, because its build failed before */
  | "set-aside"
  /** not touched, because a person holds it */
  | "held";

export interface ChangeReport {
  readonly key: string;
  readonly outcome: Outcome;
  /** `running, stable for 5 s`, `new build never became healthy; 58-develop still serves` */
  readonly summary: string;
  readonly durationMs: number;
  readonly failure?: Failure;
  /** Measured time without service of a stop-first replacement. */
  readonly downtimeMs?: number;
}

/** What became of one run of a job with a timer. */
export interface JobReport {
  /** Key of the instance. */
  readonly key: string;
  /** Name of the timer unit. */
  readonly unit: string;
  readonly containerId: string;
  /** The time that it served, ISO 8601. */
  readonly due?: string;
  readonly outcome: "done" | "failed" | "running";
  /** `exit code 0` */
  readonly summary: string;
  readonly startedAt?: string;
  readonly endedAt?: string;
  readonly exitCode?: number;
  readonly durationMs: number;
  /** How it ended, and its last lines. */
  readonly details: readonly string[];
}

export interface RunReport {
  readonly environment: string;
  readonly project: string;
  readonly revision: Revision;
  readonly changes: readonly ChangeReport[];
  readonly converged: boolean;
  /** It was told to stop before everything was tried. */
  readonly interrupted?: true;
  readonly exitCode: ExitCode;
  readonly verdict: string;
  readonly durationMs: number;
  /** What else a person should know, such as a history that could not be written. */
  readonly warnings: readonly string[];
  /** Jobs with a timer whose end this run has seen, sorted by key; those that it started and did not wait for as well. */
  readonly jobs?: readonly JobReport[];
}
