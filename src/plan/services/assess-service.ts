import { deepEqual } from "../../lib/stable-json.ts";
import type { ActualService } from "../../model/actual-swarm.ts";
import type { FieldChange, Rollout } from "../../model/change.ts";
import { ReconcilerError } from "../../model/errors.ts";
import { parseImageRef } from "../../model/image-ref.ts";
import type { ServiceSpec } from "../../model/service-spec.ts";
import { canonicalSpec, sameSpec, taskDiffers } from "../../swarm/canonical-spec.ts";
import { isJob, judgeTasks, type TaskVerdict } from "../../swarm/convergence.ts";
import { diffSpecs } from "../../swarm/diff-specs.ts";
import { mergeForUpdate } from "../../swarm/merge-for-update.ts";
import { watchedMs } from "../../swarm/update-watch.ts";
import type { Standing } from "../standing.ts";
import type { ServicePair } from "./service-pair.ts";
import { serviceRollout } from "./service-rollout.ts";
import { heedLedgerOnService } from "./service-standing.ts";
import type { ServiceWorld } from "./service-world.ts";
import { assessTimedService } from "./timed-service.ts";

/** What is to be done about one service, before anything is turned into steps. */
export type ServiceDecision =
  | { readonly kind: "unchanged"; readonly notes: readonly string[]; readonly standing?: Standing }
  | {
      readonly kind: "blocked";
      readonly cause: string;
      readonly fields: readonly FieldChange[];
      readonly standing?: Standing;
    }
  | {
      readonly kind: "create";
      readonly spec: ServiceSpec;
      readonly cause: string;
      readonly notes: readonly string[];
      readonly due?: string;
    }
  | {
      readonly kind: "update";
      readonly current: ActualService;
      readonly spec: ServiceSpec;
      readonly fields: readonly FieldChange[];
      readonly cause: string;
      readonly notes: readonly string[];
      /** Absent: no task is restarted. */
      readonly rollout?: Rollout;
      /** The time that a job is started for. */
      readonly due?: string;
      /** Nobody waits for the tasks: of a job that is only armed or started. */
      readonly isUngated?: true;
    }
  /** What Swarm cannot change on a living service: its mode, its name. */
  | {
      readonly kind: "recreate";
      readonly current: ActualService;
      readonly spec: ServiceSpec;
      readonly fields: readonly FieldChange[];
      readonly cause: string;
      readonly notes: readonly string[];
      readonly rollout: Rollout;
    }
  /** As desired, but its tasks are not (yet) well. */
  | {
      readonly kind: "wait";
      readonly current: ActualService;
      readonly cause: string;
      readonly notes: readonly string[];
      /** What it goes back to when it does not become well. */
      readonly back?: ServiceSpec;
    };

/** Decides about one service from its pair and the ledger. */
export function assessService(pair: ServicePair, services: ServiceWorld): ServiceDecision {
  const { request } = services.world;
  const isMeant = request === undefined || request.workloads.has(pair.workload.key);
  if (!isMeant || request?.kind === "finish") return { kind: "unchanged", notes: [] };
  if (request?.kind === "rollback")
    throw new ReconcilerError("no-way-back", `Swarm keeps no previous tasks of ${pair.workload.key}`);
  const decision = compareService(pair, services);
  return request === undefined ? heedLedgerOnService(pair, decision, services) : decision;
}

function compareService(pair: ServicePair, services: ServiceWorld): ServiceDecision {
  const { workload, current, intruder, name } = pair;
  if (intruder !== undefined) return blockedByIntruder(pair, intruder);
  if (workload.timer !== undefined) return assessTimedService(pair, workload.timer, services);
  const desired = services.specOf(workload);
  const notes = notesOn(pair, desired, services);
  if (current === undefined) return { kind: "create", spec: desired, cause: "not there yet", notes };
  const isTakenOver = current.ownership.kind !== "owned" || current.record.workload !== workload.key;
  const fields = diffSpecs(current.spec, desired, workload);
  const isRenamed = current.name !== name;
  if (isRenamed || modeOf(current.spec) !== modeOf(desired))
    return recreation(pair, current, { spec: desired, fields, notes, isRenamed }, services);
  const isSame = sameSpec(current.spec, desired) && !isTakenOver;
  const hasSameTasks = !taskDiffers(current.spec, desired);
  const verdict = judgeTasks(current, services.swarm.nodes);
  const isSameJob = hasSameTasks && !isTakenOver && isDoneJob(current.spec, desired, verdict);
  if (isSame || isSameJob) return asDesired(pair, current, verdict, { spec: desired, notes }, services);
  // Whatever is sent while an update is paused, Swarm ends the tasks that still serve in favour of those that failed.
  if (hasSameTasks && isPaused(current)) return leftPaused(pair, current, fields);
  const cause = changeCause(pair, current, desired);
  const spec = mergeForUpdate(current.spec, desired);
  const change = { kind: "update", current, spec, fields, cause } as const;
  if (hasSameTasks) return { ...change, notes };
  const rollout = serviceRollout(workload, desired, services);
  return { ...change, notes, rollout };
}

