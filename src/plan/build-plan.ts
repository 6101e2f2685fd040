import type { ActualState } from "../model/actual-state.ts";
import type { Change } from "../model/change.ts";
import type { DesiredState } from "../model/desired-state.ts";
import type { Plan } from "../model/plan.ts";
import type { Decision } from "./assess.ts";
import { blockImpossible } from "./blocking.ts";
import { isWorthKeeping } from "./candidate.ts";
import { driftOf } from "./causes.ts";
import type { Chain } from "./chain.ts";
import { type Decided, decideAll } from "./decide.ts";
import { planInfrastructure } from "./infrastructure.ts";
import { inOrder } from "./order.ts";
import { type Instance, type Pair, type Pairing, pairContainers } from "./pair.ts";
import {
  findRemovals,
  heldChange,
  heldOrphans,
  heldRemovals,
  type PlannedRemoval,
  planLeftovers,
  planRemoval,
  type Removal,
} from "./prune.ts";
import { decideTogether, type Relations, relate } from "./relations.ts";
import { buildServicePlan } from "./services/build-service-plan.ts";
import { timingOf, viewOf } from "./timed.ts";
import { planUnusedObjects } from "./unused-objects.ts";
import { wireChains } from "./wire.ts";
import { workloadChain } from "./workload-steps.ts";
import { type Circumstances, compareText, createWorld, noCircumstances, type World } from "./world.ts";

export interface PlanOptions extends Partial<Circumstances> {
  /** Keys or container names whose foreign holder may be replaced. */
  readonly adopt: ReadonlySet<string>;
  /** Transaction id for the names of `next` and `prev` containers: eight hexadecimal digits. */
  readonly txn: string;
  /** Workloads whose service may be removed and made anew where Swarm cannot change it. */
  readonly recreate?: ReadonlySet<string>;
}

/**
 * The whole truth of a run: every change with its cause, every step with what it needs. Pure and deterministic: the same
 * states give the same plan (but for the transaction id in names).
 */
export function buildPlan(desired: DesiredState, actual: ActualState, options: PlanOptions): Plan {
  const { adopt, txn, recreate, ...circumstances } = options;
  const world = createWorld(desired, actual, adopt, { ...noCircumstances, ...circumstances });
  if (actual.swarm !== undefined) return buildServicePlan(world, actual.swarm, txn, recreate ?? new Set());
  const pairing = pairContainers(world);
  const { decided, removals, held, onHold, relations } = decideEverything(pairing, world);
  const infrastructure = planInfrastructure(world, decided);
  const chains = decided.map(({ pair, decision }, index): Chain => {
    const group = relations.groupOf.get(index);
    const { preparationsOf, networkStepOf } = infrastructure;
    const together = group === undefined ? {} : { together: group.id };
    return workloadChain(pair.instance, decision, {
      world,
      txn,
      preparationsOf,
      networkStepOf,
      ...together,
    });
  });
  const planned = removals.map((removal, index) => {
    const group = relations.groupOf.get(decided.length + index);
    return planRemoval(removal, world, group?.hasInstance ? group.id : undefined);
  });
  const leftovers = planLeftovers(decided, world);
  const workloadSteps = wireChains({
    relations,
    decided,
    chains: [...chains, ...planned.map(({ chain }) => chain)],
    leftovers,
  });
  const unused =
    world.rivalSource === undefined && world.request === undefined
      ? planUnusedObjects(world, lastSteps({ decided, chains, removed: [...planned, ...leftovers] }, world))
      : { steps: [], changes: [] };
  const changes = [
    ...decided.map(({ pair, decision }) => changeOf(pair, decision, world)),
    ...infrastructure.changes,
    ...[...planned, ...leftovers].map(({ change }) => change),
    ...[...held].map(([removal, user]) => heldChange(removal, user)),
    ...onHold,
    ...unused.changes,
  ];
  return {
    changes: changes.sort((a, b) => compareText(a.key, b.key)),
    steps: inOrder([...infrastructure.steps, ...workloadSteps, ...unused.steps]),
    ...facts(world, removals),
  };
}

interface Decisions {
  readonly decided: readonly Decided[];
  readonly removals: readonly Removal[];
  /** Orphans that stay, with the instance that needs them. */
  readonly held: ReadonlyMap<Removal, string>;
  /** Orphans that a person holds. */
  readonly onHold: readonly Change[];
  readonly relations: Relations;
}

