import type { ActualContainer } from "../model/actual-state.ts";
import type { DesiredState } from "../model/desired-state.ts";
import { parseRoleName, type Role } from "../model/ownership.ts";
import { instanceKey, type WorkloadSpec } from "../model/workload.ts";
import { addressClaims, portClaims, writableVolumes } from "./exclusive.ts";
import { compareText, isOfRival, isUp, type World } from "./world.ts";

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
  /** The stopped predecessor of the serving container, kept for a rollback. */
  readonly previous?: ActualContainer;
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
      key: instanceKey(workload, index),
    })),
  );
}

/**
 * Matches containers to instances by our labels, and by name where there are none. Roles are read from names: labels of
 * a container never change, names do. Owned containers without a workload are not ours to judge here (the state of the
 * tool itself lives in one).
 */
export function pairContainers(world: World): Pairing {
  const owned = world.actual.containers.filter(
    ({ ownership, record }) => ownership.kind === "owned" && record.workload !== undefined,
  );
  const byInstance = Map.groupBy(owned, ({ record }) =>
    recordKey(record.workload ?? "", record.replica ?? 1),
  );
  const claimed = new Set<ActualContainer>();
  const pairs = instancesOf(world.desired).map((instance): Pair => {
    const mine = byInstance.get(recordKey(instance.workload.key, instance.replica)) ?? [];
    for (const container of mine) claimed.add(container);
    return pairOf(instance, mine, world);
  });
  const orphans = owned.filter((container) => !claimed.has(container));
  return withPredecessors(pairs, orphans, world);
}

function recordKey(workload: string, replica: number): string {
  return `${workload}\0${replica}`;
}

function pairOf(instance: Instance, mine: readonly ActualContainer[], world: World): Pair {
  const holder = world.containersByName.get(instance.name);
  const intruder = holder !== undefined && holder.ownership.kind !== "owned" ? holder : undefined;
  const isAdopted = world.adopt.has(instance.workload.key) || world.adopt.has(instance.name);
  // What the Engine calls dead or is removing already can only be cleared away.
  const chosen = chooseCurrent(
    mine.filter(({ state }) => state.status !== "dead" && state.status !== "removing"),
    instance,
    world,
  );
  const current = chosen ?? (isAdopted ? intruder : undefined);
  const previous = keptPrevious(mine, current, world);
  const leftovers = mine.filter((container) => container !== current && container !== previous);
  // An adoption that was interrupted: the new container is there, the old one still has the name.
  if (isAdopted && intruder !== undefined && current !== intruder) leftovers.push(intruder);
  return {
    instance,
    ...(current === undefined ? {} : { current }),
    leftovers,
    ...(previous === undefined ? {} : { previous }),
    ...(intruder === undefined || isAdopted ? {} : { intruder }),
  };
}

/**
 * The serving container among all of one instance. A `next` that runs beside a stopped current one is what an
 * interrupted rollout has put in its place, whether or not it has passed its gate yet; a `next` beside a current one
 * that runs has not. A job that has finished for this very spec counts whatever its name is.
 */
function chooseCurrent(
  mine: readonly ActualContainer[],
  instance: Instance,
  world: World,
): ActualContainer | undefined {
  if (mine.length <= 1) return mine[0];
  const fingerprint = world.fingerprintOf(instance.workload);
  const isDesired = (container: ActualContainer) => container.record.fingerprint === fingerprint;
  const isNamed = (container: ActualContainer) => container.name === instance.name;
  const current = inRole(mine, "current");
  const next = inRole(mine, "next");
  const previous = inRole(mine, "previous");
  const up = next.filter(isUp);
  return (
    (instance.workload.kind === "job" && instance.workload.timer === undefined
      ? mine.find((container) => isDesired(container) && hasFinished(container))
      : undefined) ??
    current.find((container) => isNamed(container) && isUp(container)) ??
    current.find(isUp) ??
    up.find(isDesired) ??
    up[0] ??
    current.find(isNamed) ??
    current[0] ??
    previous.find(isUp) ??
    previous[0] ??
    next[0]
  );
}

/** The latest one; while a candidate stands beside the serving container, nobody knows yet what comes of it. */
function keptPrevious(
  mine: readonly ActualContainer[],
  current: ActualContainer | undefined,
  world: World,
): ActualContainer | undefined {
  if (current === undefined) return undefined;
  const kept = mine.filter((container) => container !== current && isKeptForRollback(container, world));
  return kept.sort((a, b) => compareText(b.state.finishedAt, a.state.finishedAt))[0];
}

/** A stopped predecessor, as long as the retention time is not over. */
function isKeptForRollback({ name, record, state }: ActualContainer, world: World): boolean {
  const { retentionMs } = world.desired.environment.rollout;
  if (retentionMs <= 0 || state.status !== "exited" || record.kind === "job") return false;
  if (parseRoleName(name).role !== "previous") return false;
  return Date.parse(world.now) - Date.parse(state.finishedAt) < retentionMs;
}

function inRole(containers: readonly ActualContainer[], role: Role): readonly ActualContainer[] {
  return containers.filter((container) => parseRoleName(container.name).role === role);
}

export function hasFinished({ state }: ActualContainer): boolean {
  return state.status === "exited" && state.exitCode === 0;
}

/**
 * An orphan that bears the very name a new instance needs, or holds what only one container can hold, is that
 * instance's predecessor (a renamed workload): it is replaced and comes back if the new one fails, not removed. What
 * another source manages is never anybody's predecessor, nor is a surplus replica of a workload that stays.
 */
function withPredecessors(
  pairs: readonly Pair[],
  orphans: readonly ActualContainer[],
  world: World,
): Pairing {
  const ours = orphans.filter(
    (orphan) => !isOfRival(orphan, world.desired) && !world.workloads.has(orphan.record.workload ?? ""),
  );
  const byName = new Map(ours.map((orphan) => [orphan.name, orphan]));
  const serving = ours.filter(
    (orphan) => isUp(orphan) && orphan.record.kind !== "job" && parseRoleName(orphan.name).role === "current",
  );
  const byClaim = new Map<string, ActualContainer[]>();
  for (const orphan of serving) {
    for (const claim of predecessorClaims(orphan.spec)) {
      const holders = byClaim.get(claim);
      if (holders) holders.push(orphan);
      else byClaim.set(claim, [orphan]);
    }
  }
  const taken = new Set<ActualContainer>();
  const take = (candidates: readonly (ActualContainer | undefined)[]): ActualContainer | undefined => {
    const found = candidates.find((orphan) => orphan !== undefined && !taken.has(orphan));
    if (found !== undefined) taken.add(found);
    return found;
  };
  const matched = pairs.map((pair) => {
    if (pair.current !== undefined) return pair;
    const { workload, name } = pair.instance;
    const named = take([byName.get(name)]);
    const predecessor =
      named ??
      (workload.kind === "job"
        ? undefined
        : take(predecessorClaims(workload.container).flatMap((claim) => byClaim.get(claim) ?? [])));
    return predecessor === undefined ? pair : { ...pair, current: predecessor };
  });
  return { pairs: matched, orphans: orphans.filter((orphan) => !taken.has(orphan)) };
}

function predecessorClaims(spec: WorkloadSpec["container"]): readonly string[] {
  return [
    ...portClaims(spec).map(({ key }) => key),
    ...addressClaims(spec),
    ...writableVolumes(spec).map((volume) => `volume ${volume}`),
  ];
}
