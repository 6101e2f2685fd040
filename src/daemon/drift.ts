import { familiarReference, parseImageRef } from "../model/image-ref.ts";
import { labelKeys, type Owner, ownershipOf } from "../model/ownership.ts";
import type { EngineEvent } from "../ports.ts";
import { imagePath } from "./followed.ts";
import type { RunOutcome } from "./run-once.ts";

/** What events are compared with: what is ours, as the last run saw it. */
export interface Ours {
  readonly owner: Owner;
  /** Container id → key of its workload. */
  readonly containers: ReadonlyMap<string, string>;
  /** Service id → key of its workload. */
  readonly services: ReadonlyMap<string, string>;
  readonly networks: ReadonlySet<string>;
  readonly volumes: ReadonlySet<string>;
  /** The image that is followed, as people write it. */
  readonly image?: string;
  /** Paths of the images that the configuration runs; absent when the newest one could not be used. */
  readonly images?: ReadonlySet<string>;
}

/** What an event may mean. */
export type Meaning =
  | {
      readonly kind: "drift";
      /** The workload, network or volume: events of the same one belong together. */
      readonly source: string;
      /** `web: removed` */
      readonly what: string;
    }
  | { readonly kind: "image" }
  /** A run of a job with a timer has ended, as it should. */
  | { readonly kind: "job"; readonly job: string };

/** Words for what happened to a container; other actions are nothing to look at. */
const containerActions: Readonly<Record<string, string>> = {
  die: "ended",
  destroy: "removed",
  pause: "paused",
  rename: "renamed",
  update: "changed",
  oom: "ran out of memory",
  "health_status: unhealthy": "became unhealthy",
};

const imageActions: readonly string[] = ["tag", "pull", "load"];

/** Decides whether an event concerns what is ours; total on whatever the attributes hold. */
export function meaningOf(event: EngineEvent, ours: Ours): Meaning | undefined {
  switch (event.subject) {
    case "container":
      return ofContainer(event, ours);
    case "network":
      return ofNetwork(event, ours);
    case "volume":
      return event.action === "destroy" && ours.volumes.has(event.id)
        ? drift(`volume ${event.id}`, "removed")
        : undefined;
    case "service":
      return ofService(event, ours);
    case "node":
      return event.action === "update" && isOutage(event) ? drift("nodes", nodeText(event)) : undefined;
    case "image":
      return isFollowed(event, ours) ? { kind: "image" } : undefined;
    default:
      return event.subject satisfies never;
  }
}

function ofContainer({ action, id, attributes }: EngineEvent, ours: Ours): Meaning | undefined {
  const word = Object.hasOwn(containerActions, action) ? containerActions[action] : undefined;
  if (word === undefined) return undefined;
  const isOwned = ownershipOf(attributes, ours.owner).kind === "owned";
  const workload = ours.containers.get(id) ?? (isOwned ? attributes[labelKeys.workload] : undefined);
  // Without a workload it holds our own state.
  if (workload === undefined) return undefined;
  const isTimedJob = isOwned && attributes[labelKeys.timer] !== undefined;
  return action === "die" && isTimedJob ? { kind: "job", job: workload } : drift(workload, word);
}

/** Every update of a service is told, our own ones as well: the look that follows finds nothing to do. */
function ofService({ action, id, attributes }: EngineEvent, ours: Ours): Meaning | undefined {
  const workload = ours.services.get(id);
  if (workload === undefined) return undefined;
  if (action === "remove") return drift(workload, "removed");
  const state = attributes["updatestate.new"] ?? "";
  return action === "update" ? drift(workload, state === "" ? "changed" : `update ${state}`) : undefined;
}

/** A node that comes or goes moves tasks; its other changes are no affair of ours. */
function isOutage({ attributes }: EngineEvent): boolean {
  return attributes["state.new"] !== undefined || attributes["availability.new"] !== undefined;
}

function nodeText({ id, attributes }: EngineEvent): string {
  const name = attributes["name"] ?? id.slice(0, 12);
  return `${name} ${attributes["state.new"] ?? attributes["availability.new"] ?? "changed"}`;
}

function ofNetwork({ action, attributes }: EngineEvent, ours: Ours): Meaning | undefined {
  const name = attributes["name"] ?? "";
  if (action === "destroy" || action === "remove")
    return ours.networks.has(name) ? drift(`network ${name}`, "removed") : undefined;
  const workload = ours.containers.get(attributes["container"] ?? "");
  if (workload === undefined || action !== "disconnect") return undefined;
  return drift(workload, `disconnected from ${name}`);
}

function isFollowed({ action, id, attributes }: EngineEvent, { image }: Ours): boolean {
  if (image === undefined || !imageActions.includes(action)) return false;
  return [id, attributes["name"] ?? ""].some((text) => {
    const ref = parseImageRef(text);
    return typeof ref !== "string" && familiarReference(ref) === image;
  });
}

function drift(source: string, what: string): Meaning {
  return { kind: "drift", source, what: `${source}: ${what}` };
}

/** What is ours after a run. */
export function oursOf(
  { run: { desired }, actual, configuration, problem }: RunOutcome,
  image: string | undefined,
): Ours {
  const owned = actual.containers.filter(({ ownership }) => ownership.kind === "owned");
  const workloads = [...desired.workloads, ...configuration.desired.workloads];
  // A configuration that cannot be used may name others.
  const images =
    problem === undefined
      ? new Set(workloads.flatMap(({ container }) => imagePath(container.image) ?? []))
      : undefined;
  return {
    owner: { project: desired.environment.project, environment: desired.environment.name },
    containers: new Map(
      owned.flatMap(({ id, record }) => (record.workload === undefined ? [] : [[id, record.workload]])),
    ),
    services: new Map(
      (actual.swarm?.services ?? []).flatMap(({ id, ownership, record }) =>
        ownership.kind === "owned" && record.workload !== undefined ? [[id, record.workload] as const] : [],
      ),
    ),
    networks: new Set(desired.networks.map(({ name }) => name)),
    volumes: new Set(desired.volumes.map(({ name }) => name)),
    ...(image === undefined ? {} : { image }),
    ...(images === undefined ? {} : { images }),
  };
}
