import type { ActualState } from "../model/actual-state.ts";
import type { Step, StepKind, StepOf } from "../model/step.ts";
import type { Chain } from "./chain.ts";
import { claimsPortOf, type Decided } from "./decide.ts";
import type { PlannedRemoval } from "./prune.ts";

/** One instance with its decision and its steps. */
export interface Wired extends Decided {
  readonly chain: Chain;
}

/**
 * Adds the edges between chains: dependencies of workloads, batches of replicas, leftovers first, host ports and names
 * that one container must give up before another can have them.
 */
export function wireChains(
  entries: readonly Wired[],
  removals: readonly PlannedRemoval[],
  leftovers: readonly (PlannedRemoval & { owner: string })[],
  actual: ActualState,
): readonly Step[] {
  const extra = new EdgeSet();
  for (const entry of entries) {
    addDependencies(entry, entries, extra);
    for (const leftover of leftovers) {
      if (leftover.owner === entry.pair.instance.key && entry.chain.entry && leftover.chain.ready)
        extra.need(entry.chain.entry, leftover.chain.ready);
    }
    addPortReleases(entry, entries, removals, extra);
  }
  const batches = addBatches(entries, extra);
  const steps = [...entries.flatMap((entry) => entry.chain.steps), ...batches];
  const all = [
    ...steps,
    ...removals.flatMap((planned) => planned.chain.steps),
    ...leftovers.flatMap((planned) => planned.chain.steps),
  ];
  addNameReleases(all, actual, extra);
  return all.map((step) => extra.apply(step));
}

class EdgeSet {
  private readonly needs = new Map<string, Set<string>>();
  private readonly afters = new Map<string, Set<string>>();

  need(step: string, needed: string): void {
    getOrAdd(this.needs, step).add(needed);
  }

  after(step: string, earlier: string): void {
    getOrAdd(this.afters, step).add(earlier);
  }

  apply(step: Step): Step {
    const dependsOn = [...new Set([...step.dependsOn, ...(this.needs.get(step.id) ?? [])])];
    const after = [...new Set([...step.after, ...(this.afters.get(step.id) ?? [])])].filter(
      (id) => !dependsOn.includes(id),
    );
    return { ...step, dependsOn, after };
  }
}

function getOrAdd(map: Map<string, Set<string>>, key: string): Set<string> {
  const found = map.get(key) ?? new Set();
  map.set(key, found);
  return found;
}

function addDependencies(entry: Wired, entries: readonly Wired[], extra: EdgeSet): void {
  const start = entry.chain.entry;
  if (start === undefined) return;
  for (const dependency of entry.pair.instance.workload.dependsOn) {
    for (const other of entries) {
      if (other.pair.instance.workload.key !== dependency.workload || other.chain.ready === undefined)
        continue;
      if (dependency.required) extra.need(start, other.chain.ready);
      else extra.after(start, other.chain.ready);
    }
  }
}

/** Replicas of one workload are replaced batch by batch, with a pause between; new ones need no batch. */
function addBatches(entries: readonly Wired[], extra: EdgeSet): Step[] {
  const pauses: Step[] = [];
  const byWorkload = Map.groupBy(
    entries.filter(
      ({ decision, pair }) => decision.kind === "replace" && pair.instance.workload.kind === "service",
    ),
    ({ pair }) => pair.instance.workload.key,
  );
  for (const [key, replicas] of byWorkload) {
    const { parallelism, delayMs } = replicas[0]?.pair.instance.workload.update ?? {
      parallelism: 1,
      delayMs: 0,
    };
    const size = parallelism > 0 ? parallelism : replicas.length;
    for (let begin = size; begin < replicas.length; begin += size) {
      const earlier = replicas.slice(begin - size, begin).flatMap(({ chain }) => chain.ready ?? []);
      const pauseId = `pause ${begin / size} of ${key}`;
      if (delayMs > 0) {
        const payload = { ms: delayMs };
        pauses.push({
          kind: "pause",
          id: pauseId,
          payload,
          dependsOn: earlier,
          after: [],
          cause: "interval between batches of replicas",
          change: replicas[begin]?.pair.instance.key ?? key,
        });
      }
      for (const { chain } of replicas.slice(begin, begin + size)) {
        if (chain.entry === undefined) continue;
        for (const needed of delayMs > 0 ? [pauseId] : earlier) extra.need(chain.entry, needed);
      }
    }
  }
  return pauses;
}

/** The taker of a host port starts after its holder has stopped. */
function addPortReleases(
  entry: Wired,
  entries: readonly Wired[],
  removals: readonly PlannedRemoval[],
  extra: EdgeSet,
): void {
  const start = stepOfKind(entry.chain.steps, "start-container");
  if (start === undefined) return;
  for (const other of entries) {
    if (other === entry || other.decision.kind !== "replace" || !claimsPortOf(entry, other.decision.old))
      continue;
    const stop = stepOfKind(other.chain.steps, "stop-container");
    if (stop !== undefined) extra.need(start.id, stop.id);
  }
  for (const removal of removals) {
    if (claimsPortOf(entry, removal.container) && removal.chain.ready !== undefined)
      extra.need(start.id, removal.chain.ready);
  }
}

function stepOfKind<K extends StepKind>(steps: readonly Step[], kind: K): StepOf<K> | undefined {
  return steps.find((step) => step.kind === kind) as StepOf<K> | undefined;
}

/** A name is taken only after the container that bears it now has been renamed or removed. */
function addNameReleases(steps: readonly Step[], actual: ActualState, extra: EdgeSet): void {
  const freed = new Map<string, Step>();
  for (const step of steps) {
    if (step.kind === "rename-container" && step.payload.container.kind === "actual")
      freed.set(step.payload.from, step);
  }
  for (const step of steps) {
    if (
      step.kind === "remove-container" &&
      step.payload.container.kind === "actual" &&
      !freed.has(step.payload.container.name)
    ) {
      freed.set(step.payload.container.name, step);
    }
  }
  const held = new Set(actual.containers.map((container) => container.name));
  for (const step of steps) {
    const taken =
      step.kind === "create-container"
        ? step.payload.name
        : step.kind === "rename-container"
          ? step.payload.to
          : undefined;
    const release = taken !== undefined && held.has(taken) ? freed.get(taken) : undefined;
    if (release !== undefined && release.id !== step.id) extra.need(step.id, release.id);
  }
}
