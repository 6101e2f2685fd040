import { deepEqual } from "../../lib/stable-json.ts";
import type { ActualService } from "../../model/actual-swarm.ts";
import type { FieldChange, Rollout } from "../../model/change.ts";
import { ReconcilerError } from "../../model/errors.ts";
import { parseImageRef } from "../../model/image-ref.ts";
import type { ServiceSpec } from "../../model/service-spec.ts";
import { canonicalSpec, sameSpec, taskDiffers } from "../../swarm/canonical-spec.ts";
import { isJob, judgeTasks } from "../../swarm/convergence.ts";
import { diffSpecs } from "../../swarm/diff-specs.ts";
import { mergeForUpdate } from "../../swarm/merge-for-update.ts";
import { mayRunOn } from "../../swarm/placement.ts";
import { watchedMs } from "../../swarm/update-watch.ts";
import type { Standing } from "../standing.ts";
import { modeOf, recreation } from "./recreate-service.ts";
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
  const spec = services.specOf(workload);
  if (current === undefined)
    return { kind: "create", spec, cause: "not there yet", notes: notesOn(pair, spec, services) };
  const isRenamed = current.name !== name;
  const isTakenOver = current.ownership.kind !== "owned" || current.record.workload !== workload.key;
  const isRemade = isRenamed || modeOf(current.spec) !== modeOf(spec);
  // Most services of most plans are done with here.
  if (!isRemade && !isTakenOver && sameSpec(current.spec, spec))
    return asDesired(pair, current, spec, services);
  const fields = diffSpecs(current.spec, spec, workload);
  const notes = notesOn(pair, spec, services);
  if (isRemade) return recreation(pair, current, { spec, fields, notes, isRenamed }, services);
  const hasSameTasks = !taskDiffers(current.spec, spec);
  const isDone = hasSameTasks && !isTakenOver && isJob(spec) && isDoneJob(current, spec, services);
  if (isDone) return asDesired(pair, current, spec, services);
  // Whatever is sent while an update is paused, Swarm ends the tasks that still serve in favour of those that failed.
  if (hasSameTasks && isPaused(current)) return leftPaused(pair, current, fields);
  const cause = changeCause(pair, current, spec);
  const change = {
    kind: "update",
    current,
    spec: mergeForUpdate(current.spec, spec),
    fields,
    cause,
  } as const;
  if (hasSameTasks && !isMoved(current, spec, services)) return { ...change, notes };
  return { ...change, notes, rollout: serviceRollout(workload, spec, services) };
}

/** The spec is as it should be: what do the tasks say? An update is never sent again, not even while it is paused. */
function asDesired(
  pair: ServicePair,
  current: ActualService,
  spec: ServiceSpec,
  services: ServiceWorld,
): ServiceDecision {
  if (isPaused(current)) return leftPaused(pair, current, []);
  // Whoever waits for an update of itself waits for its own end: Swarm has it in hand.
  if (current.id === services.swarm.ownService) return { kind: "unchanged", notes: [] };
  const verdict = judgeTasks(current, services.swarm.nodes);
  const isWatched = current.update?.state === "updating";
  if (verdict.kind === "good" && (!isWatched || isOverdue(current, services)))
    return { kind: "unchanged", notes: [] };
  const notes = notesOn(pair, spec, services);
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

/** Some of its tasks are where they may not be any more. */
function isMoved({ tasks }: ActualService, { TaskTemplate }: ServiceSpec, { swarm }: ServiceWorld): boolean {
  const placed = new Set(
    tasks.flatMap(({ desiredState, nodeId }) => (desiredState === "running" && nodeId ? [nodeId] : [])),
  );
  return swarm.nodes.some((node) => placed.has(node.id) && !mayRunOn(node, TaskTemplate));
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
function isDoneJob(current: ActualService, desired: ServiceSpec, { swarm }: ServiceWorld): boolean {
  const a = canonicalSpec(current.spec);
  const b = canonicalSpec(desired);
  if (!deepEqual(a.Mode, b.Mode)) return false;
  const isPlaced = deepEqual(a.TaskTemplate.Placement, b.TaskTemplate.Placement);
  return isPlaced || judgeTasks(current, swarm.nodes).kind === "good";
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
