import type { Step } from "../model/step.ts";
import type { Chain } from "./chain.ts";
import type { Decided } from "./decide.ts";
import type { PlannedLeftover } from "./prune.ts";
import type { Group, Relation, Relations } from "./relations.ts";

/** Everything that has steps, in the order of the nodes of `Relations`. */
export interface Wiring {
  readonly relations: Relations;
  readonly decided: readonly Decided[];
  /** Chains by position of their node. */
  readonly chains: readonly Chain[];
  readonly leftovers: readonly PlannedLeftover[];
}

/**
 * Adds the edges between chains: dependencies of workloads, batches of replicas, leftovers, and everything that one
 * container must give up before another can have it.
 */
export function wireChains(wiring: Wiring): readonly Step[] {
  const edges = new EdgeSet();
  const givers = giversOf(wiring);
  for (const relation of wiring.relations.relations) {
    const from = wiring.chains[relation.from];
    const to = wiring.chains[relation.to];
    if (from === undefined || to === undefined) continue;
    const group = wiring.relations.groupOf.get(relation.from);
    const giver = givers.get(relation.holder ?? "") ?? to;
    const givesBack = wiring.relations.nodes[relation.to]?.kind === "instance";
    const isInside = group !== undefined && group === wiring.relations.groupOf.get(relation.to);
    const edge = isInside
      ? insideEdge(relation, { from, to, giver }, givesBack)
      : outsideEdge(relation, { from, to, giver });
    if (edge.soft) edges.after(edge.waits, edge.until);
    else edges.need(edge.waits, edge.until);
  }
  for (const group of new Set(wiring.relations.groupOf.values())) addBarriers(group, wiring, edges);
  addLeftovers(wiring, edges);
  const pauses = addPauses(wiring, edges);
  const chains = [...wiring.chains, ...wiring.leftovers.map(({ chain }) => chain)];
  return [...chains.flatMap(({ steps }) => steps), ...pauses].map((step) => edges.apply(step));
}

interface Ends {
  readonly from: Chain;
  readonly to: Chain;
  /** Gives up what `from` takes: `to`, or what an interrupted run left of it. */
  readonly giver: Chain;
}

/** A step that waits for another one; empty when one of the two does not exist. */
interface Edge {
  readonly waits?: string | undefined;
  readonly until?: string | undefined;
  /** Until it is over, whatever came of it. */
  readonly soft?: boolean;
}

/** The chain that gives up what a container holds: its own removal, or the chain of the instance it serves. */
function giversOf({ leftovers }: Wiring): ReadonlyMap<string, Chain> {
  return new Map(leftovers.map(({ container, chain }) => [container.name, chain]));
}

/** Outside of circles the giver is done before the taker begins: nothing that was given up is ever wanted back. */
function outsideEdge({ kind }: Relation, { from, to, giver }: Ends): Edge {
  switch (kind) {
    case "dependency":
    case "namespace":
    case "batch":
    case "retire":
      return { waits: from.entry, until: to.ready };
    case "optional":
      return { waits: from.entry, until: to.ready, soft: true };
    case "resource":
      return { waits: from.interrupt ?? from.entry, until: giver.ready };
    case "name":
      return { waits: from.take, until: giver.ready };
    default:
      return kind satisfies never;
  }
}

/** In a circle things are given up before anything is ready; what cannot be kept in order then is left out. */
function insideEdge({ kind }: Relation, { from, to, giver }: Ends, givesBack: boolean): Edge {
  switch (kind) {
    case "dependency":
      return { waits: from.start, until: to.proven };
    case "optional":
      return { waits: from.start, until: to.proven, soft: true };
    case "resource":
      return { waits: from.seize, until: giver.release };
    case "name":
      return { waits: from.take, until: giver.free };
    case "retire":
      // Who needs it stops before it, so that on the way back it starts before them.
      return givesBack && to.release === to.interrupt ? { waits: from.release, until: to.release } : {};
    case "namespace":
    case "batch":
      return {};
    default:
      return kind satisfies never;
  }
}

/**
 * A circle moves in step: nothing stops until all replacements exist, no name moves until all have proved themselves,
 * nothing is removed until all are in place. So it can be taken back as a whole up to the last gate.
 */
function addBarriers(group: Group, { chains }: Wiring, edges: EdgeSet): void {
  const members = group.members.flatMap((index) => chains[index] ?? []);
  for (const member of members) {
    for (const other of members) {
      if (other === member) continue;
      if (member.drain === undefined) edges.need(member.release, other.created);
      edges.need(member.drain, other.proven);
      edges.need(member.free, other.proven);
      edges.need(member.take, other.proven);
      edges.need(member.tail, other.ready);
    }
  }
}

/**
 * What an interrupted run left makes room first; a container that may be the last good one goes only after the one
 * that serves has proved itself.
 */
function addLeftovers({ leftovers, chains, decided }: Wiring, edges: EdgeSet): void {
  for (const { owner, when, chain, container } of leftovers) {
    const own = chains[owner];
    if (own === undefined) continue;
    if (when === "first") edges.need(own.entry, chain.ready);
    else edges.need(chain.entry, own.proven);
    if (when === "late" && container.name === decided[owner]?.pair.instance.name)
      edges.need(own.take, chain.ready);
  }
}

/** The interval between two batches of replicas. */
function addPauses({ relations, chains, decided }: Wiring, edges: EdgeSet): readonly Step[] {
  const pauses = new Map<string, Step>();
  const earlierOf = Map.groupBy(
    relations.relations.filter(
      ({ kind, from }) => kind === "batch" && relations.groupOf.get(from) === undefined,
    ),
    ({ from }) => from,
  );
  for (const [from, batch] of earlierOf) {
    const { workload, key } = decided[from]?.pair.instance ?? {};
    if (workload === undefined || key === undefined || workload.update.delayMs <= 0) continue;
    const dependsOn = batch.flatMap(({ to }) => chains[to]?.ready ?? []);
    const id = `pause before ${dependsOn[0] ?? key}`;
    if (!pauses.has(id)) {
      const payload = { ms: workload.update.delayMs, purpose: "between batches" };
      const cause = "interval between batches of replicas";
      pauses.set(id, { kind: "pause", id, payload, dependsOn, after: [], cause, change: key });
    }
    edges.need(chains[from]?.entry, id);
  }
  return [...pauses.values()];
}

class EdgeSet {
  private readonly needs = new Map<string, Set<string>>();
  private readonly afters = new Map<string, Set<string>>();

  need(step: string | undefined, needed: string | undefined): void {
    if (step !== undefined && needed !== undefined && step !== needed) getOrAdd(this.needs, step).add(needed);
  }

  after(step: string | undefined, earlier: string | undefined): void {
    if (step !== undefined && earlier !== undefined) getOrAdd(this.afters, step).add(earlier);
  }

  apply(step: Step): Step {
    const needs = this.needs.get(step.id);
    const afters = this.afters.get(step.id);
    if (needs === undefined && afters === undefined) return step;
    const dependsOn = new Set([...step.dependsOn, ...(needs ?? [])]);
    const after = new Set([...step.after, ...(afters ?? [])]).difference(dependsOn);
    return { ...step, dependsOn: [...dependsOn], after: [...after] };
  }
}

function getOrAdd(map: Map<string, Set<string>>, key: string): Set<string> {
  const found = map.get(key) ?? new Set();
  map.set(key, found);
  return found;
}
