import type { ActualContainer } from "../model/actual-state.ts";
import type { FieldChange, Rollout } from "../model/change.ts";
import { parseRoleName } from "../model/ownership.ts";
import type { RestartPolicy } from "../model/workload.ts";
import { type ContainerDiff, diffContainer, isEmptyDiff } from "./diff.ts";
import { conflictsBetween } from "./exclusive.ts";
import { downtimeBoundMs } from "./gate.ts";
import type { WorkloadOf } from "./namespaces.ts";
import { outlivedItsNamespace } from "./namespaces.ts";
import type { Instance, Pair } from "./pair.ts";
import { isUp, type World } from "./world.ts";

/** What is to be done about one instance, before anything is turned into steps. */
export type Decision =
  | { readonly kind: "unchanged"; readonly notes: readonly string[] }
  | { readonly kind: "blocked"; readonly cause: string; readonly fields: readonly FieldChange[] }
  | { readonly kind: "create"; readonly cause: string }
  | {
      readonly kind: "replace";
      readonly old: ActualContainer;
      /** The restart policy that the old container gets back if the new one fails. */
      readonly oldRestart: RestartPolicy;
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
  /** The container that it was about to replace when a run was interrupted: it comes back if this one is no good. */
  readonly fallback?: ActualContainer;
}

export interface AssessContext {
  readonly world: World;
  readonly workloadOf: WorkloadOf;
}

/** Decides about one instance from its pair alone; what other workloads cause comes later. */
export function assess(pair: Pair, context: AssessContext): Decision {
  const { instance, intruder, current } = pair;
  if (intruder !== undefined) return blockedByIntruder(instance, intruder);
  if (current === undefined) return { kind: "create", cause: missingCause(pair) };
  const diff = diffOf(instance, current, context);
  const cause = replaceCause(instance, current, diff, context);
  if (cause !== undefined) return replaceDecision(pair, current, diff, context, cause);
  const repair = repairActions(pair, current);
  const notes = diff.strayNetworks.map(
    (network) => `also attached to network "${network}", which the configuration does not name`,
  );
  const wrong = repairCause(instance, current, repair);
  if (!isEmptyDiff(diff)) {
    const why = repair.rename && wrong !== undefined ? wrong : changeCause(current, instance, context);
    return { kind: "in-place", current, diff, repair, cause: why, notes };
  }
  return wrong === undefined
    ? { kind: "unchanged", notes }
    : { kind: "repair", current, repair, cause: wrong, notes };
}

/** Why only a new container will do. */
function replaceCause(
  instance: Instance,
  current: ActualContainer,
  diff: ContainerDiff,
  context: AssessContext,
): string | undefined {
  const { status, exitCode } = current.state;
  const isJob = instance.workload.kind === "job";
  if (current.ownership.kind !== "owned") return "taken over on request";
  // A job runs once for each spec, so that another spec is another run.
  if (diff.recreate || (isJob && !isEmptyDiff(diff))) return changeCause(current, instance, context);
  if (isJob && status === "exited" && exitCode !== 0) return `the last run exited with ${exitCode}`;
  if (!isJob && outlivedItsNamespace(current, context.world))
    return "the container whose network it shares was started again after it";
  return undefined;
}

/** A replacement forced from outside, such as the renewal of a container whose network this one shares. */
export function forceReplace(pair: Pair, context: AssessContext, cause: string): Decision {
  if (pair.current === undefined) return { kind: "create", cause: missingCause(pair) };
  const diff = diffOf(pair.instance, pair.current, context);
  return replaceDecision(pair, pair.current, diff, context, cause);
}

function diffOf(
  instance: Instance,
  container: ActualContainer,
  { world, workloadOf }: AssessContext,
): ContainerDiff {
  const fingerprint = world.fingerprintOf(instance.workload);
  return diffContainer(instance, container, { actual: world.actual, workloadOf, fingerprint });
}

