import { topologicalOrder } from "../lib/dag.ts";
import type { ActualState } from "../model/actual-state.ts";
import type { Change } from "../model/change.ts";
import type { DesiredState } from "../model/desired-state.ts";
import { ReconcilerError } from "../model/errors.ts";
import type { Plan } from "../model/plan.ts";
import type { Step } from "../model/step.ts";
import type { Decision } from "./assess.ts";
import { decideAll } from "./decide.ts";
import { planInfrastructure } from "./infrastructure.ts";
import { type Instance, pairContainers } from "./pair.ts";
import { planPruning, planUnusedObjects } from "./prune.ts";
import { type Wired, wireChains } from "./wire.ts";
import { workloadChain } from "./workload-steps.ts";

export interface PlanOptions {
  /** Keys or container names whose foreign holder may be replaced. */
  readonly adopt: ReadonlySet<string>;
  /** Transaction id for the names of `next` and `prev` containers: eight hexadecimal digits. */
  readonly txn: string;
}

/**
 * The whole truth of a run: every change with its cause, every step with what it needs. Pure and deterministic: the same
 * states give the same plan (but for the transaction id in names).
 */
export function buildPlan(desired: DesiredState, actual: ActualState, options: PlanOptions): Plan {
  const pairing = pairContainers(desired, actual);
  const rivalSource = findRivalSource(desired, actual);
  const decided = decideAll(pairing, desired, actual, options.adopt);
  const infrastructure = planInfrastructure(desired, actual, decided);
  const chainContext = { desired, actual, txn: options.txn, preparationsOf: infrastructure.preparationsOf };
  const entries: Wired[] = decided.map((entry) => ({
    ...entry,
    chain: workloadChain(entry.pair.instance, entry.decision, chainContext),
  }));
  const pruning = planPruning(pairing, decided);
  const removals = rivalSource === undefined ? pruning.removals : [];
  const workloadSteps = wireChains(entries, removals, pruning.leftovers, actual);
  const unused =
    rivalSource === undefined
      ? planUnusedObjects(desired, actual, lastStepsOf(entries, [...removals, ...pruning.leftovers]))
      : { steps: [], changes: [] };
  const changes = [
    ...entries.map(({ pair, decision }) => changeOf(pair.instance, decision)),
    ...infrastructure.changes,
    ...[...removals, ...pruning.leftovers].map((planned) => planned.change),
    ...unused.changes,
  ];
  return {
    changes: changes.sort((a, b) => compareText(a.key, b.key)),
    steps: inOrder([...infrastructure.steps, ...workloadSteps, ...unused.steps]),
    volumesKept: keptVolumes(desired, actual),
    ownedWorkloads: new Set(
      actual.containers
        .filter(({ ownership }) => ownership.kind === "owned")
        .map(({ record, name }) => record.workload ?? name),
    ).size,
    desiredWorkloads: desired.workloads.length,
    ...(rivalSource === undefined ? {} : { rivalSource }),
  };
}

/** Two repositories that claim the same project and environment must not prune each other's workloads. */
function findRivalSource(desired: DesiredState, actual: ActualState): string | undefined {
  const mine = desired.revision.source;
  if (mine === undefined) return undefined;
  return actual.containers.find(
    ({ ownership, record }) =>
      ownership.kind === "owned" && record.source !== undefined && record.source !== mine,
  )?.record.source;
}

function changeOf(instance: Instance, decision: Decision): Change {
  const base = { key: instance.key, subject: "workload", position: instance.workload.origin } as const;
  switch (decision.kind) {
    case "unchanged":
      return { ...base, kind: "unchanged", fields: [], cause: "as desired", notes: decision.notes };
    case "blocked":
      return { ...base, kind: "blocked", fields: decision.fields, cause: decision.cause, notes: [] };
    case "create":
      return { ...base, kind: "create", fields: [], cause: decision.cause, notes: [] };
    case "replace":
      return {
        ...base,
        kind: "replace",
        fields: decision.fields,
        cause: decision.cause,
        rollout: decision.rollout,
        notes: decision.notes,
      };
    case "in-place":
      return {
        ...base,
        kind: "in-place",
        fields: decision.diff.fields,
        cause: decision.cause,
        notes: decision.notes,
      };
    case "repair":
      return { ...base, kind: "repair", fields: [], cause: decision.cause, notes: decision.notes };
    default:
      return decision satisfies never;
  }
}

/** For every container that goes away or is replaced, the step after which it is gone. */
function lastStepsOf(
  entries: readonly Wired[],
  removed: readonly { container: { id: string }; chain: { steps: readonly Step[] } }[],
): Map<string, string> {
  const last = new Map<string, string>();
  for (const { decision, chain } of entries) {
    const step = chain.steps.at(-1);
    if (decision.kind === "replace" && step) last.set(decision.old.id, step.id);
    if (decision.kind === "in-place" && decision.diff.detach.length > 0 && step)
      last.set(decision.current.id, step.id);
  }
  for (const { container, chain } of removed) {
    const step = chain.steps.at(-1);
    if (step) last.set(container.id, step.id);
  }
  return last;
}

function keptVolumes(desired: DesiredState, actual: ActualState): readonly string[] {
  const declared = new Set(desired.volumes.map((volume) => volume.name));
  return actual.volumes
    .filter((volume) => volume.ownership.kind === "owned" && !volume.holdsFiles && !declared.has(volume.name))
    .map((volume) => volume.name)
    .sort();
}

function inOrder(steps: readonly Step[]): readonly Step[] {
  const byId = new Map(steps.map((step) => [step.id, step]));
  if (byId.size !== steps.length)
    throw new ReconcilerError("internal", "two steps of the plan have the same name");
  const sorted = topologicalOrder([...byId.keys()], (id) => [
    ...(byId.get(id)?.dependsOn ?? []),
    ...(byId.get(id)?.after ?? []),
  ]);
  if ("cycle" in sorted)
    throw new ReconcilerError(
      "internal",
      `the plan's steps wait for each other: ${sorted.cycle.join(" → ")}`,
    );
  return sorted.order.flatMap((id) => byId.get(id) ?? []);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
