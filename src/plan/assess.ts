import type { ActualContainer, ActualState } from "../model/actual-state.ts";
import type { FieldChange, Rollout } from "../model/change.ts";
import type { DesiredState } from "../model/desired-state.ts";
import { type ContainerDiff, type DiffContext, diffContainer, isEmptyDiff } from "./diff.ts";
import { conflictsBetween } from "./exclusive.ts";
import { downtimeBoundMs } from "./gate.ts";
import { desiredFingerprint } from "./labels.ts";
import type { Instance, Pair } from "./pair.ts";

/** What is to be done about one instance, before anything is turned into steps. */
export type Decision =
  | { readonly kind: "unchanged"; readonly notes: readonly string[] }
  | { readonly kind: "blocked"; readonly cause: string; readonly fields: readonly FieldChange[] }
  | { readonly kind: "create"; readonly cause: string }
  | {
      readonly kind: "replace";
      readonly old: ActualContainer;
      readonly fields: readonly FieldChange[];
      readonly rollout: Rollout;
      readonly cause: string;
      readonly notes: readonly string[];
    }
  | {
      readonly kind: "in-place";
      readonly current: ActualContainer;
      readonly diff: ContainerDiff;
      readonly repair: RepairActions;
      readonly cause: string;
      readonly notes: readonly string[];
    }
  | {
      readonly kind: "repair";
      readonly current: ActualContainer;
      readonly repair: RepairActions;
      readonly cause: string;
      readonly notes: readonly string[];
    };

/** What a container that is as desired may still need. */
export interface RepairActions {
  readonly rename: boolean;
  readonly unpause: boolean;
  readonly start: boolean;
  /** Wait until it is good; the container is running but not (yet) well. */
  readonly gate: boolean;
  readonly awaitJob: boolean;
}

export interface AssessContext {
  readonly desired: DesiredState;
  readonly actual: ActualState;
  /** Workloads or container names whose foreign holder may be replaced. */
  readonly adopt: ReadonlySet<string>;
  readonly workloadOf: (containerId: string) => string | undefined;
}

/** Decides about one instance from its pair alone; what other workloads cause comes later. */
export function assess(pair: Pair, context: AssessContext): Decision {
  const { instance, intruder } = pair;
  if (intruder !== undefined && pair.current?.id !== intruder.id) {
    const adopted = context.adopt.has(instance.workload.key) || context.adopt.has(instance.name);
    if (!adopted) return blockedByIntruder(instance, intruder);
    if (pair.current === undefined)
      return replaceDecision(
        instance,
        intruder,
        diffOf(instance, intruder, context),
        context,
        "taken over on request",
      );
  }
  const current = pair.current;
  if (current === undefined) return { kind: "create", cause: "not there yet" };
  const diff = diffOf(instance, current, context);
  const notes = diff.strayNetworks.map(
    (network) => `also attached to network "${network}", which the configuration does not name`,
  );
  if (current.state.status === "dead" || current.state.status === "removing") {
    return replaceDecision(instance, current, diff, context, `the container is ${current.state.status}`);
  }
  if (diff.recreate)
    return replaceDecision(instance, current, diff, context, changeCause(current, instance, context));
  if (instance.workload.kind === "job" && jobFailed(current)) {
    return replaceDecision(
      instance,
      current,
      diff,
      context,
      `the last run exited with ${current.state.exitCode}`,
    );
  }
  const repair = repairActions(instance, current);
  if (!isEmptyDiff(diff)) {
    return { kind: "in-place", current, diff, repair, cause: changeCause(current, instance, context), notes };
  }
  const cause = repairCause(instance, current, repair);
  return cause === undefined
    ? { kind: "unchanged", notes }
    : { kind: "repair", current, repair, cause, notes };
}

/** A replacement forced from outside, such as the renewal of a container whose network this one shares. */
export function forceReplace(pair: Pair, context: AssessContext, cause: string): Decision {
  if (pair.current === undefined) return { kind: "create", cause: "not there yet" };
  return replaceDecision(
    pair.instance,
    pair.current,
    diffOf(pair.instance, pair.current, context),
    context,
    cause,
  );
}