/** The spec is as it should be: what do the tasks say? An update is never sent again, not even while it is paused. */
function asDesired(
  pair: ServicePair,
  current: ActualService,
  verdict: TaskVerdict,
  { spec, notes }: { readonly spec: ServiceSpec; readonly notes: readonly string[] },
  services: ServiceWorld,
): ServiceDecision {
  const state = current.update?.state;
  if (isPaused(current)) return leftPaused(pair, current, []);
  if (verdict.kind === "good" && (state !== "updating" || isOverdue(current, services)))
    return { kind: "unchanged", notes: [] };
  const error = verdict.kind === "good" || verdict.error === undefined ? "" : `: ${verdict.error}`;
  const cause = verdict.kind === "good" ? "Swarm still watches its update" : `${verdict.reason}${error}`;
  if (verdict.kind === "failed" && isJob(spec)) {
    const again = forcedAgain(mergeForUpdate(current.spec, spec), current.spec);
    const rollout = serviceRollout(pair.workload, spec, services);
    return {
      kind: "update",
      current,
      spec: again,
      fields: [],
      cause: `the last run failed${error}`,
      notes,
      rollout,
    };
  }
  return { kind: "wait", current, cause, notes, ...wayBack(current) };
}

/** Swarm waits for what does not come, although all that can run runs. */
function isOverdue({ tasks, spec }: ActualService, { world }: ServiceWorld): boolean {
  const running = tasks.filter(
    ({ state, desiredState }) => state === "running" && desiredState === "running",
  );
  const newestMs = Math.max(...running.map(({ at }) => Date.parse(at)));
  return Date.parse(world.now) - newestMs > watchedMs(spec);
}

/**
 * The update that is under way was sent by a run that did not come to its end: this one judges it, and takes it back where
 * Swarm would wait for ever.
 */
function wayBack({ spec, previousSpec, update }: ActualService): { readonly back?: ServiceSpec } {
  const hasWay = update?.state === "updating" && previousSpec !== undefined && !isJob(spec);
  return hasWay && !sameSpec(previousSpec, spec) ? { back: previousSpec } : {};
}

/**
 * Every update of a job runs it once more: labels are no reason to, and where it is to run is none any more when it has
 * run.
 */
function isDoneJob(live: ServiceSpec, desired: ServiceSpec, verdict: TaskVerdict): boolean {
  if (!isJob(desired)) return false;
  const a = canonicalSpec(live);
  const b = canonicalSpec(desired);
  const isPlaced = verdict.kind === "good" || deepEqual(a.TaskTemplate.Placement, b.TaskTemplate.Placement);
  return isPlaced && deepEqual(a.Mode, b.Mode);
}

function isPaused({ update }: ActualService): boolean {
  return update?.state === "paused" || update?.state === "rollback_paused";
}

function leftPaused(
  { workload: { key } }: ServicePair,
  { update }: ActualService,
  fields: readonly FieldChange[],
): ServiceDecision {
  const what = update?.state === "paused" ? "its update is paused" : "its rollback is paused";
  const message = update?.message ?? "";
  const cause = `${what}${message === "" ? "" : `: ${message}`}; what still runs is left alone; go back with mysysconfig rollback ${key}, or change the configuration`;
  return { kind: "blocked", cause, fields };
}

/** The same job once more. */
export function forcedAgain(spec: ServiceSpec, live: ServiceSpec): ServiceSpec {
  const ForceUpdate = (live.TaskTemplate.ForceUpdate ?? 0) + 1;
  return { ...spec, TaskTemplate: { ...spec.TaskTemplate, ForceUpdate } };
}

