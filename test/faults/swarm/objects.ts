/** What of a Swarm belongs to a case, and how it is removed. */
import { EngineError } from "../../../deploy/lab/engine-api.ts";
import { waitUntil } from "../../../deploy/lab/waiting.ts";
import type { EngineClient } from "../../support/engine-client.ts";
import type { CaseNames } from "../rollout.ts";

export interface SeenService {
  readonly ID: string;
  readonly Version: { readonly Index: number };
  readonly Spec: {
    readonly Name: string;
    readonly Labels?: Readonly<Record<string, string>> | null;
    readonly TaskTemplate: { readonly ContainerSpec: { readonly Image: string } };
  };
  readonly UpdateStatus?: { readonly State?: string } | null;
}

export interface SeenTask {
  readonly ID: string;
  readonly ServiceID: string;
  readonly DesiredState: string;
  readonly Spec: { readonly ContainerSpec: { readonly Image: string } };
  readonly Status: {
    readonly State: string;
    readonly ContainerStatus?: { readonly ContainerID?: string } | null;
  };
}

export interface SeenConfig {
  readonly ID: string;
  readonly Spec: { readonly Name: string; readonly Labels?: Readonly<Record<string, string>> | null };
}

interface SeenVolume {
  readonly Name: string;
  readonly CreatedAt: string;
}

/** The Swarm's objects that belong to a case. */
export interface SwarmBelongings {
  readonly services: readonly SeenService[];
  /** Of these services. */
  readonly tasks: readonly SeenTask[];
  readonly networks: readonly string[];
  readonly configs: readonly SeenConfig[];
  /** Of its only node. */
  readonly volumes: readonly SeenVolume[];
}

type Labels = Readonly<Record<string, string>> | null | undefined;

/** By name or by owner, whatever of both is wrong. */
const isOf = ({ p }: CaseNames, name: string, labels: Labels) =>
  name.startsWith(p) || labels?.["mysysconfig.project"] === `${p}project`;

export async function belongingsOf(engine: EngineClient, names: CaseNames): Promise<SwarmBelongings> {
  const { api } = engine;
  const [services, tasks, networks, configs, { Volumes }] = await Promise.all([
    api.call<SeenService[]>("GET", "/services"),
    api.call<SeenTask[]>("GET", "/tasks"),
    engine.networks(names.p),
    api.call<SeenConfig[]>("GET", "/configs"),
    api.call<{ Volumes: SeenVolume[] | null }>("GET", "/volumes"),
  ]);
  const own = services.filter(({ Spec }) => isOf(names, Spec.Name, Spec.Labels));
  const ids = new Set(own.map(({ ID }) => ID));
  return {
    services: own,
    tasks: tasks.filter(({ ServiceID }) => ids.has(ServiceID)),
    networks: networks.map(({ Name }) => Name),
    configs: configs.filter(({ Spec }) => isOf(names, Spec.Name, Spec.Labels)),
    volumes: (Volumes ?? []).filter(({ Name }) => Name.startsWith(names.p)),
  };
}

/** A build that is rolled back is watched by Swarm, stopped, and the one before is started. */
const settleMs = 60_000;

/** Until Swarm has brought to its end what it does by itself, and these services run; what does not is told by others. */
export async function settled(
  engine: EngineClient,
  names: CaseNames,
  services: readonly string[],
): Promise<void> {
  const isMoving = ({ UpdateStatus }: SeenService) =>
    ["updating", "rollback_started"].includes(UpdateStatus?.State ?? "");
  await waitUntil("Swarm to settle", settleMs, async () => {
    const found = await belongingsOf(engine, names);
    const isOver = services.every((name) => runningTasks(found, `${names.p}${name}`).length > 0);
    return isOver && !found.services.some(isMoving) ? true : undefined;
  }).catch(() => {});
}

/** Any task that runs, of whatever build. */
export function runningTasks({ services, tasks }: SwarmBelongings, name: string): readonly SeenTask[] {
  const service = services.find(({ Spec }) => Spec.Name === name);
  return tasks.filter(({ ServiceID, Status }) => ServiceID === service?.ID && Status.State === "running");
}

/** A task may outlive its service for a moment, and hold what it uses. */
const freeMs = 30_000;

/** Removes everything of a case; what its tasks leave of containers is ended at once. */
export async function removeAll(engine: EngineClient, names: CaseNames): Promise<void> {
  const { api } = engine;
  const { services, configs } = await belongingsOf(engine, names);
  for (const { ID } of services) await api.call("DELETE", `/services/${ID}`);
  const filters = { name: [`^/?${names.p}`] };
  await waitUntil(`the containers of ${names.p} to be gone`, freeMs, async () => {
    const left = await engine.list(filters);
    await Promise.all(left.map(({ Id }) => ifThere(() => engine.remove(Id))));
    return left.length === 0 ? true : undefined;
  });
  for (const { ID } of configs) await api.call("DELETE", `/configs/${ID}`);
  for (const { Id, Name } of await engine.networks(names.p))
    await waitUntil(`network ${Name} to be free`, freeMs, () => removedIfFree(engine, `/networks/${Id}`));
  for (const name of await engine.volumes(names.p))
    await waitUntil(`volume ${name} to be free`, freeMs, () => removedIfFree(engine, `/volumes/${name}`));
}

async function removedIfFree({ api }: EngineClient, path: string): Promise<true | undefined> {
  try {
    await ifThere(() => api.call("DELETE", path));
    return true;
  } catch (error) {
    if (error instanceof EngineError && /in use|active endpoints/.test(error.message)) return undefined;
    throw error;
  }
}

/** The node removes containers, too; both at once is a conflict. */
async function ifThere(remove: () => Promise<unknown>): Promise<void> {
  try {
    await remove();
  } catch (error) {
    if (error instanceof EngineError && (error.status === 404 || error.status === 409)) {
      if (!/in use/.test(error.message)) return;
    }
    throw error;
  }
}
