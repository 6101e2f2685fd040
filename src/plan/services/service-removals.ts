import type { ActualService, ActualStored } from "../../model/actual-swarm.ts";
import type { Change } from "../../model/change.ts";
import type { ServiceSpec } from "../../model/service-spec.ts";
import type { Step } from "../../model/step.ts";
import { actualTarget, type Chain, ChainBuilder } from "../chain.ts";
import { compareText } from "../world.ts";
import { type DecidedService, isRemovable, neededOrphans } from "./decide-services.ts";
import type { ServicePairing } from "./service-pair.ts";
import { orphanServiceHold } from "./service-standing.ts";
import type { ServiceWorld } from "./service-world.ts";

const orphanCause = "no longer in the configuration";

export interface ServiceRemoval {
  readonly service: ActualService;
  readonly change: Change;
  readonly chain: Chain;
}

export interface ServiceRemovals {
  readonly removals: readonly ServiceRemoval[];
  /** Orphans that stay, and why. */
  readonly kept: readonly Change[];
}

/** Owned services that the configuration no longer names; what a person holds or a blocked service needs stays. */
export function planServiceRemovals(
  { orphans }: ServicePairing,
  decided: readonly DecidedService[],
  services: ServiceWorld,
): ServiceRemovals {
  if (!isRemovable(services)) return { removals: [], kept: [] };
  const needed = neededOrphans(decided);
  const removals: ServiceRemoval[] = [];
  const kept: Change[] = [];
  const keys = keysOf(orphans, services);
  for (const service of orphans) {
    const key = keys.get(service) ?? service.name;
    const workload = service.record.workload ?? "";
    const base = { key, subject: "workload", fields: [], notes: [] } as const;
    const hold = orphanServiceHold(workload, services);
    const user = needed.get(workload);
    const isSelf = service.id === services.swarm.ownService;
    if (hold !== undefined) kept.push({ ...base, kind: "held", cause: hold });
    else if (isSelf) kept.push({ ...base, kind: "held", cause: selfCause(service) });
    else if (user !== undefined)
      kept.push({
        ...base,
        kind: "blocked",
        cause: `${orphanCause}, but ${user} still needs it and is blocked`,
      });
    else {
      const chain = new ChainBuilder(key, orphanCause);
      chain.add("remove-service", "remove", { service: actualTarget(service) });
      chain.mark("release");
      const change: Change = { ...base, kind: "remove", cause: orphanCause, notes: keptVolumes(service) };
      removals.push({ service, change, chain: chain.build() });
    }
  }
  return { removals, kept };
}

/** Whoever removes itself does not see its run to the end. */
function selfCause({ name }: ActualService): string {
  return `${orphanCause}, but it is what carries this out: remove it by hand with docker service rm ${name}`;
}

/** The workload's key, with the service where one workload has several. */
function keysOf(
  orphans: readonly ActualService[],
  { world }: ServiceWorld,
): ReadonlyMap<ActualService, string> {
  const counts = Map.groupBy(orphans, ({ record }) => record.workload ?? "");
  return new Map(
    orphans.map((service) => {
      const { workload = service.name } = service.record;
      const isAlone = (counts.get(workload) ?? []).length <= 1 && !world.workloads.has(workload);
      return [service, isAlone ? workload : `${workload} (${service.name})`];
    }),
  );
}

function keptVolumes({ spec }: ActualService): readonly string[] {
  const names = (spec.TaskTemplate.ContainerSpec.Mounts ?? [])
    .flatMap(({ Type, Source }) => (Type === "volume" && Source ? [Source] : []))
    .sort(compareText);
  if (names.length === 0) return [];
  return [
    `its ${names.length > 1 ? "volumes" : "volume"} ${names.join(", ")} ${names.length > 1 ? "stay" : "stays"} on the nodes`,
  ];
}

/** Of a service that changes or goes. */
export interface LastServiceStep {
  /** After it, the spec before this run is no longer in force. */
  readonly step: string;
  /** The service is removed, so that nothing remembers that spec. */
  readonly isGone: boolean;
}