function missingCause({ leftovers }: Pair): string {
  const status = leftovers.find(({ state }) => state.status === "dead" || state.status === "removing")?.state
    .status;
  if (status === undefined) return "not there yet";
  return status === "dead" ? "the container is dead" : "the container is being removed";
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
  const { workload } = current.record;
  if (workload !== undefined && workload !== instance.workload.key)
    return `takes over from ${workload}, which is no longer in the configuration`;
  const unchangedSpec = current.record.fingerprint === context.world.fingerprintOf(instance.workload);
  return unchangedSpec ? "changed by hand on the Engine" : "the configuration changed";
}

function replaceDecision(
  pair: Pair,
  old: ActualContainer,
  diff: ContainerDiff,
  context: AssessContext,
  cause: string,
): Decision {
  const rollout = chooseRollout(pair.instance, old, context.world);
  if (typeof rollout === "string") return { kind: "blocked", cause: rollout, fields: diff.fields };
  const anonymous = old.spec.mounts.filter((mount) => mount.kind === "anonymous").map(({ target }) => target);
  const notes = anonymous
    .sort()
    .map(
      (target) =>
        `the anonymous volume at ${target} stays behind: the new container starts with an empty one; name the volume to keep its data`,
    );
  const oldRestart = restartToRestore(pair, old);
  return { kind: "replace", old, oldRestart, fields: diff.fields, rollout, cause, notes };
}

/** An interrupted run may have taken the restart policy away already; the desired one is the best guess then. */
function restartToRestore({ instance, leftovers }: Pair, old: ActualContainer): RestartPolicy {
  const isInterrupted = leftovers.length > 0 || !isUp(old);
  return isInterrupted && old.spec.restart.name === "no"
    ? instance.workload.container.restart
    : old.spec.restart;
}

/**
 * Start-first unless both containers need what only one can hold. An old container that does not run stops first by
 * nature: nothing serves meanwhile, and it is started again if the new one is no good.
 *
 * @returns a sentence when the declared order is impossible
 */
function chooseRollout(instance: Instance, old: ActualContainer, world: World): Rollout | string {
  const { workload } = instance;
  if (workload.kind === "job") return { order: "start-first", downtimeMs: 0 };
  if (!isUp(old)) return { order: "stop-first", reason: "the old container does not run", downtimeMs: 0 };
  const downtimeMs = downtimeBoundMs(old, workload, world);
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

function repairActions(pair: Pair, current: ActualContainer): RepairActions {
  const { instance, leftovers } = pair;
  const { status, health } = current.state;
  const isJob = instance.workload.kind === "job";
  const start = status === "created" || (!isJob && status === "exited");
  const unwell =
    status === "restarting" || (status === "running" && (health === "starting" || health === "unhealthy"));
  const unpause = status === "paused";
  const fallback = isJob ? undefined : findFallback(current, leftovers);
  return {
    rename: current.name !== instance.name,
    unpause,
    start,
    gate: !isJob && (start || unpause || unwell || fallback !== undefined),
    awaitJob: isJob && status !== "exited",
    ...(fallback === undefined ? {} : { fallback }),
  };
}

/** A stopped container still under its own name beside a `next` one: nobody knows whether the new one had proved itself. */
function findFallback(
  current: ActualContainer,
  leftovers: readonly ActualContainer[],
): ActualContainer | undefined {
  if (parseRoleName(current.name).role !== "next") return undefined;
  return leftovers.find(
    (leftover) => leftover.state.status === "exited" && parseRoleName(leftover.name).role === "current",
  );
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
  if (repair.fallback !== undefined) return "an interrupted run had just started it";
  if (current.state.status === "restarting") return "keeps restarting";
  if (repair.gate) return `health check says ${current.state.health}`;
  if (repair.rename && parseRoleName(current.name).role === "next")
    return "an interrupted run had put it in place";
  if (repair.rename) return `is named "${current.name}" instead of "${instance.name}"`;
  return undefined;
}
