import { topologicalOrder } from "../../lib/dag.ts";
import type { ActualService } from "../../model/actual-swarm.ts";
import type { ServiceSpec } from "../../model/service-spec.ts";
import { mergeForUpdate } from "../../swarm/merge-for-update.ts";
import { assessService, forcedAgain, type ServiceDecision } from "./assess-service.ts";
import type { ServicePair, ServicePairing } from "./service-pair.ts";
import { holdersOf, portHolders, portsClash, publishedPorts } from "./service-ports.ts";
import { serviceRollout } from "./service-rollout.ts";
import { orphanServiceHold } from "./service-standing.ts";
import type { ServiceWorld } from "./service-world.ts";

export interface DecidedService {
  readonly pair: ServicePair;
  readonly decision: ServiceDecision;
}

/** Decides about every service: first each by itself, then what they mean for one another. */
export function decideServices(pairing: ServicePairing, services: ServiceWorld): readonly DecidedService[] {
  const assessed = pairing.pairs.map(
    (pair): DecidedService => ({ pair, decision: assessService(pair, services) }),
  );
  const named = assessed.map((entry) => blockedBy(entry, missingObject(entry, services)));
  const possible = blockImpossible(named, pairing, services);
  const restarted = restartFollowers(possible, services);
  return restarted === possible ? possible : blockImpossible(restarted, pairing, services);
}

/** What is blocked keeps its port, and whoever needs it or its port is blocked, too; every round blocks more. */
function blockImpossible(
  decided: readonly DecidedService[],
  pairing: ServicePairing,
  services: ServiceWorld,
): readonly DecidedService[] {
  let current = decided;
  for (;;) {
    const next = spreadBlocks(blockCircles(blockHeldPorts(current, pairing, services), services));
    if (blockedCount(next) === blockedCount(current)) return next;
    current = next;
  }
}

function blockedCount(decided: readonly DecidedService[]): number {
  return decided.filter(({ decision }) => decision.kind === "blocked").length;
}

/** What a decision brings about. */
export function specAfter({ kind, ...decision }: ServiceDecision): ServiceSpec | undefined {
  return (kind === "create" || kind === "update" || kind === "recreate") && "spec" in decision
    ? decision.spec
    : undefined;
}

/** Who asked to be restarted with what it depends on is (Compose specification, `depends_on.restart`). */
function restartFollowers(
  decided: readonly DecidedService[],
  services: ServiceWorld,
): readonly DecidedService[] {
  const renewed = new Set(
    decided.filter(({ decision }) => isRenewal(decision)).map(({ pair }) => pair.workload.key),
  );
  if (renewed.size === 0) return decided;
  return decided.map((entry) => {
    const { pair, decision } = entry;
    const { workload, current } = pair;
    const cause = workload.dependsOn.find(
      ({ restart, workload: key }) => restart && renewed.has(key),
    )?.workload;
    const isIdle = decision.kind === "unchanged" || decision.kind === "wait";
    if (cause === undefined || current === undefined || !isIdle || workload.kind === "job") return entry;
    if (decision.kind === "unchanged" && decision.standing !== undefined) return entry;
    const desired = services.specOf(workload);
    return {
      pair,
      decision: {
        ...{ kind: "update", current, fields: [], notes: decision.notes },
        spec: forcedAgain(mergeForUpdate(current.spec, desired), current.spec),
        cause: `depends on ${cause}, which is replaced`,
        rollout: serviceRollout(workload, desired, services),
      },
    };
  });
}

function isRenewal(decision: ServiceDecision): boolean {
  return decision.kind === "recreate" || (decision.kind === "update" && decision.rollout !== undefined);
}

function blockedBy({ pair, decision }: DecidedService, cause: string | undefined): DecidedService {
  if (cause === undefined) return { pair, decision };
  const fields = "fields" in decision ? decision.fields : [];
  return { pair, decision: { kind: "blocked", cause, fields } };
}

/** A service that names what does not exist would be refused half-way. */
function missingObject(
  { pair, decision }: DecidedService,
  { world, swarm }: ServiceWorld,
): string | undefined {
  const { desired, networksByName } = world;
  const missing = (specAfter(decision)?.TaskTemplate.Networks ?? []).find(
    ({ Target }) =>
      !networksByName.has(Target) &&
      !desired.networks.some(({ name, external }) => name === Target && !external),
  );
  if (missing !== undefined) return `network "${missing.Target}" does not exist`;
  if (specAfter(decision) === undefined) return undefined;
  const absent = pair.workload.cluster?.stored?.find(
    ({ kind, name }) =>
      !(kind === "config" ? swarm.configs : swarm.secrets).some((known) => known.name === name),
  );
  return absent && `${absent.kind} "${absent.name}" does not exist in the cluster`;
}

