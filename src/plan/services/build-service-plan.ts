import type { ActualSwarm } from "../../model/actual-swarm.ts";
import type { Change } from "../../model/change.ts";
import { labelKeys } from "../../model/ownership.ts";
import type { Plan } from "../../model/plan.ts";
import { storedContents } from "../../swarm/stored-contents.ts";
import type { Chain } from "../chain.ts";
import { networkChange, networkStepId, SharedSteps } from "../infrastructure.ts";
import { objectLabels } from "../labels.ts";
import { inOrder } from "../order.ts";
import { viewOf } from "../timed.ts";
import { compareText, type World } from "../world.ts";
import type { ServiceDecision } from "./assess-service.ts";
import { type DecidedService, decideServices } from "./decide-services.ts";
import { pairServices } from "./service-pair.ts";
import {
  type LastServiceStep,
  type LastServiceSteps,
  planServiceRemovals,
  planUnusedOfCluster,
  type ServiceRemoval,
} from "./service-removals.ts";
import { serviceDrift } from "./service-standing.ts";
import { serviceChain, storeStepId } from "./service-steps.ts";
import { createServiceWorld, type ServiceWorld } from "./service-world.ts";
import { serviceTimingOf } from "./timed-service.ts";
import { ownServiceLast, wireServices } from "./wire-services.ts";

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
  const steps = wireServices({ decided, chains, removals }, services);
  const changes = [
    ...decided.map((entry) => changeOf(entry, services)),
    ...shared.changes,
    ...removals.map(({ change }) => change),
    ...kept,
    ...unused.changes,
  ];
  return {
    changes: changes.sort((a, b) => compareText(a.key, b.key)),
    steps: inOrder(ownServiceLast([...shared.steps.all(), ...steps, ...unused.steps], swarm.ownService)),
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

function lastSteps(
  decided: readonly DecidedService[],
  chains: readonly Chain[],
  removals: readonly ServiceRemoval[],
): LastServiceSteps {
  const last = new Map<string, LastServiceStep>();
  for (const [index, { pair, decision }] of decided.entries()) {
    const step = chains[index]?.ready;
    if (step !== undefined && pair.current !== undefined && changesService(decision))
      last.set(pair.current.id, { step, isGone: decision.kind === "recreate" });
  }
  for (const { service, chain } of removals)
    if (chain.release !== undefined) last.set(service.id, { step: chain.release, isGone: true });
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