function recreation(
  { workload, name }: ServicePair,
  current: ActualService,
  found: {
    readonly spec: ServiceSpec;
    readonly fields: readonly FieldChange[];
    readonly notes: readonly string[];
    readonly isRenamed: boolean;
  },
  services: ServiceWorld,
): ServiceDecision {
  const { spec, fields, notes, isRenamed } = found;
  const what = isRenamed
    ? `is named "${current.name}" instead of "${name}"`
    : `runs as ${modeOf(current.spec)} and is to run as ${modeOf(spec)}`;
  if (current.id === services.swarm.ownService) {
    const cause = `${what}, but it is what carries this out: remove it by hand with docker service rm ${current.name}, and deploy it anew`;
    return { kind: "blocked", cause, fields };
  }
  const isAllowed = services.recreate.has(workload.key) || services.recreate.has(name);
  if (!isAllowed) {
    const cause = `${what}, which Swarm cannot change on a living service; it may be removed and made anew, with an interruption, by --recreate ${workload.key}`;
    return { kind: "blocked", cause, fields };
  }
  const rollout = serviceRollout(workload, spec, services, `${what}: it is removed first`);
  return { kind: "recreate", current, spec, fields, cause: what, notes, rollout };
}

function blockedByIntruder({ workload, name }: ServicePair, intruder: ActualService): ServiceDecision {
  const { ownership } = intruder;
  const owner =
    ownership.kind === "foreign"
      ? `project "${ownership.owner.project}", environment "${ownership.owner.environment}"`
      : ownership.kind === "owned"
        ? `workload ${intruder.record.workload}`
        : "nobody we know";
  const stack = intruder.spec.Labels?.["com.docker.stack.namespace"];
  const from = stack === undefined ? "" : ` (stack "${stack}")`;
  return {
    kind: "blocked",
    fields: [],
    cause: `the name "${name}" is held by service ${intruder.id.slice(0, 12)}, which belongs to ${owner}${from}; remove it, or take it over with --adopt ${workload.key}`,
  };
}

/** Drift is a difference that no new revision explains. */
function changeCause(
  { workload }: ServicePair,
  { record, ownership }: ActualService,
  desired: ServiceSpec,
): string {
  if (ownership.kind !== "owned") return "taken over on request";
  if (record.workload !== undefined && record.workload !== workload.key)
    return `takes over from ${record.workload}, which is no longer in the configuration`;
  return record.fingerprint === desired.Labels?.["mysysconfig.spec"]
    ? changedByHand
    : "the configuration changed";
}

export const changedByHand = "changed by hand on the cluster";

export function modeOf({ Mode }: ServiceSpec): string {
  if (Mode?.Global) return "global";
  if (Mode?.GlobalJob) return "global job";
  return Mode?.ReplicatedJob ? "replicated job" : "replicated service";
}

/** Things worth knowing that do not stop the change. */
function notesOn({ workload }: ServicePair, spec: ServiceSpec, { swarm }: ServiceWorld): readonly string[] {
  const { image } = workload.container;
  const ref = parseImageRef(image);
  const isPinned = spec.TaskTemplate.ContainerSpec.Image.includes("@");
  const registry = typeof ref === "string" ? "the registry" : ref.registry;
  const digest =
    swarm.digestProblems.has(image) && !isPinned
      ? [
          `not pinned to a digest, ${registry} did not tell it: every node takes what it has or finds under the tag`,
        ]
      : [];
  return [...digest, ...localVolumes(spec, swarm.nodes.length)];
}

/** Data of a local volume stays on its node when the task moves. */
function localVolumes({ TaskTemplate }: ServiceSpec, nodes: number): readonly string[] {
  const isBound = (TaskTemplate.Placement?.Constraints ?? []).length > 0;
  if (nodes < 2 || isBound) return [];
  const names = (TaskTemplate.ContainerSpec.Mounts ?? []).flatMap((mount) => {
    const driver = mount.VolumeOptions?.DriverConfig?.Name ?? "local";
    return mount.Type === "volume" && mount.Source && !mount.ReadOnly && driver === "local"
      ? [mount.Source]
      : [];
  });
  return names.map(
    (name) =>
      `volume ${name} is local to each node: a task that moves to another node finds an empty one; bind the service to a node with a placement constraint, or use a volume driver that is shared`,
  );
}
