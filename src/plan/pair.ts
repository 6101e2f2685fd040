import type { ActualContainer, ActualState } from "../model/actual-state.ts";
import type { DesiredState } from "../model/desired-state.ts";
import { parseRoleName } from "../model/ownership.ts";
import type { WorkloadSpec } from "../model/workload.ts";
import { conflictsBetween } from "./exclusive.ts";

/** One replica of a workload: the unit of pairing, changing and reporting. */
export interface Instance {
  readonly workload: WorkloadSpec;
  /** Counts from 1. */
  readonly replica: number;
  /** The container's name once it serves. */
  readonly name: string;
  /** `web`, or `shop/api#2` when the workload has several replicas. */
  readonly key: string;
}

export interface Pair {
  readonly instance: Instance;
  /** The container that serves, or should. */
  readonly current?: ActualContainer;
  /** What an interrupted run left behind. */
  readonly leftovers: readonly ActualContainer[];
  /** Somebody else's container that holds the name. */
  readonly intruder?: ActualContainer;
}

export interface Pairing {
  readonly pairs: readonly Pair[];
  /** Owned containers that no instance claims. */
  readonly orphans: readonly ActualContainer[];
}

export function instancesOf(desired: DesiredState): readonly Instance[] {
  return desired.workloads.flatMap((workload) =>
    workload.containerNames.map((name, index) => ({
      workload,
      replica: index + 1,
      name,
      key: workload.containerNames.length > 1 ? `${workload.key}#${index + 1}` : workload.key,
    })),
  );
}

/**
 * Matches containers to instances by our labels, and by name where there are none. Roles are read from names: labels of
 * a container never change, names do.
 */
export function pairContainers(desired: DesiredState, actual: ActualState): Pairing {
  const instances = instancesOf(desired);
  const owned = actual.containers.filter((container) => container.ownership.kind === "owned");
  const claimed = new Set<string>();
  const pairs = instances.map((instance): Pair => {
    const mine = owned.filter((container) => isRecordOf(container, instance));
    for (const container of mine) claimed.add(container.id);
    const current = chooseCurrent(mine, instance.name);
    const intruder = actual.containers.find(
      (other) => other.name === instance.name && other.ownership.kind !== "owned",
    );
    return {
      instance,
      ...(current === undefined ? {} : { current }),
      leftovers: mine.filter((container) => container !== current),
      ...(intruder === undefined ? {} : { intruder }),
    };
  });
  return withPredecessors({ pairs, orphans: owned.filter((container) => !claimed.has(container.id)) });
}

function isRecordOf(container: ActualContainer, instance: Instance): boolean {
  return (
    container.record.workload === instance.workload.key &&
    (container.record.replica ?? 1) === instance.replica
  );
}

/**
 * The serving container among all of one instance. Renames happen only after the gate, so that a `next` beside a
 * `prev` has passed it; a `next` beside a current one has not.
 */
function chooseCurrent(mine: readonly ActualContainer[], name: string): ActualContainer | undefined {
  const byRole = (role: string) => mine.filter((container) => parseRoleName(container.name).role === role);
  const current = byRole("current");
  const next = byRole("next");
  const previous = byRole("previous");
  const running = (container: ActualContainer) => container.state.status === "running";
  return (
    current.find((container) => container.name === name) ??
    current.find(running) ??
    current[0] ??
    (previous.length > 0 ? next.find(running) : undefined) ??
    previous.find(running) ??
    previous[0] ??
    next.find(running) ??
    next[0]
  );
}

/**
 * An orphan that bears the very name a new instance needs, or holds what only one container can hold, is that
 * instance's predecessor (a renamed workload): it is replaced and comes back if the new one fails, not removed.
 */
function withPredecessors(pairing: Pairing): Pairing {
  const taken = new Set<string>();
  const pairs = pairing.pairs.map((pair) => {
    if (pair.current !== undefined) return pair;
    const free = pairing.orphans.filter((orphan) => !taken.has(orphan.id));
    const predecessor =
      free.find((orphan) => orphan.name === pair.instance.name) ??
      free.find((orphan) => conflictsBetween(orphan.spec, pair.instance.workload.container).length > 0);
    if (predecessor === undefined) return pair;
    taken.add(predecessor.id);
    return { ...pair, current: predecessor };
  });
  return { pairs, orphans: pairing.orphans.filter((orphan) => !taken.has(orphan.id)) };
}
