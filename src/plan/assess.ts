import type { ActualContainer } from "../model/actual-state.ts";
import type { FieldChange, Rollout } from "../model/change.ts";
import { parseRoleName } from "../model/ownership.ts";
import type { ContainerSpec, RestartPolicy } from "../model/workload.ts";
import { changeCause, missingCause, repairCause } from "./causes.ts";
import { type ContainerDiff, diffContainer, isEmptyDiff } from "./diff.ts";
import { conflictsBetween } from "./exclusive.ts";
import { downtimeBoundMs } from "./gate.ts";
import type { WorkloadOf } from "./namespaces.ts";
import { outlivedItsNamespace } from "./namespaces.ts";
import type { Instance, Pair } from "./pair.ts";
import { assessRollback } from "./rollback-request.ts";
import { heedLedger, type Standing } from "./standing.ts";
import { assessTimed, renewArmed, timingOf } from "./timed.ts";
import { isUp, type World } from "./world.ts";

/** What is to be done about one instance, before anything is turned into steps. */
export type Decision =
  | { readonly kind: "unchanged"; readonly notes: readonly string[]; readonly standing?: Standing }
  | {
      readonly kind: "blocked";
      readonly cause: string;
      readonly fields: readonly FieldChange[];
      readonly standing?: Standing;
    }
  | { readonly kind: "create"; readonly cause: string; readonly due?: string }
  | {
      readonly kind: "replace";
      readonly old: ActualContainer;
      /** The restart policy that the old container gets back if the new one fails. */
      readonly oldRestart: RestartPolicy;
      readonly fields: readonly FieldChange[];
      readonly rollout: Rollout;
      readonly cause: string;
      readonly notes: readonly string[];
      /** The time that a job is started for; without it the new container is only armed. */
      readonly due?: string;
      /** The retained previous container that takes over again, instead of a new one. */
      readonly candidate?: ActualContainer;
      /** The retained previous container that `old` pushes out of its place. */
      readonly superseded?: ActualContainer;
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
      readonly standing?: Standing;
      /** The time that an armed job is started for. */
      readonly due?: string;
    };

/** What a container that is as desired may still need. */
export interface RepairActions {
  readonly rename: boolean;
  readonly unpause: boolean;
  readonly start: boolean;
  /** Wait until it is good; the container is running but not (yet) well. */
  readonly gate: boolean;
  readonly awaitJob: boolean;
  /** The restart policy that a replacement took away and did not give back. */
  readonly rearm?: RestartPolicy;
  /** The container that it was about to replace when a run was interrupted: it comes back if this one is no good. */
  readonly fallback?: ActualContainer;
}

export interface AssessContext {
  readonly world: World;
  readonly workloadOf: WorkloadOf;
}

/** Decides about one instance from its pair and the ledger; what other workloads cause comes later. */
export function assess(pair: Pair, context: AssessContext): Decision {
  const { request } = context.world;
  if (request === undefined) return heedLedger(pair, compare(pair, context), context);
  const isMeant = request.workloads.has(pair.instance.workload.key);
  if (isMeant && request.kind === "rollback") return assessRollback(pair, context);
  return isMeant && request.kind === "only" ? compare(pair, context) : { kind: "unchanged", notes: [] };
}

