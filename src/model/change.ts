import type { Position } from "../lib/diagnostic.ts";

/** One field that differs, old → new, already formatted for people but not yet masked. */
export interface FieldChange {
  /** `image`, `env LOG_LEVEL`, `memory`, `ports` … */
  readonly field: string;
  /** Absent: the field is new. */
  readonly before?: string;
  /** Absent: the field goes away. */
  readonly after?: string;
  /** Environment values are masked unless asked for. */
  readonly masked: boolean;
  readonly position?: Position;
}

export type ChangeKind =
  /** nothing to do */
  | "unchanged"
  | "create"
  /** a new container takes over from the old one */
  | "replace"
  /** the Engine changes the living container: limits, restart policy, networks */
  | "in-place"
  /** start or unpause what is stopped, finish or tidy what an interrupted run left */
  | "repair"
  /** a job whose time has come is started */
  | "run"
  | "remove"
  /** cannot be done; the workload alone fails */
  | "blocked"
  /** its build failed before and is not tried again yet */
  | "set-aside"
  /** a person said that it stays as it is */
  | "held";

/** What happens to one replica of a workload, to a network or a volume. */
export interface Change {
  /** Unique in the plan: `web`, `shop/api#2` for replicas, `network shop_default`, `volume shop_data`. */
  readonly key: string;
  readonly subject: "workload" | "network" | "volume" | "files" | "image";
  readonly kind: ChangeKind;
  readonly fields: readonly FieldChange[];
  /** One sentence: why. */
  readonly cause: string;
  readonly position?: Position;
  readonly rollout?: Rollout;
  /** What somebody did to it on the Engine, although the configuration did not change: `removed`, `changed: memory`. */
  readonly drift?: string;
  /** Of a job with a timer. */
  readonly timer?: TimerView;
  /** Things worth knowing that do not stop the change. */
  readonly notes: readonly string[];
}

/** How a replacement is done and what it costs. */
export interface Rollout {
  readonly order: "start-first" | "stop-first";
  /** Why stop-first, or absent. */
  readonly reason?: string;
  /** Upper bound for the time without service, in milliseconds; 0 for start-first. */
  readonly downtimeMs: number;
}

/** When a job with a timer runs, and how it went last. Times are ISO 8601. */
export interface TimerView {
  /** Name of the timer unit. */
  readonly unit: string;
  /** The time that this change starts it for. */
  readonly due?: string;
  readonly next?: string;
  readonly last?: JobRun;
}

export interface JobRun {
  readonly startedAt: string;
  /** Absent while it runs. */
  readonly endedAt?: string;
  readonly exitCode?: number;
}
