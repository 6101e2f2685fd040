import type { ScheduleName } from "../model/daemon-settings.ts";
import type { Mark } from "../model/mark.ts";

/** Why a run is due. Triggers are hints: what a run does is decided by what it finds. */
export type Trigger =
  | { readonly kind: "start" }
  | { readonly kind: "schedule"; readonly name: ScheduleName }
  /** A job of a timer fell due. */
  | { readonly kind: "timer"; readonly due: string }
  /** A run of a job has ended and is to be written down. */
  | { readonly kind: "job"; readonly job: string }
  | { readonly kind: "hook"; readonly endpoint: string; readonly mark: Mark }
  /** Something happened to what is ours on the Engine. */
  | {
      readonly kind: "drift";
      /** The workload, network or volume. */
      readonly source: string;
      /** `web: removed` */
      readonly what: string;
    }
  /** The Engine has another image by the name that is followed. */
  | { readonly kind: "image" }
  /** The stream of events was opened again: what happened meanwhile is unknown. */
  | { readonly kind: "resync" }
  /** The wall clock was set. */
  | { readonly kind: "clock" }
  /** The last run failed in a way that may pass by itself. */
  | { readonly kind: "retry" };

/** Triggers with the same key are one. */
export function triggerKey(trigger: Trigger): string {
  switch (trigger.kind) {
    case "schedule":
      return `schedule ${trigger.name}`;
    case "drift":
      return `drift ${trigger.source}`;
    case "job":
      return `job ${trigger.job}`;
    case "hook":
      return `hook ${trigger.endpoint} ${markText(trigger.mark)}`;
    case "timer":
    case "start":
    case "image":
    case "resync":
    case "clock":
    case "retry":
      return trigger.kind;
    default:
      return trigger satisfies never;
  }
}

/** For people: `push of develop to ops/config (hook config)`. */
export function triggerText(trigger: Trigger): string {
  switch (trigger.kind) {
    case "schedule":
      return `schedule ${trigger.name}`;
    case "timer":
      return `a job due at ${trigger.due}`;
    case "drift":
      return trigger.what;
    case "job":
      return `job ${trigger.job} has ended`;
    case "hook":
      return `${markText(trigger.mark)} (hook ${trigger.endpoint})`;
    case "start":
      return "start";
    case "image":
      return "the followed image has changed on the Engine";
    case "resync":
      return "events may have been missed";
    case "clock":
      return "the clock was set";
    case "retry":
      return "another try";
    default:
      return trigger satisfies never;
  }
}

function markText(mark: Mark): string {
  return mark.kind === "branch"
    ? `push of ${mark.branch}${mark.repository === undefined ? "" : ` to ${mark.repository}`}`
    : `push of ${mark.image}:${mark.tag}`;
}
