import { formatDuration } from "../lib/duration.ts";
import { deepEqual } from "../lib/stable-json.ts";
import type { DesiredState } from "../model/desired-state.ts";
import type { PrunePolicy, RolloutPolicy } from "../model/environment.ts";
import type { TimerSpec } from "../model/timer.ts";
import type { WorkloadSpec } from "../model/workload.ts";

/** Settings by the name they have in `mysysconfig.yaml`. */
const rolloutNames = {
  stabilityMs: "policy.stability",
  gateTimeoutMs: "policy.gateTimeout",
  settleMs: "policy.settle",
  retentionMs: "policy.retention",
  lockExpiryMs: "policy.lockExpiry",
} as const satisfies Record<keyof RolloutPolicy, string>;

const pruneNames = {
  maxShare: "prune.maxShare",
  images: "prune.images",
} as const satisfies Record<keyof PrunePolicy, string>;

/**
 * What differs between two desired states without a step in any plan, each a line for people: rules of later runs, and
 * the order in which workloads start and are replaced.
 */
export function settingChanges(from: DesiredState, to: DesiredState): readonly string[] {
  const [before, after] = [from.environment, to.environment];
  const lines = [
    ...changedNames(rolloutNames, before.rollout, after.rollout, durationText),
    ...changedNames(pruneNames, before.prune, after.prune, String),
  ];
  if (before.target !== after.target) lines.push(`target: ${before.target} → ${after.target}`);
  const known = new Map(from.workloads.map((workload) => [workload.key, workload]));
  return [
    ...lines,
    ...to.workloads.flatMap((workload) => workloadChanges(known.get(workload.key), workload)),
  ];
}

function changedNames<T extends object>(
  names: Readonly<Record<keyof T & string, string>>,
  before: T,
  after: T,
  text: (value: unknown) => string,
): string[] {
  return (Object.keys(names) as (keyof T & string)[]).flatMap((key) =>
    before[key] === after[key] ? [] : [`${names[key]}: ${text(before[key])} → ${text(after[key])}`],
  );
}

function durationText(value: unknown): string {
  return typeof value === "number" ? formatDuration(value) : "computed";
}

function workloadChanges(before: WorkloadSpec | undefined, after: WorkloadSpec): string[] {
  if (before === undefined) return [];
  const { key } = after;
  const needs = ({ dependsOn }: WorkloadSpec) =>
    dependsOn.map(({ workload }) => workload).join(", ") || "nothing";
  const isSameList = needs(before) === needs(after);
  const change = isSameList
    ? "waits for its dependencies in another way"
    : `depends on: ${needs(before)} → ${needs(after)}`;
  return [
    ...(deepEqual(before.dependsOn, after.dependsOn) ? [] : [`${key} ${change}`]),
    ...timerChanges(before, after),
    ...(deepEqual(before.update, after.update) ? [] : [`${key} is replaced in another way`]),
  ];
}

/** When a job runs is nothing that its container shows. */
function timerChanges({ timer: before }: WorkloadSpec, { key, timer: after }: WorkloadSpec): string[] {
  if (before === undefined) return after === undefined ? [] : [`${key} runs by ${after.unit}`];
  if (after === undefined) return [`${key} no longer runs by ${before.unit}`];
  const times = ({ origin: _origin, ...timer }: TimerSpec) => timer;
  if (deepEqual(times(before), times(after))) return [];
  const texts = [before, after].map(({ calendars }) => calendars.join(", "));
  const what = texts[0] === texts[1] ? "" : `: ${texts.map((text) => text || "no calendar").join(" → ")}`;
  return [`${key} runs at other times${what}`];
}
