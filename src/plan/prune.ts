import type { ActualContainer, ActualState } from "../model/actual-state.ts";
import type { Change } from "../model/change.ts";
import type { DesiredState } from "../model/desired-state.ts";
import type { Step } from "../model/step.ts";
import { type Chain, ChainBuilder } from "./chain.ts";
import type { Decided } from "./decide.ts";
import type { Pairing } from "./pair.ts";
import { removalChain } from "./workload-steps.ts";

export interface PlannedRemoval {
  readonly change: Change;
  readonly chain: Chain;
  readonly container: ActualContainer;
}

export interface Pruning {
  readonly removals: readonly PlannedRemoval[];
  /** What interrupted runs left behind, by the key of the instance it belongs to. */
  readonly leftovers: readonly (PlannedRemoval & { readonly owner: string })[];
}

/** Removal of owned workloads that the configuration no longer names, and of leftovers of interrupted runs. */
export function planPruning(pairing: Pairing, decided: readonly Decided[]): Pruning {
  const leftovers = decided.flatMap(({ pair }) =>
    pair.leftovers.map((container) => ({
      ...removal(
        `${pair.instance.key} (${container.name})`,
        container,
        "left behind by an interrupted run",
        "repair",
      ),
      owner: pair.instance.key,
    })),
  );
  const removals = pairing.orphans.map((container) =>
    removal(orphanKey(container, pairing.orphans), container, "no longer in the configuration", "remove"),
  );
  return { removals: withDependentsFirst(removals), leftovers };
}

function removal(
  key: string,
  container: ActualContainer,
  cause: string,
  kind: "remove" | "repair",
): PlannedRemoval {
  const kept = container.spec.mounts
    .flatMap((mount) => (mount.kind === "volume" ? [mount.volume] : []))
    .sort();
  const notes =
    kept.length > 0
      ? [
          `its ${kept.length > 1 ? "volumes" : "volume"} ${kept.join(", ")} ${kept.length > 1 ? "stay" : "stays"}`,
        ]
      : [];
  return {
    change: { key, subject: "workload", kind, fields: [], cause, notes },
    chain: removalChain(key, container, cause),
    container,
  };
}

/** The workload's key, with the replica or the container name where one workload has several orphans. */
function orphanKey(container: ActualContainer, orphans: readonly ActualContainer[]): string {
  const key = container.record.workload ?? container.name;
  const same = orphans.filter((other) => other.record.workload === container.record.workload);
  if (same.length === 1 && (container.record.replica ?? 1) === 1) return key;
  const sameReplica = same.filter((other) => other.record.replica === container.record.replica);
  return sameReplica.length > 1 ? `${key} (${container.name})` : `${key}#${container.record.replica ?? 1}`;
}

/** Who needs another workload that goes away is stopped before it. */
function withDependentsFirst(removals: readonly PlannedRemoval[]): readonly PlannedRemoval[] {
  return removals.map((planned) => {
    const dependents = removals.filter(
      (other) =>
        other !== planned && other.container.record.needs.includes(planned.container.record.workload ?? ""),
    );
    const after = dependents.flatMap((other) => other.chain.ready ?? []);
    return after.length === 0 ? planned : { ...planned, chain: startAfter(planned.chain, after) };
  });
}

/** The first step of the chain waits until the other steps are over, whatever came of them. */
export function startAfter(chain: Chain, after: readonly string[]): Chain {
  const steps = chain.steps.map(
    (step, index): Step => (index === 0 ? { ...step, after: [...step.after, ...after] } : step),
  );
  return { ...chain, steps };
}

/**
 * Removal of networks and file volumes that nothing uses any more, each after the last container that used it. One
 * whose user stays (because it failed or is blocked) is left for a later run.
 */
export function planUnusedObjects(
  desired: DesiredState,
  actual: ActualState,
  lastStepOf: ReadonlyMap<string, string>,
): { steps: readonly Step[]; changes: readonly Change[] } {
  const steps: Step[] = [];
  const changes: Change[] = [];
  for (const network of actual.networks) {
    if (
      network.ownership.kind !== "owned" ||
      desired.networks.some((candidate) => candidate.name === network.name)
    )
      continue;
    const needs = releasedBy(
      actual.containers.filter((container) => Object.values(container.networkIds).includes(network.id)),
      lastStepOf,
    );
    if (needs === undefined) continue;
    const key = `network ${network.name}`;
    const chain = new ChainBuilder(key, "no longer in the configuration");
    chain.add("remove-network", "remove", { network: network.name, id: network.id }, needs);
    steps.push(...chain.build().steps);
    changes.push({
      key,
      subject: "network",
      kind: "remove",
      fields: [],
      cause: "no longer in the configuration",
      notes: [],
    });
  }
  for (const volume of actual.volumes) {
    const isOurs = volume.ownership.kind === "owned" && volume.holdsFiles;
    if (!isOurs || desired.fileSets.some((fileSet) => fileSet.name === volume.name)) continue;
    const users = actual.containers.filter((container) =>
      container.spec.mounts.some((mount) => mount.kind === "files" && mount.fileSet === volume.name),
    );
    const needs = releasedBy(users, lastStepOf);
    if (needs === undefined) continue;
    const key = `files ${volume.name}`;
    const chain = new ChainBuilder(key, "no workload uses this version of the files");
    chain.add("remove-files", "remove", { volume: volume.name }, needs);
    steps.push(...chain.build().steps);
    changes.push({
      key,
      subject: "files",
      kind: "remove",
      fields: [],
      cause: "no workload uses this version of the files",
      notes: [],
    });
  }
  return { steps, changes };
}

/** The steps after which none of these containers exists as it is; `undefined` when one of them stays. */
function releasedBy(
  users: readonly ActualContainer[],
  lastStepOf: ReadonlyMap<string, string>,
): readonly string[] | undefined {
  const steps = users.map((user) => lastStepOf.get(user.id));
  return steps.every((step) => step !== undefined) ? [...new Set(steps)] : undefined;
}