function compare(pair: Pair, context: AssessContext): Decision {
  const { instance, intruder, current } = pair;
  if (intruder !== undefined) return blockedByIntruder(instance, intruder);
  const timing = timingOf(pair, context.world);
  if (timing !== undefined) {
    const live = current === undefined ? undefined : diffOf(instance, current, context);
    return assessTimed(pair, timing, live, context.world);
  }
  if (current === undefined) return { kind: "create", cause: missingCause(pair) };
  const diff = diffOf(instance, current, context);
  const cause = replaceCause(instance, current, diff, context);
  if (cause !== undefined) return replaceDecision(pair, current, diff, context, cause);
  const repair = repairActions(pair, current, context.world);
  const notes = diff.strayNetworks.map(
    (network) => `also attached to network "${network}", which the configuration does not name`,
  );
  const wrong = repairCause(instance, current, repair);
  if (!isEmptyDiff(diff)) {
    const why =
      repair.rename && wrong !== undefined ? wrong : changeCause(current, instance, diff, context.world);
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
  if (diff.recreate || (isJob && !isEmptyDiff(diff)))
    return changeCause(current, instance, diff, context.world);
  if (isJob && status === "exited" && exitCode !== 0) return `the last run exited with ${exitCode}`;
  if (!isJob && outlivedItsNamespace(current, context.world))
    return "the container whose network it shares was started again after it";
  return undefined;
}

/** A replacement forced from outside, such as the renewal of a container whose network this one shares. */
export function forceReplace(pair: Pair, context: AssessContext, cause: string): Decision {
  if (pair.current === undefined) return { kind: "create", cause: missingCause(pair) };
  const diff = diffOf(pair.instance, pair.current, context);
  const timing = timingOf(pair, context.world);
  if (timing !== undefined) return renewArmed(pair.current, timing, diff, cause);
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

function replaceDecision(
  pair: Pair,
  old: ActualContainer,
  diff: ContainerDiff,
  context: AssessContext,
  cause: string,
): Decision {
  const rollout = chooseRollout(pair.instance, old, pair.instance.workload.container, context.world);
  if (typeof rollout === "string") return { kind: "blocked", cause: rollout, fields: diff.fields };
  const { previous } = pair;
  const anonymous = old.spec.mounts.filter((mount) => mount.kind === "anonymous").map(({ target }) => target);
  const notes = anonymous
    .sort()
    .map(
      (target) =>
        `the anonymous volume at ${target} stays behind: the new container starts with an empty one; name the volume to keep its data`,
    );
  const oldRestart = restartToRestore(pair, old);
  const superseded = previous === undefined ? {} : { superseded: previous };
  return { kind: "replace", old, oldRestart, fields: diff.fields, rollout, cause, notes, ...superseded };
}

/** An interrupted run may have taken the restart policy away already; the desired one is the best guess then. */
export function restartToRestore({ instance, leftovers }: Pair, old: ActualContainer): RestartPolicy {
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
export function chooseRollout(
  instance: Instance,
  old: ActualContainer,
  spec: ContainerSpec,
  world: World,
): Rollout | string {
  const { workload } = instance;
  if (workload.kind === "job") return { order: "start-first", downtimeMs: 0 };
  if (!isUp(old)) return { order: "stop-first", reason: "the old container does not run", downtimeMs: 0 };
  const downtimeMs = downtimeBoundMs(old, workload, world);
  const conflicts = conflictsBetween(old.spec, spec);
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
      const impossible = conflictsBetween(old.spec, spec, true);
      if (impossible.length === 0) return { order: "start-first", downtimeMs: 0 };
      return `start-first is declared but impossible: ${impossible.join(", ")} can be held by one container only; declare stop-first or remove the conflict`;
    }
    default:
      return workload.update.order satisfies never;
  }
}

export function repairActions(pair: Pair, current: ActualContainer, world: World): RepairActions {
  const { instance, leftovers } = pair;
  const { status, health } = current.state;
  const isJob = instance.workload.kind === "job";
  const start = status === "created" || (!isJob && status === "exited");
  const unwell =
    status === "restarting" ||
    (status === "running" &&
      (health === "starting" || health === "unhealthy" || hasJustRestarted(current, world)));
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

/**
 * What brings a service that stands still back, without changing what it is; `undefined` when it needs nothing.
 *
 * @param mayRearm a container without a restart policy may have lost it to the replacement that failed
 */
export function revival(
  pair: Pair,
  current: ActualContainer,
  world: World,
  mayRearm: boolean,
): RepairActions | undefined {
  const repair = repairActions(pair, current, world);
  const { restart } = pair.instance.workload.container;
  const isDisarmed = mayRearm && current.spec.restart.name === "no" && restart.name !== "no";
  const isNeeded = repair.start || repair.unpause || repair.rename || repair.fallback !== undefined;
  if (isNeeded) return isDisarmed ? { ...repair, rearm: restart } : repair;
  return isDisarmed ? { ...repair, gate: false, rearm: restart } : undefined;
}

/** A container that crashes again and again runs most of the time; only its short life tells. */
function hasJustRestarted({ state }: ActualContainer, { now, desired }: World): boolean {
  const { stabilityMs } = desired.environment.rollout;
  return state.restartCount > 0 && Date.parse(now) - Date.parse(state.startedAt) < stabilityMs;
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
