import { stronglyConnected } from "./components.ts";
import type { Decided } from "./decide.ts";
import { downtimeBoundMs } from "./gate.ts";
import { namespaceOwners } from "./namespaces.ts";
import type { Pairing } from "./pair.ts";
import { neededWorkloads, type Removal } from "./prune.ts";
import { Holders, push } from "./takes.ts";
import type { World } from "./world.ts";

/**
 * What waits for what, between instances and removals. Most relations form no circle; where they do (two services swap
 * a port or a name), the circle changes together: all of it or nothing.
 */

/** An instance with what an interrupted run left of it, or an orphan. */
export type PlanNode =
  | { readonly kind: "instance"; readonly entry: Decided }
  | { readonly kind: "removal"; readonly removal: Removal };

export type RelationKind =
  /** `from` starts only when `to` is ready */
  | "dependency"
  /** `from` starts after `to` is over */
  | "optional"
  /** `from` joins a namespace of `to` */
  | "namespace"
  /** `from` takes a port or address of `to` */
  | "resource"
  /** `from` takes the name of `to` */
  | "name"
  /** `from` is in a later batch of replicas than `to` */
  | "batch"
  /** `to` still needs `from`, whose present container goes away */
  | "retire";

export interface Relation {
  /** Positions in the list of nodes. */
  readonly from: number;
  readonly to: number;
  readonly kind: RelationKind;
  /** The container that gives up something. */
  readonly holder?: string;
  readonly text?: string;
}

/** Instances that exchange something and so change together. */
export interface Group {
  readonly id: string;
  readonly members: readonly number[];
  /** Otherwise they are orphans whose old containers needed each other. */
  readonly hasInstance: boolean;
}

export interface Relations {
  readonly nodes: readonly PlanNode[];
  readonly relations: readonly Relation[];
  /** By position of the node; only circles have one. */
  readonly groupOf: ReadonlyMap<number, Group>;
}

export function relate(
  decided: readonly Decided[],
  removals: readonly Removal[],
  pairing: Pairing,
  world: World,
): Relations {
  const nodes: PlanNode[] = [
    ...decided.map((entry): PlanNode => ({ kind: "instance", entry })),
    ...removals.map((removal): PlanNode => ({ kind: "removal", removal })),
  ];
  const relations = new RelationFinder(nodes, pairing, world).find();
  return { nodes, relations, groupOf: findGroups(nodes, relations) };
}

class RelationFinder {
  private readonly relations: Relation[] = [];
  private readonly byWorkload = new Map<string, number[]>();
  private readonly byContainer = new Map<string, number>();
  private readonly removalsByWorkload = new Map<string, number[]>();
  private readonly holders: Holders;
  private readonly nodes: readonly PlanNode[];
  private readonly world: World;

  constructor(nodes: readonly PlanNode[], pairing: Pairing, world: World) {
    this.nodes = nodes;
    this.world = world;
    this.holders = new Holders(pairing, world);
    for (const [index, node] of nodes.entries()) {
      if (node.kind === "removal") {
        const { container } = node.removal;
        this.byContainer.set(container.name, index);
        push(this.removalsByWorkload, container.record.workload ?? container.name, index);
        continue;
      }
      const { pair, decision } = node.entry;
      for (const container of [pair.current, ...pair.leftovers])
        if (container !== undefined) this.byContainer.set(container.name, index);
      if (hasSteps(decision)) push(this.byWorkload, pair.instance.workload.key, index);
    }
  }

  find(): readonly Relation[] {
    for (const [index, node] of this.nodes.entries()) {
      if (node.kind === "removal") this.retire(index, undefined, node.removal.container.record.needs);
      else if (hasSteps(node.entry.decision)) this.relateInstance(index, node.entry);
    }
    for (const replicas of this.byWorkload.values()) this.relateBatches(replicas);
    return this.relations;
  }

  private relateInstance(index: number, entry: Decided): void {
    const { workload } = entry.pair.instance;
    for (const dependency of workload.dependsOn)
      for (const to of this.byWorkload.get(dependency.workload) ?? [])
        this.add({ from: index, to, kind: dependency.required ? "dependency" : "optional" });
    for (const owner of namespaceOwners(workload, this.world))
      for (const to of [...(this.byWorkload.get(owner) ?? []), ...(this.removalsByWorkload.get(owner) ?? [])])
        this.add({ from: index, to, kind: "namespace" });
    for (const take of this.holders.takesOf(entry))
      for (const holder of take.holders) {
        const to = this.byContainer.get(holder);
        const kind = take.kind === "name" ? "name" : "resource";
        if (to !== undefined) this.add({ from: index, to, kind, holder, text: take.text });
      }
    this.retire(index, workload.key, neededWorkloads(entry.pair));
    this.keepNamespace(index, entry);
  }

  /** Who lives in the network of another container and is to leave it does so before that one goes. */
  private keepNamespace(index: number, { pair }: Decided): void {
    const { network } = pair.current?.spec ?? {};
    if (network?.kind !== "container") return;
    const owner = this.byContainer.get(this.world.containersById.get(network.container)?.name ?? "");
    const node = this.nodes[owner ?? -1];
    if (owner === undefined || node === undefined) return;
    const isLeft =
      node.kind === "removal" ||
      (node.entry.decision.kind === "replace" &&
        !namespaceOwners(pair.instance.workload, this.world).includes(node.entry.pair.instance.workload.key));
    if (isLeft) this.add({ from: owner, to: index, kind: "retire" });
  }

