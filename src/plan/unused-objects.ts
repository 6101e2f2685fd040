import type { ActualContainer } from "../model/actual-state.ts";
import type { Change } from "../model/change.ts";
import type { Step, StepPayloads } from "../model/step.ts";
import { ChainBuilder } from "./chain.ts";
import { push } from "./takes.ts";
import type { World } from "./world.ts";

/** For every container that goes away or lets go, the step after which it has. */
export type LastSteps = ReadonlyMap<string, string>;

export interface UnusedObjects {
  readonly steps: readonly Step[];
  readonly changes: readonly Change[];
}

const causes = {
  network: "no longer in the configuration",
  files: "no workload uses this version of the files",
  image: "nothing needs this build any more",
} as const;

/**
 * Removal of networks, file volumes and images that nothing uses any more, each after the last container that used it.
 * One whose user stays (because it failed, is blocked or kept for a rollback) is left for a later run.
 */
export function planUnusedObjects(world: World, lastStepOf: LastSteps): UnusedObjects {
  const users = findUsers(world);
  const wanted = wantedNames(world);
  const steps: Step[] = [];
  const changes: Change[] = [];
  const plan = <K extends "remove-network" | "remove-files" | "remove-image">(
    kind: K,
    subject: keyof typeof causes,
    payload: StepPayloads[K],
    name: string,
    found: readonly ActualContainer[],
  ) => {
    const needs = releasedBy(found, lastStepOf);
    if (needs === undefined) return;
    const key = `${subject} ${name}`;
    const cause = causes[subject];
    const chain = new ChainBuilder(key, cause);
    chain.add(kind, "remove", payload, needs);
    steps.push(...chain.build().steps);
    changes.push({ key, subject, kind: "remove", fields: [], cause, notes: [] });
  };
  for (const { id, name, ownership } of world.actual.networks) {
    if (ownership.kind !== "owned" || wanted.has(`network ${name}`)) continue;
    plan("remove-network", "network", { network: name, id }, name, users.get(id) ?? []);
  }
  for (const { name, ownership, holdsFiles } of world.actual.volumes) {
    if (ownership.kind !== "owned" || !holdsFiles || wanted.has(`files ${name}`)) continue;
    plan("remove-files", "files", { volume: name }, name, users.get(name) ?? []);
  }
  for (const { image, id } of unneededImages(world))
    plan("remove-image", "image", { image }, image, users.get(id) ?? []);
  return { steps, changes };
}

/** Images that the environment ran, are still there, and are neither wanted nor good nor used by somebody else. */
function unneededImages({ desired, actual, ledger }: World): readonly { image: string; id: string }[] {
  if (desired.environment.prune.images !== "unused") return [];
  const needed = new Set(desired.workloads.map(({ container }) => container.image));
  for (const { image } of ledger.good) needed.add(image);
  return ledger.images.flatMap((image) => {
    const id = actual.images.get(image)?.id;
    if (id === undefined || needed.has(image) || actual.imagesOfOthers.has(id)) return [];
    return [{ image, id }];
  });
}

/** Containers by the id of a network or an image and by the name of a file volume that they use. */
function findUsers({ actual }: World): ReadonlyMap<string, readonly ActualContainer[]> {
  const users = new Map<string, ActualContainer[]>();
  for (const container of actual.containers) {
    push(users, container.imageId, container);
    for (const id of new Set(Object.values(container.networkIds))) push(users, id, container);
    const sets = container.spec.mounts.flatMap((mount) => (mount.kind === "files" ? [mount.fileSet] : []));
    for (const fileSet of new Set(sets)) push(users, fileSet, container);
  }
  return users;
}

/** Declared ones, and networks that a workload names without declaring them. */
function wantedNames({ desired }: World): ReadonlySet<string> {
  const wanted = new Set(desired.networks.map(({ name }) => `network ${name}`));
  for (const { name } of desired.fileSets) wanted.add(`files ${name}`);
  for (const { container } of desired.workloads)
    if (container.network.kind === "networks")
      for (const { network } of container.network.attachments) wanted.add(`network ${network}`);
  return wanted;
}

/** The steps after which none of these containers uses it; `undefined` when one of them stays. */
function releasedBy(users: readonly ActualContainer[], lastStepOf: LastSteps): readonly string[] | undefined {
  const steps = users.map((user) => lastStepOf.get(user.id));
  return steps.every((step) => step !== undefined) ? [...new Set(steps)] : undefined;
}
