import type { ActualContainer } from "../model/actual-state.ts";
import type { Change } from "../model/change.ts";
import { parseRoleName } from "../model/ownership.ts";
import { type Chain, removalChain } from "./chain.ts";
import type { Decided } from "./decide.ts";
import { restoredGate } from "./gate.ts";
import type { Pair, Pairing } from "./pair.ts";
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
  if (world.rivalSource !== undefined) return [];
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

/** Clears away what interrupted runs left behind; nothing of a blocked instance that may be its last good container. */
export function planLeftovers(decided: readonly Decided[]): readonly PlannedLeftover[] {
  return decided.flatMap(({ pair, decision }, owner) =>
    [...pair.leftovers]
      .sort((a, b) => compareText(a.name, b.name))
      .flatMap((container, index): PlannedLeftover[] => {
        const when = isLastResort(container) ? "late" : "first";
        const isBlocked = decision.kind === "blocked";
        if (isBlocked && (when === "late" || pair.current === undefined || !isUp(pair.current))) return [];
        const key = `${pair.instance.key} leftover ${index + 1}`;
        const cause = `left behind by an interrupted run (${container.state.status})`;
        const notes: string[] = [];
        return [
          {
            change: { key, subject: "workload", kind: "repair", fields: [], cause, notes },
            chain: removalChain({ key, cause }, container),
            container,
            owner,
            when,
          },
        ];
      }),
  );
}

/** A container that has served and does not run: it costs nothing to keep it a while longer. */
function isLastResort(container: ActualContainer): boolean {
  return container.state.status === "exited" && parseRoleName(container.name).role !== "next";
}