function diffOf(instance: Instance, container: ActualContainer, context: AssessContext): ContainerDiff {
  const diffContext: DiffContext = {
    actual: context.actual,
    workloadOf: context.workloadOf,
    fingerprint: desiredFingerprint(instance.workload, context.desired),
  };
  return diffContainer(instance, container, diffContext);
}

function blockedByIntruder(instance: Instance, intruder: ActualContainer): Decision {
  const owner =
    intruder.ownership.kind === "foreign"
      ? `project "${intruder.ownership.owner.project}", environment "${intruder.ownership.owner.environment}"`
      : "nobody we know";
  return {
    kind: "blocked",
    fields: [],
    cause: `the name "${instance.name}" is held by container ${intruder.id.slice(0, 12)}, which belongs to ${owner}; remove or rename it, or take it over with --adopt ${instance.workload.key}`,
  };
}

/** Drift is a difference that no new revision explains. */
function changeCause(current: ActualContainer, instance: Instance, context: AssessContext): string {
  const unchangedSpec = current.record.fingerprint === desiredFingerprint(instance.workload, context.desired);
  return unchangedSpec ? "changed by hand on the Engine" : "the configuration changed";
}

function replaceDecision(
  instance: Instance,
  old: ActualContainer,
  diff: ContainerDiff,
  context: AssessContext,
  cause: string,
): Decision {
  const rollout = chooseRollout(instance, old, context);
  if (typeof rollout === "string") return { kind: "blocked", cause: rollout, fields: diff.fields };
  return { kind: "replace", old, fields: diff.fields, rollout, cause, notes: [] };
}

/** Start-first unless both containers need what only one can hold; returns a sentence when the declared order is impossible. */
function chooseRollout(instance: Instance, old: ActualContainer, context: AssessContext): Rollout | string {
  const { workload } = instance;
  const serves =
    old.state.status === "running" || old.state.status === "restarting" || old.state.status === "paused";
  if (!serves || workload.kind === "job") return { order: "start-first", downtimeMs: 0 };
  const image = context.actual.images.get(workload.container.image);
  const policy = context.desired.environment.rollout;
  const downtimeMs = downtimeBoundMs(old.spec.stopTimeoutSeconds, workload, image, policy);
  const conflicts = conflictsBetween(old.spec, workload.container);
  switch (workload.update.order) {
    case "auto":
      return conflicts.length === 0
        ? { order: "start-first", downtimeMs: 0 }
        : {
            order: "stop-first",
            reason: `${conflicts.join(", ")} can be held by one container only`,
            downtimeMs,
          };
    case "stop-first":
      return { order: "stop-first", reason: "declared", downtimeMs };
    case "start-first": {
      const impossible = conflictsBetween(old.spec, workload.container, true);
      if (impossible.length === 0) return { order: "start-first", downtimeMs: 0 };
      return `start-first is declared but impossible: ${impossible.join(", ")} can be held by one container only; declare stop-first or remove the conflict`;
    }
    default:
      return workload.update.order satisfies never;
  }
}

function jobFailed(container: ActualContainer): boolean {
  return container.state.status === "exited" && container.state.exitCode !== 0;
}

function repairActions(instance: Instance, current: ActualContainer): RepairActions {
  const { status, health } = current.state;
  const isJob = instance.workload.kind === "job";
  const start = status === "created" || (!isJob && status === "exited");
  const unwell =
    status === "restarting" || (status === "running" && (health === "starting" || health === "unhealthy"));
  const unpause = status === "paused";
  return {
    rename: current.name !== instance.name,
    unpause,
    start,
    gate: !isJob && (start || unpause || unwell),
    awaitJob: isJob && status !== "exited",
  };
}

function repairCause(
  instance: Instance,
  current: ActualContainer,
  repair: RepairActions,
): string | undefined {
  if (repair.awaitJob) return current.state.status === "created" ? "has not run yet" : "is still running";
  if (repair.start)
    return current.state.status === "created"
      ? "was never started"
      : `is stopped (exit code ${current.state.exitCode})`;
  if (repair.unpause) return "is paused";
  if (current.state.status === "restarting") return "keeps restarting";
  if (repair.gate) return `health check says ${current.state.health}`;
  if (repair.rename) return `is named "${current.name}" instead of "${instance.name}"`;
  return undefined;
}