/** Decisions about instances and orphans, and the order they impose on one another. */
function decideEverything(pairing: Pairing, world: World): Decisions {
  const found = findRemovals(pairing, world);
  const onHold = heldOrphans(found, world);
  const orphans = found.filter((removal) => !onHold.has(removal));
  let decided = decideAll(pairing, world);
  // What a circle blocks can block others, and so open or close circles; every round blocks more, so this ends.
  for (;;) {
    const held = heldRemovals(decided, orphans);
    const removals = orphans.filter((removal) => !held.has(removal));
    const relations = relate(decided, removals, pairing, world);
    const together = decideTogether(relations, world);
    const isFinal = together.every((entry, index) => entry.decision.kind === decided[index]?.decision.kind);
    if (isFinal) return { decided: together, removals, held, onHold: [...onHold.values()], relations };
    decided = blockImpossible(together, pairing, world);
  }
}

function facts(world: World, removals: readonly Removal[]) {
  const { desired, actual, rivalSource } = world;
  const owned = actual.containers.filter(({ ownership }) => ownership.kind === "owned");
  const removed = removals.map(({ container, key }) => container.record.workload ?? key);
  return {
    volumesKept: keptVolumes(world),
    ownedWorkloads: new Set(owned.flatMap(({ record }) => record.workload ?? [])).size,
    desiredWorkloads: desired.workloads.length,
    removedWorkloads: [...new Set(removed)].filter((key) => !world.workloads.has(key)).sort(compareText),
    ...(rivalSource === undefined ? {} : { rivalSource }),
  };
}

function changeOf(pair: Pair, decision: Decision, world: World): Change {
  const timing = timingOf(pair, world);
  const timer = timing === undefined ? {} : { timer: viewOf(timing) };
  const change = { ...plainChangeOf(pair.instance, decision), ...timer };
  const standing = "standing" in decision ? decision.standing : undefined;
  if (standing !== undefined) return { ...change, kind: standing.kind, cause: standing.cause };
  const drift = driftOf(pair, decision, world);
  return drift === undefined ? change : { ...change, drift };
}

function plainChangeOf(instance: Instance, decision: Decision): Change {
  const base = { key: instance.key, subject: "workload", position: instance.workload.origin } as const;
  switch (decision.kind) {
    case "unchanged":
      return { ...base, kind: "unchanged", fields: [], cause: "as desired", notes: decision.notes };
    case "blocked":
      return { ...base, kind: "blocked", fields: decision.fields, cause: decision.cause, notes: [] };
    case "create":
      return { ...base, kind: runOr("create", decision), fields: [], cause: decision.cause, notes: [] };
    case "replace": {
      const { fields, cause, rollout, notes } = decision;
      // Nobody waits at the door of a job.
      const order = instance.workload.kind === "job" ? {} : { rollout };
      const kind = fields.length === 0 ? runOr("replace", decision) : "replace";
      return { ...base, kind, fields, cause, notes, ...order };
    }
    case "in-place": {
      const { diff, cause, notes } = decision;
      return { ...base, kind: "in-place", fields: diff.fields, cause, notes };
    }
    case "repair":
      return {
        ...base,
        kind: runOr("repair", decision),
        fields: [],
        cause: decision.cause,
        notes: decision.notes,
      };
    default:
      return decision satisfies never;
  }
}

/** A job whose time has come is run; that its container is made anew for it is no news. */
function runOr(kind: Change["kind"], { due }: { readonly due?: string }): Change["kind"] {
  return due === undefined ? kind : "run";
}

interface PlannedChains {
  readonly decided: readonly Decided[];
  readonly chains: readonly Chain[];
  readonly removed: readonly PlannedRemoval[];
}

/** For every container that goes away or lets go of networks, the step after which it has. */
function lastSteps({ decided, chains, removed }: PlannedChains, world: World): Map<string, string> {
  const last = new Map<string, string>();
  for (const [index, { pair, decision }] of decided.entries()) {
    const step = chains[index]?.steps.at(-1);
    if (step === undefined) continue;
    if (decision.kind === "replace") {
      if (!isWorthKeeping(pair.instance, decision.old, world)) last.set(decision.old.id, step.id);
      if (decision.superseded !== undefined) last.set(decision.superseded.id, step.id);
    }
    if (decision.kind === "in-place" && decision.diff.detach.length > 0)
      last.set(decision.current.id, step.id);
  }
  for (const { container, chain } of removed) {
    const step = chain.steps.at(-1);
    if (step !== undefined) last.set(container.id, step.id);
  }
  return last;
}

function keptVolumes({ actual, volumes }: World): readonly string[] {
  return actual.volumes
    .filter(
      ({ ownership, holdsFiles, name }) => ownership.kind === "owned" && !holdsFiles && !volumes.has(name),
    )
    .map(({ name }) => name)
    .sort(compareText);
}