/** By the id of the service. */
export type LastServiceSteps = ReadonlyMap<string, LastServiceStep>;

/**
 * Networks, configs and secrets that nothing needs any more, each after the last service that used it. What stands in the
 * spec that Swarm would roll back to is still needed: only a running spec is protected by Swarm itself.
 */
export function planUnusedOfCluster(
  services: ServiceWorld,
  lastStepOf: LastServiceSteps,
  wanted: { readonly stored: ReadonlySet<string> },
): { readonly steps: readonly Step[]; readonly changes: readonly Change[] } {
  const { world, swarm } = services;
  const steps: Step[] = [];
  const changes: Change[] = [];
  const declared = new Set(world.desired.networks.map(({ name }) => name));
  for (const { container } of world.desired.workloads)
    if (container.network.kind === "networks")
      for (const { network } of container.network.attachments) declared.add(network);
  for (const { id, name, ownership } of world.actual.networks) {
    if (ownership.kind !== "owned" || declared.has(name)) continue;
    const users = swarm.services.filter(({ spec }) => networksOf(spec).includes(name));
    const needs = releasedBy(users, lastStepOf);
    if (needs === undefined) continue;
    const cause = orphanCause;
    const chain = new ChainBuilder(`network ${name}`, cause);
    chain.add("remove-network", "remove", { network: name, id }, needs);
    steps.push(...chain.build().steps);
    changes.push({
      key: `network ${name}`,
      subject: "network",
      kind: "remove",
      fields: [],
      cause,
      notes: [],
    });
  }
  const remove = (kind: "config" | "secret", stored: ActualStored) => {
    if (stored.ownership.kind !== "owned" || !stored.holdsFiles || wanted.stored.has(stored.name)) return;
    const needs = neededUntil(stored.name, kind, swarm.services, lastStepOf);
    if (needs === undefined) return;
    const cause = `no service uses this version of the ${kind}`;
    const key = `${kind} ${stored.name}`;
    const chain = new ChainBuilder(key, cause);
    chain.add("remove-stored", "remove", { kind, name: stored.name, id: stored.id }, needs);
    steps.push(...chain.build().steps);
    changes.push({ key, subject: "files", kind: "remove", fields: [], cause, notes: [] });
  };
  for (const stored of swarm.configs) remove("config", stored);
  for (const stored of swarm.secrets) remove("secret", stored);
  return { steps, changes };
}

export function networksOf({ TaskTemplate }: ServiceSpec): readonly string[] {
  return (TaskTemplate.Networks ?? []).map(({ Target }) => Target);
}

/** The steps after which none of these services uses it; `undefined` when one of them stays. */
function releasedBy(
  users: readonly ActualService[],
  lastStepOf: LastServiceSteps,
): readonly string[] | undefined {
  const steps = users.map(({ id }) => lastStepOf.get(id)?.step);
  return steps.every((step) => step !== undefined) ? [...new Set(steps)] : undefined;
}

/**
 * An update makes the present spec the one to go back to, and forgets the one before: what only that one names goes with
 * the update, what the present one names has to stay until the next.
 */
function neededUntil(
  name: string,
  kind: "config" | "secret",
  all: readonly ActualService[],
  lastStepOf: LastServiceSteps,
): readonly string[] | undefined {
  const needs: string[] = [];
  for (const { id, spec, previousSpec } of all) {
    const isPresent = storedNames(spec, kind).includes(name);
    const isBefore = previousSpec !== undefined && storedNames(previousSpec, kind).includes(name);
    if (!isPresent && !isBefore) continue;
    const last = lastStepOf.get(id);
    if (last === undefined || (isPresent && !last.isGone)) return undefined;
    needs.push(last.step);
  }
  return [...new Set(needs)];
}

function storedNames({ TaskTemplate }: ServiceSpec, kind: "config" | "secret"): readonly string[] {
  const { Configs = [], Secrets = [] } = TaskTemplate.ContainerSpec;
  return kind === "config"
    ? Configs.map(({ ConfigName }) => ConfigName)
    : Secrets.map(({ SecretName }) => SecretName);
}
