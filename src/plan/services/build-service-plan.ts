import type { ActualSwarm } from "../../model/actual-swarm.ts";
import type { Change } from "../../model/change.ts";
import { labelKeys } from "../../model/ownership.ts";
import type { Plan } from "../../model/plan.ts";
import type { Step } from "../../model/step.ts";
import { storedContents } from "../../swarm/stored-contents.ts";
import type { Chain } from "../chain.ts";
import { networkChange, networkStepId, SharedSteps } from "../infrastructure.ts";
import { objectLabels } from "../labels.ts";
import { inOrder } from "../order.ts";
import { viewOf } from "../timed.ts";
import { compareText, type World } from "../world.ts";
import type { ServiceDecision } from "./assess-service.ts";
import { type DecidedService, decideServices, portGivers } from "./decide-services.ts";
import { pairServices } from "./service-pair.ts";
import { planServiceRemovals, planUnusedOfCluster, type ServiceRemoval } from "./service-removals.ts";
import { serviceDrift } from "./service-standing.ts";
import { serviceChain, storeStepId } from "./service-steps.ts";
import { createServiceWorld, type ServiceWorld } from "./service-world.ts";
import { serviceTimingOf } from "./timed-service.ts";

/** The plan for a cluster: services are created, updated and removed, and Swarm replaces their tasks. */
export function buildServicePlan(
  world: World,
  swarm: ActualSwarm,
  txn: string,
  recreate: ReadonlySet<string>,
): Plan {
  const services = createServiceWorld(world, swarm, txn, recreate);
  const pairing = pairServices(services);
  const decided = decideServices(pairing, services);
  const shared = sharedSteps(decided, services);
  const chains = decided.map((entry) => serviceChain(entry, services, (id) => shared.steps.has(id)));
  const { removals, kept } = planServiceRemovals(pairing, decided, services);
  const unused =
    services.rivalSource === undefined && world.request === undefined
      ? planUnusedOfCluster(services, lastSteps(decided, chains, removals), { stored: shared.wanted })
      : { steps: [], changes: [] };
  const steps = wire({ decided, chains, removals }, services);
  const changes = [
    ...decided.map((entry) => changeOf(entry, services)),
    ...shared.changes,
    ...removals.map(({ change }) => change),
    ...kept,
    ...unused.changes,
  ];
  return {
    changes: changes.sort((a, b) => compareText(a.key, b.key)),
    steps: inOrder([...shared.steps.all(), ...steps, ...unused.steps]),
    ...facts(services, removals),
  };
}

/** What several services share: networks, and content for the store. */
function sharedSteps(decided: readonly DecidedService[], { world, swarm }: ServiceWorld) {
  const steps = new SharedSteps();
  const changes: Change[] = [];
  const labels = objectLabels(world.desired);
  for (const declared of world.desired.networks) {
    const network = { ...declared, driver: declared.driver ?? "overlay" };
    const change = networkChange(network, world);
    if (change === undefined) continue;
    changes.push(change);
    if (change.kind === "create")
      steps.put("create-network", networkStepId(network.name), { network, labels }, change);
  }
  const present = new Set([...swarm.configs, ...swarm.secrets].map(({ name }) => name));
  const wanted = new Set<string>();
  for (const { pair, decision } of decided) {
    for (const stored of storedContents(pair.workload, world.desired)) {
      wanted.add(stored.name);
      if (present.has(stored.name) || !changesService(decision)) continue;
      const own = { ...labels, [labelKeys.content]: "files" };
      const cause = "files of the repository are mounted";
      steps.put("create-stored", storeStepId(stored), { stored, labels: own }, { cause });
    }
  }
  return { steps, changes, wanted };
}

function changesService({ kind }: ServiceDecision): boolean {
  return kind === "create" || kind === "update" || kind === "recreate";
}

interface Planned {
  readonly decided: readonly DecidedService[];
  readonly chains: readonly Chain[];
  readonly removals: readonly ServiceRemoval[];
}

/**
 * The order between services: what a workload depends on comes first, ports are given before they are taken, and what
 * goes away goes last, unless something waits for its port. The service that carries this out is the very last.
 */
function wire({ decided, chains, removals }: Planned, services: ServiceWorld): readonly Step[] {
  const byKey = new Map(decided.map(({ pair }, index) => [pair.workload.key, chains[index]]));
  const givers = portGivers(decided, services);
  const removedPorts = new Map(
    removals.flatMap(({ service, chain }) =>
      (service.spec.EndpointSpec?.Ports ?? []).flatMap(({ PublishedPort }) =>
        PublishedPort && chain.release ? [[PublishedPort, { chain, release: chain.release }] as const] : [],
      ),
    ),
  );
  const early = new Set<Chain>();
  const wired = decided.flatMap(({ pair, decision }, index) => {
    const chain = chains[index];
    const [entry, ...rest] = chain?.steps ?? [];
    if (entry === undefined) return [];
    const { workload } = pair;
    const needs = workload.dependsOn.flatMap(({ workload: key, required }) => {
      const ready = byKey.get(key)?.ready;
      return ready === undefined ? [] : [{ ready, required }];
    });
    const freed = (givers.get(workload.key) ?? []).flatMap((key) => byKey.get(key)?.release ?? []);
    const ports = "spec" in decision ? (decision.spec.EndpointSpec?.Ports ?? []) : [];
    const left = ports.flatMap(({ PublishedPort }) => removedPorts.get(PublishedPort ?? 0) ?? []);
    for (const { chain: removal } of left) early.add(removal);
    const required = needs.filter((need) => need.required).map(({ ready }) => ready);
    const others = needs.filter((need) => !need.required).map(({ ready }) => ready);
    return [
      {
        ...entry,
        dependsOn: unique([...entry.dependsOn, ...required, ...freed, ...left.map(({ release }) => release)]),
        after: unique([...entry.after, ...others]),
      },
      ...rest,
    ];
  });
  const all = [...wired, ...wireRemovals({ decided, chains, removals }, early)];
  return selfLast(all, decided, services);
}

