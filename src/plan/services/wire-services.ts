import type { Step } from "../../model/step.ts";
import type { Chain } from "../chain.ts";
import { type DecidedService, portGivers, specAfter } from "./decide-services.ts";
import { type PublishedPort, publishedPorts } from "./service-ports.ts";
import type { ServiceRemoval } from "./service-removals.ts";
import type { ServiceWorld } from "./service-world.ts";

export interface PlannedServices {
  readonly decided: readonly DecidedService[];
  /** Of each decision, in their order. */
  readonly chains: readonly Chain[];
  readonly removals: readonly ServiceRemoval[];
}

/**
 * The order between services: what a workload depends on comes first, ports are given before they are taken, and what
 * goes away goes last, unless something waits for its port.
 */
export function wireServices(planned: PlannedServices, services: ServiceWorld): readonly Step[] {
  const { decided, chains, removals } = planned;
  const own = services.swarm.ownService;
  const chainOf = new Map(decided.map(({ pair }, index) => [pair.workload.key, chains[index]]));
  const self = decided.find(({ pair }) => own !== undefined && pair.current?.id === own)?.pair.workload.key;
  const givers = portGivers(decided, services);
  const early = new Set<Chain>();
  const wired = decided.flatMap(({ pair, decision }, index) => {
    const [entry, ...rest] = chains[index]?.steps ?? [];
    if (entry === undefined) return [];
    const { key, dependsOn } = pair.workload;
    // The service that carries this out runs already, and is updated when all others have been.
    const needs = dependsOn.flatMap(({ workload, required }) => {
      const ready = workload === self ? undefined : chainOf.get(workload)?.ready;
      return ready === undefined ? [] : [{ ready, required }];
    });
    // Until the new build of the giver has proved itself, the old one may come back, and its port with it.
    const freed = (givers.get(key) ?? []).flatMap((giver) => chainOf.get(giver)?.ready ?? []);
    const left = removalsFor(publishedPorts(specAfter(decision)), removals);
    for (const { chain } of left) early.add(chain);
    const required = needs.filter((need) => need.required).map(({ ready }) => ready);
    const others = needs.filter((need) => !need.required).map(({ ready }) => ready);
    const released = left.flatMap(({ chain }) => chain.release ?? []);
    return [
      {
        ...entry,
        dependsOn: unique([...entry.dependsOn, ...required, ...freed, ...released]),
        after: unique([...entry.after, ...others]),
      },
      ...rest,
    ];
  });
  return [...wired, ...wireRemovals(planned, early)];
}

/** Removals of services that hold one of these ports; the tasks of a host port wait until it is free on their node. */
function removalsFor(
  ports: readonly PublishedPort[],
  removals: readonly ServiceRemoval[],
): readonly ServiceRemoval[] {
  if (ports.length === 0) return [];
  return removals.filter(({ service }) =>
    publishedPorts(service.spec).some((held) => ports.some(({ port }) => port === held.port)),
  );
}

function wireRemovals(
  { decided, chains, removals }: PlannedServices,
  early: ReadonlySet<Chain>,
): readonly Step[] {
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

/**
 * Updating or removing its own service ends this program: by then everything else is done, but for what cannot be done
 * before.
 */
export function ownServiceLast(steps: readonly Step[], own: string | undefined): readonly Step[] {
  const last = new Set(steps.filter((step) => isAbout(step, own)).map(({ id }) => id));
  if (last.size === 0) return steps;
  const behind = new Set(last);
  for (let before = 0; before !== behind.size; ) {
    before = behind.size;
    for (const { id, dependsOn } of steps) if (dependsOn.some((need) => behind.has(need))) behind.add(id);
  }
  const others = steps.filter(({ id }) => !behind.has(id)).map(({ id }) => id);
  return steps.map((step) =>
    last.has(step.id)
      ? { ...step, after: others }
      : { ...step, after: step.after.filter((id) => behind.has(step.id) || !behind.has(id)) },
  );
}

function isAbout({ kind, payload }: Step, own: string | undefined): boolean {
  if (own === undefined || (kind !== "update-service" && kind !== "remove-service")) return false;
  return "service" in payload && payload.service.kind === "actual" && payload.service.id === own;
}

function unique(ids: readonly string[]): readonly string[] {
  return [...new Set(ids)];
}
