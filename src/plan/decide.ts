import { type AssessContext, assess, type Decision, forceReplace } from "./assess.ts";
import { blockImpossible } from "./blocking.ts";
import { addressClaims } from "./exclusive.ts";
import { namespaceOwners } from "./namespaces.ts";
import type { Pair, Pairing } from "./pair.ts";
import type { World } from "./world.ts";

export interface Decided {
  readonly pair: Pair;
  readonly decision: Decision;
}

/** Decides about every instance: first each by itself, then what they mean for one another. */
export function decideAll(pairing: Pairing, world: World): readonly Decided[] {
  const context: AssessContext = { world, workloadOf: workloadFinder(pairing) };
  const assessed = pairing.pairs.map((pair): Decided => ({ pair, decision: assess(pair, context) }));
  const possible = blockImpossible(replaceAddressTakers(assessed, context), pairing, world);
  const spread = spreadReplacements(possible, context);
  return spread === possible ? possible : blockImpossible(spread, pairing, world);
}

function workloadFinder(pairing: Pairing): (containerId: string) => string | undefined {
  const byId = new Map(
    pairing.pairs.flatMap((pair) =>
      pair.current ? [[pair.current.id, pair.instance.workload.key] as const] : [],
    ),
  );
  return (id) => byId.get(id);
}

/** Two living containers cannot exchange static addresses in place: each would have to let go first. */
function replaceAddressTakers(decided: readonly Decided[], context: AssessContext): readonly Decided[] {
  const holders = new Map<string, Pair>();
  for (const { pair, decision } of decided) {
    if (pair.current === undefined || decision.kind !== "in-place") continue;
    for (const claim of addressClaims(pair.current.spec)) holders.set(claim, pair);
  }
  return decided.map((entry) => {
    const { pair, decision } = entry;
    if (decision.kind !== "in-place") return entry;
    const attachments = decision.diff.attach.map(({ attachment }) => attachment);
    const isHeld = addressClaims({ network: { kind: "networks", attachments } }).some((claim) => {
      const holder = holders.get(claim);
      return holder !== undefined && holder !== pair;
    });
    return isHeld ? { pair, decision: forceReplace(pair, context, decision.cause) } : entry;
  });
}

/**
 * Who shares a namespace of a renewed container, or asked to be restarted with it, is renewed too. Works from the
 * renewed ones outward, so that every instance is looked at once.
 */
function spreadReplacements(decided: readonly Decided[], context: AssessContext): readonly Decided[] {
  const { world } = context;
  const followers = followersByWorkload(decided, world);
  if (followers.size === 0) return decided;
  const current = [...decided];
  let changed = false;
  const queue = decided.flatMap(({ pair, decision }) =>
    isRenewal(decision) ? [{ key: pair.instance.workload.key, decision }] : [],
  );
  const seen = new Set<string>();
  for (const renewed of queue) {
    for (const { index, shares } of followers.get(renewed.key) ?? []) {
      const entry = current[index];
      if (entry === undefined || seen.has(entry.pair.instance.key)) continue;
      const cause = followCause(entry, renewed, shares);
      if (cause === undefined) continue;
      seen.add(entry.pair.instance.key);
      const decision = forceReplace(entry.pair, context, cause);
      current[index] = { pair: entry.pair, decision };
      changed = true;
      if (decision.kind === "replace") queue.push({ key: entry.pair.instance.workload.key, decision });
    }
  }
  return changed ? current : decided;
}

interface Follower {
  /** Position of the instance in the list of decisions. */
  readonly index: number;
  /** It shares a namespace; otherwise it asked to be restarted. */
  readonly shares: boolean;
}

function followersByWorkload(decided: readonly Decided[], world: World): Map<string, Follower[]> {
  const followers = new Map<string, Follower[]>();
  const add = (key: string, follower: Follower) => {
    const known = followers.get(key);
    if (known) known.push(follower);
    else followers.set(key, [follower]);
  };
  for (const [index, { pair }] of decided.entries()) {
    const { workload } = pair.instance;
    // A job that is done needs no network any more, and one that runs is not run twice.
    const isArmed = workload.timer !== undefined && pair.current?.state.status === "created";
    if (workload.kind === "job" && !isArmed) continue;
    for (const owner of namespaceOwners(workload, world)) add(owner, { index, shares: true });
    for (const dependency of isArmed ? [] : workload.dependsOn)
      if (dependency.restart) add(dependency.workload, { index, shares: false });
  }
  return followers;
}

/** The workload gets a new container, or its container new namespaces. */
function isRenewal(decision: Decision): boolean {
  if (decision.kind === "replace" || decision.kind === "create") return true;
  return (decision.kind === "repair" || decision.kind === "in-place") && decision.repair.start;
}

function followCause(
  { decision }: Decided,
  renewed: { key: string; decision: Decision },
  shares: boolean,
): string | undefined {
  if (decision.kind !== "unchanged" && decision.kind !== "in-place" && decision.kind !== "repair")
    return undefined;
  const isNew = renewed.decision.kind === "replace" || renewed.decision.kind === "create";
  if (shares) return `shares a namespace of ${renewed.key}, which is ${isNew ? "replaced" : "started again"}`;
  return isNew ? `depends on ${renewed.key}, which is replaced` : undefined;
}
