import type { Decided } from "./decide.ts";
import type { Pairing } from "./pair.ts";
import { neededWorkloads } from "./prune.ts";
import { orphanHold } from "./standing.ts";
import { Holders, push, type Take } from "./takes.ts";
import type { World } from "./world.ts";

/**
 * Blocks what cannot be done, so that it fails in the plan and not half-way: networks that are missing, names and ports
 * that somebody holds who will not let go, and everything that needs what is blocked.
 */
export function blockImpossible(
  decided: readonly Decided[],
  pairing: Pairing,
  world: World,
): readonly Decided[] {
  return new Blocker(decided, pairing, world).run();
}

class Blocker {
  private readonly current: Decided[];
  private readonly world: World;
  private readonly takes: readonly (readonly Take[])[];
  /** Positions of the instances that want what a container holds, by its name. */
  private readonly takers = new Map<string, number[]>();
  /** Positions of the instances that require a workload. */
  private readonly dependents = new Map<string, number[]>();
  private readonly orphans = new Map<string, string[]>();
  /** Containers that this run stops, by name. */
  private readonly stopped = new Set<string>();
  /** Containers that live on under another name, or attached in another way. */
  private readonly renamed = new Set<string>();
  private readonly reattached = new Set<string>();
  private readonly queue: number[] = [];

  constructor(decided: readonly Decided[], pairing: Pairing, world: World) {
    this.current = [...decided];
    this.world = world;
    const holders = new Holders(pairing, world);
    this.takes = decided.map((entry) => holders.takesOf(entry));
    for (const [index, takes] of this.takes.entries())
      for (const take of takes) for (const holder of take.holders) push(this.takers, holder, index);
    for (const [index, { pair }] of decided.entries())
      for (const dependency of pair.instance.workload.dependsOn)
        if (dependency.required) push(this.dependents, dependency.workload, index);
    const going = world.rivalSource === undefined && world.request === undefined ? pairing.orphans : [];
    for (const orphan of going.filter((found) => orphanHold(found, world) === undefined)) {
      const { name, record } = orphan;
      this.stopped.add(name);
      push(this.orphans, record.workload ?? name, name);
    }
    for (const { pair, decision } of decided) {
      for (const { name } of pair.leftovers) this.stopped.add(name);
      if (decision.kind === "replace") this.stopped.add(decision.old.name);
      if ((decision.kind === "repair" || decision.kind === "in-place") && decision.repair.rename)
        this.renamed.add(decision.current.name);
      // Whoever is attached anew has another address afterwards: two instances never want the same one.
      if (decision.kind === "in-place" && decision.diff.attach.length + decision.diff.detach.length > 0)
        this.reattached.add(decision.current.name);
    }
  }

  run(): readonly Decided[] {
    for (const [index, entry] of this.current.entries()) {
      if (entry.decision.kind === "blocked") this.queue.push(index);
      else this.check(index, missingCause(entry, this.world));
    }
    for (const index of this.queue) this.spread(index);
    return this.current;
  }

  /** Blocks an instance for the given cause or because of what it wants to take. */
  private check(index: number, cause: string | undefined): void {
    const entry = this.current[index];
    if (entry === undefined || entry.decision.kind === "blocked" || entry.decision.kind === "unchanged")
      return;
    const found = cause ?? this.refusedTake(this.takes[index] ?? []);
    if (found === undefined) return;
    const { decision } = entry;
    const fields = decision.kind === "replace" ? decision.fields : [];
    this.current[index] = { pair: entry.pair, decision: { kind: "blocked", cause: found, fields } };
    if (decision.kind === "replace") this.stopped.delete(decision.old.name);
    if (decision.kind === "repair" || decision.kind === "in-place") {
      this.renamed.delete(decision.current.name);
      this.reattached.delete(decision.current.name);
    }
    this.queue.push(index);
  }

  private refusedTake(takes: readonly Take[]): string | undefined {
    for (const take of takes) {
      const keeper = take.holders.find((holder) => !this.isGivenUp(take.kind, holder));
      if (keeper !== undefined) return keptCause(take, keeper, this.world);
    }
    return undefined;
  }

  private isGivenUp(kind: Take["kind"], holder: string): boolean {
    if (this.stopped.has(holder)) return true;
    if (kind === "name") return this.renamed.has(holder);
    return kind === "address" && this.reattached.has(holder);
  }

  /**
   * Who wants what the blocked instance keeps, and who requires it, cannot go on either. Orphans that its present
   * container needs stay as well.
   */
  private spread(index: number): void {
    const entry = this.current[index];
    if (entry === undefined) return;
    const { current, instance } = entry.pair;
    const needed = neededWorkloads(entry.pair).flatMap((need) => this.orphans.get(need) ?? []);
    for (const orphan of needed) this.stopped.delete(orphan);
    for (const holder of [...(current === undefined ? [] : [current.name]), ...needed])
      for (const taker of this.takers.get(holder) ?? []) this.check(taker, undefined);
    const { key } = instance.workload;
    for (const dependent of this.dependents.get(key) ?? []) {
      const kind = this.current[dependent]?.decision.kind;
      if (kind === "create" || kind === "replace")
        this.check(dependent, `depends on ${key}, which is blocked`);
    }
  }
}

function keptCause(take: Take, holder: string, world: World): string {
  const container = world.containersByName.get(holder);
  const isOurs = container?.ownership.kind === "owned";
  const verb = take.kind === "name" ? "held" : "in use";
  if (!isOurs)
    return `${take.text} is ${verb} by container "${holder}", which does not belong to this configuration`;
  return `${take.text} is ${verb} by container "${holder}" of ${container?.record.workload ?? "another workload"}, which keeps it`;
}

/** Networks and external volumes that do not exist stop the workloads that need them, and no others. */
function missingCause({ pair, decision }: Decided, world: World): string | undefined {
  const { container } = pair.instance.workload;
  const isNew = decision.kind === "create" || decision.kind === "replace";
  const attached =
    decision.kind === "in-place"
      ? decision.diff.attach.map(({ attachment }) => attachment)
      : isNew && container.network.kind === "networks"
        ? container.network.attachments
        : [];
  for (const { network } of attached) {
    const found = world.networksByName.get(network) ?? [];
    if (found.length > 1)
      return `there are ${found.length} networks named "${network}"; remove or rename all but one`;
    const declared = world.networks.get(network);
    if (found.length === 0 && (declared === undefined || declared.external))
      return `network "${network}" does not exist; declare it under networks: of a compose file in units/, or create it with docker network create ${network}`;
  }
  if (!isNew) return undefined;
  for (const mount of container.mounts) {
    if (mount.kind !== "volume" || world.volumesByName.has(mount.volume)) continue;
    if (world.volumes.get(mount.volume)?.external === true)
      return `external volume "${mount.volume}" does not exist; create it with docker volume create ${mount.volume}`;
  }
  if (container.network.kind === "container" && !world.containersByName.has(container.network.container))
    return `container "${container.network.container}", whose network it shares, does not exist`;
  return undefined;
}