function wireRemovals({ decided, chains, removals }: Planned, early: ReadonlySet<Chain>): readonly Step[] {
  const ready = chains.flatMap((chain) => chain.ready ?? []);
  return removals.flatMap(({ service, chain }) => {
    const [entry, ...rest] = chain.steps;
    if (entry === undefined || early.has(chain)) return chain.steps;
    const key = service.record.workload ?? "";
    // Whoever needed it until now must have its new build first: the old one may come back.
    const users = decided.flatMap(({ pair }, index) =>
      pair.current?.record.needs.includes(key) ? (chains[index]?.ready ?? []) : [],
    );
    const dependents = removals.flatMap((other) =>
      other.service.record.needs.includes(key) && other.service !== service
        ? (other.chain.release ?? [])
        : [],
    );
    const dependsOn = unique([...entry.dependsOn, ...users]);
    return [{ ...entry, dependsOn, after: unique([...entry.after, ...ready, ...dependents]) }, ...rest];
  });
}

/** Updating itself ends this program: whatever else is to be done has been done by then. */
function selfLast(
  steps: readonly Step[],
  decided: readonly DecidedService[],
  { swarm }: ServiceWorld,
): readonly Step[] {
  const own = swarm.ownService;
  const self = decided.find(({ pair }) => own !== undefined && pair.current?.id === own)?.pair.workload.key;
  if (self === undefined) return steps;
  const others = steps.filter(({ change }) => change !== self).map(({ id }) => id);
  return steps.map((step) =>
    step.change === self && step.kind === "update-service"
      ? { ...step, after: unique([...step.after, ...others]) }
      : step,
  );
}

function unique(ids: readonly string[]): readonly string[] {
  return [...new Set(ids)];
}

function lastSteps(
  decided: readonly DecidedService[],
  chains: readonly Chain[],
  removals: readonly ServiceRemoval[],
): ReadonlyMap<string, string> {
  const last = new Map<string, string>();
  for (const [index, { pair, decision }] of decided.entries()) {
    const ready = chains[index]?.ready;
    if (ready !== undefined && pair.current !== undefined && changesService(decision))
      last.set(pair.current.id, ready);
  }
  for (const { service, chain } of removals)
    if (chain.release !== undefined) last.set(service.id, chain.release);
  return last;
}

function facts({ world, swarm, rivalSource }: ServiceWorld, removals: readonly ServiceRemoval[]) {
  const owned = swarm.services.filter(({ ownership }) => ownership.kind === "owned");
  const removed = removals.map(({ service, change }) => service.record.workload ?? change.key);
  return {
    volumesKept: [],
    ownedWorkloads: new Set(owned.flatMap(({ record }) => record.workload ?? [])).size,
    desiredWorkloads: world.desired.workloads.length,
    removedWorkloads: [...new Set(removed)].filter((key) => !world.workloads.has(key)).sort(compareText),
    ...(rivalSource === undefined ? {} : { rivalSource }),
  };
}

function changeOf(entry: DecidedService, services: ServiceWorld): Change {
  const { pair, decision } = entry;
  const { timer } = pair.workload;
  const view = timer === undefined ? {} : { timer: viewOf(serviceTimingOf(pair, timer, services)) };
  const change = { ...plainChangeOf(entry), ...view };
  const standing = "standing" in decision ? decision.standing : undefined;
  if (standing !== undefined) return { ...change, kind: standing.kind, cause: standing.cause };
  const drift = serviceDrift(pair, decision, services);
  return drift === undefined ? change : { ...change, drift };
}

function plainChangeOf({ pair: { workload }, decision }: DecidedService): Change {
  const base = { key: workload.key, subject: "workload", position: workload.origin } as const;
  const due = "due" in decision && decision.due !== undefined;
  switch (decision.kind) {
    case "unchanged":
      return { ...base, kind: "unchanged", fields: [], cause: "as desired", notes: decision.notes };
    case "blocked":
      return { ...base, kind: "blocked", fields: decision.fields, cause: decision.cause, notes: [] };
    case "create":
      return {
        ...base,
        kind: due ? "run" : "create",
        fields: [],
        cause: decision.cause,
        notes: decision.notes,
      };
    case "update": {
      const { fields, cause, notes, rollout } = decision;
      if (due && fields.length === 0) return { ...base, kind: "run", fields, cause, notes };
      const order = rollout === undefined || workload.kind === "job" ? {} : { rollout };
      const isRestart = rollout !== undefined || workload.kind === "job";
      return { ...base, kind: isRestart ? "replace" : "in-place", fields, cause, notes, ...order };
    }
    case "recreate": {
      const { fields, cause, notes, rollout } = decision;
      return { ...base, kind: "replace", fields, cause, notes, rollout };
    }
    case "wait":
      return { ...base, kind: "repair", fields: [], cause: decision.cause, notes: decision.notes };
    default:
      return decision satisfies never;
  }
}