  /** What goes away waits for those whose present containers need it. */
  private retire(user: number, own: string | undefined, needs: readonly string[]): void {
    for (const need of needs) {
      // Replicas of a workload that stays are of concern only to the workload itself.
      if (need !== own && this.world.workloads.has(need)) continue;
      for (const removal of this.removalsByWorkload.get(need) ?? [])
        this.add({ from: removal, to: user, kind: "retire" });
    }
  }

  /** Replicas of one workload are replaced batch by batch; new ones need no batch. */
  private relateBatches(replicas: readonly number[]): void {
    const first = this.nodes[replicas[0] ?? -1];
    if (replicas.length < 2 || first?.kind !== "instance") return;
    const { workload } = first.entry.pair.instance;
    const replaced = replicas.filter((index) => {
      const node = this.nodes[index];
      return node?.kind === "instance" && node.entry.decision.kind === "replace";
    });
    const size = workload.update.parallelism > 0 ? workload.update.parallelism : replaced.length;
    if (workload.kind !== "service" || size < 1) return;
    for (let begin = size; begin < replaced.length; begin += size)
      for (const from of replaced.slice(begin, begin + size))
        for (const to of replaced.slice(begin - size, begin)) this.add({ from, to, kind: "batch" });
  }

  private add(relation: Relation): void {
    if (relation.from !== relation.to) this.relations.push(relation);
  }
}

function hasSteps(decision: Decided["decision"]): boolean {
  return decision.kind !== "unchanged" && decision.kind !== "blocked";
}

function nodeKey(node: PlanNode | undefined): readonly string[] {
  if (node === undefined) return [];
  return [node.kind === "instance" ? node.entry.pair.instance.key : node.removal.key];
}

function findGroups(nodes: readonly PlanNode[], relations: readonly Relation[]): ReadonlyMap<number, Group> {
  const edges: number[][] = nodes.map(() => []);
  for (const { from, to } of relations) edges[from]?.push(to);
  const groupOf = new Map<number, Group>();
  for (const members of stronglyConnected(edges)) {
    if (members.length < 2) continue;
    const keys = members.flatMap((index) => nodeKey(nodes[index]));
    const hasInstance = members.some((index) => nodes[index]?.kind === "instance");
    const group = { id: keys.join(" + "), members, hasInstance };
    for (const member of members) groupOf.set(member, group);
  }
  return groupOf;
}

/**
 * Decisions as the circles demand: those that exchange ports or addresses all stop before any of them starts. A circle
 * that runs through a shared namespace cannot be solved, because the namespace exists only when its owner is in place.
 */
export function decideTogether({ nodes, relations, groupOf }: Relations, world: World): readonly Decided[] {
  const unsolvable = new Set<Group>();
  const takes = new Map<number, string>();
  const gives = new Map<number, string>();
  for (const { from, to, kind, text } of relations) {
    const group = groupOf.get(from);
    if (group === undefined || group !== groupOf.get(to)) continue;
    if (kind === "namespace") unsolvable.add(group);
    if (kind !== "resource" || text === undefined) continue;
    takes.set(from, takes.get(from) ?? text);
    gives.set(to, gives.get(to) ?? text);
  }
  return nodes.flatMap((node, index) => {
    if (node.kind !== "instance") return [];
    const group = groupOf.get(index);
    if (group === undefined) return [node.entry];
    if (unsolvable.has(group)) return [blockedCircle(node.entry, group)];
    const text = takes.get(index) ?? gives.get(index);
    return [text === undefined ? node.entry : stopFirst(node.entry, group, text, { nodes, world })];
  });
}

function blockedCircle({ pair }: Decided, group: Group): Decided {
  const cause = `${group.id.replaceAll(" + ", ", ")} wait for one another: change them in two steps`;
  return { pair, decision: { kind: "blocked", cause, fields: [] } };
}

/** All of the circle is down until the last of it has started. */
function stopFirst(
  entry: Decided,
  group: Group,
  text: string,
  { nodes, world }: { readonly nodes: readonly PlanNode[]; readonly world: World },
): Decided {
  const { pair, decision } = entry;
  if (decision.kind !== "replace" || pair.instance.workload.kind === "job") return entry;
  const replaced = group.members.flatMap((member) => {
    const node = nodes[member];
    return node?.kind === "instance" && node.entry.decision.kind === "replace"
      ? [downtimeBoundMs(node.entry.decision.old, node.entry.pair.instance.workload, world)]
      : [];
  });
  const downtimeMs =
    decision.rollout.downtimeMs === 0 && decision.rollout.order === "stop-first" ? 0 : sum(replaced);
  const others = group.id
    .split(" + ")
    .filter((key) => key !== pair.instance.key)
    .join(", ");
  const reason = others === "" ? `${text} changes hands` : `exchanges ${text} with ${others}`;
  return { pair, decision: { ...decision, rollout: { order: "stop-first", reason, downtimeMs } } };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
