import type { ActualState, EngineFacts, ObserveScope } from "../../model/actual-state.ts";
import type { ActualStored, ActualSwarm } from "../../model/actual-swarm.ts";
import { ReconcilerError } from "../../model/errors.ts";
import { labelKeys, ownerLabels } from "../../model/ownership.ts";
import { toActualNetwork } from "../actual-objects.ts";
import { compareText } from "../compact.ts";
import type { EngineClient } from "../engine-client.ts";
import { isManagerImage } from "../observe.ts";
import {
  networkIds,
  tasksByService,
  toActualNodes,
  toActualService,
  toActualStored,
} from "./actual-service.ts";
import type { ServiceAnswer, StoredAnswer } from "./answers.ts";
import { findDigests } from "./image-digests.ts";
import {
  listNamedStored,
  listNetworks,
  listNodes,
  listOwnStored,
  listServices,
  listTasks,
  type StoredKind,
} from "./manager-calls.ts";
import type { KnownNetworks } from "./network-names.ts";

/** What an observation of a cluster has at hand. */
export interface SwarmSight {
  readonly client: EngineClient;
  readonly networks: KnownNetworks;
  /** A docker `config.json` with registry credentials. */
  readonly registryConfigPath: string | undefined;
  /** Id of the service that this program is a task of. */
  readonly ownService: Promise<string | undefined>;
}

/**
 * Takes the snapshot of a cluster that a plan is made from, from a few lists and nothing for each object. When a manager
 * cannot tell one of them there is no snapshot: what is not known must not read as gone.
 *
 * @throws ReconcilerError `swarm-unavailable` when nobody leads the Swarm, it is locked, or this Engine is no manager
 */
export async function observeSwarm(
  { client, networks: known, registryConfigPath, ownService: finding }: SwarmSight,
  scope: ObserveScope,
  facts: Promise<EngineFacts>,
  signal: AbortSignal,
): Promise<ActualState> {
  const [engine, ownService, services, tasks, nodes, networks, configs, secrets] = await Promise.all([
    facts,
    finding,
    listServices(client, signal),
    listTasks(client, undefined, signal),
    listNodes(client, signal),
    listNetworks(client, signal),
    listStoredInScope(client, "config", scope, signal),
    listStoredInScope(client, "secret", scope, signal),
  ]);
  assertManager(engine);
  known.learn(networks);
  const nameOf = await known.complete(client, networkIds(services, tasks), signal);
  const byService = tasksByService(tasks, nameOf);
  const actual = services
    .map((service) => toActualService(service, byService.get(service.ID) ?? [], scope.owner, nameOf))
    .sort((a, b) => compareText(a.name, b.name));
  const digests = await findDigests(client, scope.images, actual, registryConfigPath, signal);
  const swarm: ActualSwarm = {
    ...{ nodes: toActualNodes(nodes), services: actual },
    ...{ configs: toStored(configs, scope), secrets: toStored(secrets, scope) },
    ...digests,
    ...(ownService === undefined ? {} : { ownService }),
  };
  return {
    engine,
    swarm,
    ...nothingOfOneNode,
    otherManagers: toOtherManagers(services),
    networks: networks
      .map((network) => toActualNetwork(network, scope.owner))
      .sort((a, b) => compareText(a.name, b.name) || compareText(a.id, b.id)),
  };
}

/** Containers, volumes and images are the affair of each node. */
const nothingOfOneNode = {
  containers: [],
  publishedPorts: [],
  imagesOfOthers: new Set<string>(),
  volumes: [],
  images: new Map(),
} satisfies Partial<ActualState>;

/** The lists would fail, too; this says why in better words, and no answer can slip through between two states. */
function assertManager({ swarm, swarmProblem }: EngineFacts): void {
  if (swarm === "manager" && swarmProblem === undefined) return;
  const problem = swarmProblem ?? "this Engine is in no Swarm";
  throw new ReconcilerError("swarm-unavailable", `observe the Swarm: ${problem}`, {
    hint: "connect to a manager of the Swarm: docker info and docker node ls show its state",
  });
}

async function listStoredInScope(
  client: EngineClient,
  kind: StoredKind,
  { owner, storedNames = new Set() }: ObserveScope,
  signal: AbortSignal,
): Promise<readonly StoredAnswer[]> {
  const labels = { ...ownerLabels(owner), [labelKeys.content]: "files" };
  const [own, named] = await Promise.all([
    listOwnStored(client, kind, labels, signal),
    listNamedStored(client, kind, storedNames, signal),
  ]);
  return [...new Map([...own, ...named].map((stored) => [stored.ID, stored])).values()];
}

function toStored(found: readonly StoredAnswer[], { owner }: ObserveScope): readonly ActualStored[] {
  return found.map((stored) => toActualStored(stored, owner)).sort((a, b) => compareText(a.name, b.name));
}

/** Services of tools that change services by themselves. */
function toOtherManagers(services: readonly ServiceAnswer[]): readonly string[] {
  return services
    .map(({ Spec }) => ({ name: Spec.Name, image: Spec.TaskTemplate.ContainerSpec?.Image ?? "" }))
    .filter(({ image }) => isManagerImage(image))
    .map(({ name, image }) => `${name} (${image})`)
    .sort(compareText);
}
