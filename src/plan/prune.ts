import { formatDuration } from "../lib/duration.ts";
import type { ActualContainer } from "../model/actual-state.ts";
import type { Change } from "../model/change.ts";
import { parseRoleName } from "../model/ownership.ts";
import type { Decision } from "./assess.ts";
import { keepsFallback } from "./candidate.ts";
import { type Chain, removalChain } from "./chain.ts";
import type { Decided } from "./decide.ts";
import { restoredGate } from "./gate.ts";
import type { Pair, Pairing } from "./pair.ts";
import { orphanHold } from "./standing.ts";
import { compareText, isUp, type World } from "./world.ts";

/** An owned container that the configuration no longer names. */
export interface Removal {
  readonly key: string;
  readonly container: ActualContainer;
}

export interface PlannedRemoval {
  readonly change: Change;
  readonly chain: Chain;
  readonly container: ActualContainer;
}

/** What an interrupted run left of an instance. */
export interface PlannedLeftover extends PlannedRemoval {
  /** Position of the instance in the list of decisions. */
  readonly owner: number;
  /** `late`: it may be the last good one, and goes only when the serving container has proved itself. */
  readonly when: "first" | "late";
}

const orphanCause = "no longer in the configuration";

/** Orphans and their keys: the workload's, with the replica or the container where one workload has several orphans. */
export function findRemovals(pairing: Pairing, world: World): readonly Removal[] {
  if (world.rivalSource !== undefined || world.request !== undefined) return [];
  const byWorkload = Map.groupBy(pairing.orphans, (orphan) => orphan.record.workload ?? orphan.name);
  const removals = [...byWorkload].flatMap(([key, orphans]) => {
    const byReplica = Map.groupBy(orphans, (orphan) => orphan.record.replica ?? 1);
    return orphans.map((container) => {
      const replica = container.record.replica ?? 1;
      if ((byReplica.get(replica)?.length ?? 0) > 1) return { key: `${key} (${container.name})`, container };
      return { key: orphans.length === 1 && replica === 1 ? key : `${key}#${replica}`, container };
    });
  });
  return removals.sort((a, b) => compareText(a.key, b.key));
}

/** Orphans that a blocked instance still needs stay with it, and so do the other replicas of its workload. */
export function heldRemovals(
  decided: readonly Decided[],
  removals: readonly Removal[],
): Map<Removal, string> {
  const needed = new Map<string, string>();
  for (const { pair, decision } of decided)
    if (decision.kind === "blocked")
      for (const need of neededWorkloads(pair)) needed.set(need, pair.instance.key);
  return new Map(
    removals.flatMap((removal) => {
      const user = needed.get(removal.container.record.workload ?? "");
      return user === undefined ? [] : [[removal, user] as const];
    }),
  );
}

/** Keys of the workloads whose containers must not go before this instance is as desired. */
export function neededWorkloads({ current, instance }: Pair): readonly string[] {
  return [...(current?.record.needs ?? []), instance.workload.key];
}

/** Orphans that a person holds, and the changes that say so. */
export function heldOrphans(removals: readonly Removal[], world: World): ReadonlyMap<Removal, Change> {
  return new Map(
    removals.flatMap((removal) => {
      const cause = orphanHold(removal.container, world);
      if (cause === undefined) return [];
      const { key } = removal;
      return [[removal, { key, subject: "workload", kind: "held", fields: [], cause, notes: [] }] as const];
    }),
  );
}

/** @param together the circle of changes that it belongs to */
export function planRemoval(
  { key, container }: Removal,
  world: World,
  together: string | undefined,
): PlannedRemoval {
  const kept = container.spec.mounts
    .flatMap((mount) => (mount.kind === "volume" ? [mount.volume] : []))
    .sort(compareText);
  const several = kept.length > 1;
  const notes =
    kept.length === 0
      ? []
      : [`its ${several ? "volumes" : "volume"} ${kept.join(", ")} ${several ? "stay" : "stays"}`];
  return {
    change: { key, subject: "workload", kind: "remove", fields: [], cause: orphanCause, notes },
    chain: removalChain(
      { key, cause: orphanCause },
      container,
      together === undefined ? {} : { together, gate: restoredGate(container, world) },
    ),
    container,
  };
}

/** The change of an orphan that stays because `user` needs it. */
export function heldChange({ key }: Removal, user: string): Change {
  const cause = `${orphanCause}, but ${user} still needs it and is blocked`;
  return { key, subject: "workload", kind: "blocked", fields: [], cause, notes: [] };
}

/**
 * Clears away what interrupted runs left behind and what was kept long enough; nothing of an instance that a person
 * holds, and nothing of a blocked one that may be its last good container.
 */
export function planLeftovers(decided: readonly Decided[], world: World): readonly PlannedLeftover[] {
  return decided.flatMap(({ pair, decision }, owner) => {
    const { current } = pair;
    const isBlocked =
      decision.kind === "blocked" || ("standing" in decision && decision.standing?.handsOff === true);
    return leftoversOf(pair, decision, world)
      .toSorted((a, b) => compareText(a.name, b.name))
      .flatMap((container, index): PlannedLeftover[] => {
        const when = isLastResort(container) ? "late" : "first";
        if (isBlocked && (when === "late" || current === undefined || !isUp(current))) return [];
        const isPrevious = wasKept(container, world);
        const key = `${pair.instance.key} ${isPrevious ? "previous" : "leftover"} ${index + 1}`;
        const cause = leftoverCause(container, world);
        const kind = isPrevious ? "remove" : "repair";
        const change: Change = { key, subject: "workload", kind, fields: [], cause, notes: [] };
        return [{ change, chain: removalChain({ key, cause }, container), container, owner, when }];
      });
  });
}

/** A request is about what it names: `finish` gives the previous container up and clears nothing else away. */
function leftoversOf(pair: Pair, decision: Decision, world: World): readonly ActualContainer[] {
  const { instance, leftovers, previous } = pair;
  const { request } = world;
  if (request !== undefined && !request.workloads.has(instance.workload.key)) return [];
  if (request?.kind === "finish") return previous === undefined ? [] : [previous];
  const needed = keepsFallback(instance, decision, world) ? decision.repair.fallback : undefined;
  const candidate = decision.kind === "replace" ? decision.candidate : undefined;
  const spare = leftovers.filter((container) => container !== needed && container !== candidate);
  // What is kept next takes the place of what was kept before.
  return needed !== undefined && previous !== undefined ? [...spare, previous] : spare;
}

/** It was replaced in an orderly way, and kept. */
function wasKept({ name, state }: ActualContainer, { desired }: World): boolean {
  const isPrevious = state.status === "exited" && parseRoleName(name).role === "previous";
  return isPrevious && desired.environment.rollout.retentionMs > 0;
}

function leftoverCause(container: ActualContainer, world: World): string {
  if (world.request?.kind === "finish") return "given up on request";
  const { retentionMs } = world.desired.environment.rollout;
  if (wasKept(container, world)) return `was kept for a rollback, at most for ${formatDuration(retentionMs)}`;
  return `left behind by an interrupted run (${container.state.status})`;
}

/** A container that has served and does not run: it costs nothing to keep it a while longer. */
function isLastResort(container: ActualContainer): boolean {
  return container.state.status === "exited" && parseRoleName(container.name).role !== "next";
}