/** A port is free for another service only when its holder lets go of it in this very run. */
function blockHeldPorts(
  decided: readonly DecidedService[],
  { orphans }: ServicePairing,
  services: ServiceWorld,
): readonly DecidedService[] {
  const holders = portHolders(services);
  const needed = neededOrphans(decided);
  const isLeaving = ({ id, record: { workload = "" } }: ActualService) =>
    isRemovable(services) &&
    id !== services.swarm.ownService &&
    !needed.has(workload) &&
    orphanServiceHold(workload, services) === undefined;
  const leaving = new Set(orphans.filter(isLeaving).map(({ name }) => name));
  const byName = new Map(decided.map(({ pair, decision }) => [pair.current?.name ?? pair.name, decision]));
  return decided.map((entry) => {
    const mine = entry.pair.current?.name ?? entry.pair.name;
    for (const wanted of publishedPorts(specAfter(entry.decision)))
      for (const holder of holdersOf(wanted, holders)) {
        if (holder === mine || leaving.has(holder)) continue;
        const other = byName.get(holder);
        const after = other === undefined ? undefined : specAfter(other);
        if (after !== undefined && !publishedPorts(after).some((port) => portsClash(port, wanted))) continue;
        const [protocol, port] = wanted.port.split("/");
        const name = protocol === "tcp" ? port : `${port}/${protocol}`;
        return blockedBy(entry, `port ${name} is published by service ${holder}, which keeps it`);
      }
    return entry;
  });
}

/** Workloads that blocked services go on needing, each with one of these. */
export function neededOrphans(decided: readonly DecidedService[]): ReadonlyMap<string, string> {
  const blocked = decided.filter(({ decision }) => decision.kind === "blocked");
  return new Map(
    blocked.flatMap(({ pair: { current, workload } }) =>
      (current?.record.needs ?? []).map((need) => [need, workload.key] as const),
    ),
  );
}

/** Nothing is removed while somebody else claims the same environment, or when single workloads are meant. */
export function isRemovable({ rivalSource, world }: ServiceWorld): boolean {
  return rivalSource === undefined && world.request === undefined;
}

/** Two services cannot exchange a port: each would have to wait for the other. */
function blockCircles(decided: readonly DecidedService[], services: ServiceWorld): readonly DecidedService[] {
  let current = decided;
  for (;;) {
    const givers = portGivers(current, services);
    const needs = new Map(
      current.map(({ pair: { workload } }) => [
        workload.key,
        [...workload.dependsOn.map((dependency) => dependency.workload), ...(givers.get(workload.key) ?? [])],
      ]),
    );
    const found = topologicalOrder([...needs.keys()], (key) => needs.get(key) ?? []);
    if (!("cycle" in found)) return current;
    const circle = new Set(found.cycle);
    const cause = `${[...circle].sort().join(" and ")} would have to exchange ports at once, which Swarm cannot do: move one of them to another port in a commit of its own`;
    current = current.map((entry) =>
      circle.has(entry.pair.workload.key) && specAfter(entry.decision) !== undefined
        ? blockedBy(entry, cause)
        : entry,
    );
  }
}

/** For each workload that takes ports over: those that let go of them. */
export function portGivers(
  decided: readonly DecidedService[],
  services: ServiceWorld,
): ReadonlyMap<string, readonly string[]> {
  const holders = portHolders(services);
  const keys = new Map(
    decided.flatMap(({ pair }) =>
      pair.current === undefined ? [] : [[pair.current.name, pair.workload.key] as const],
    ),
  );
  return new Map(
    decided.map(({ pair: { workload }, decision }) => {
      const found = publishedPorts(specAfter(decision))
        .flatMap((port) => holdersOf(port, holders))
        .flatMap((name) => keys.get(name) ?? []);
      return [workload.key, [...new Set(found)].filter((key) => key !== workload.key)];
    }),
  );
}

/** What needs something that is blocked cannot be changed either. */
function spreadBlocks(decided: readonly DecidedService[]): readonly DecidedService[] {
  const blocked = new Set(
    decided.filter(({ decision }) => decision.kind === "blocked").map(({ pair }) => pair.workload.key),
  );
  let current = decided;
  for (;;) {
    const before = blocked.size;
    current = current.map((entry) => {
      const { decision, pair } = entry;
      if (specAfter(decision) === undefined) return entry;
      const need = pair.workload.dependsOn.find(
        ({ required, workload }) => required && blocked.has(workload),
      );
      if (need === undefined) return entry;
      blocked.add(pair.workload.key);
      return blockedBy(entry, `depends on ${need.workload}, which is blocked`);
    });
    if (blocked.size === before) return current;
  }
}
