/** What must hold on a Swarm after a fault, each as a list of what is wrong. */
import { difference } from "../checks.ts";
import type { CaseNames } from "../rollout.ts";
import { runningTasks, type SeenConfig, type SeenService, type SwarmBelongings } from "./objects.ts";
import type { SwarmOutcome } from "./rollouts.ts";

/** `files` of the repository, or the project's own memory: `state` and `lock`. */
const contentOf = ({ Spec }: SeenConfig) => Spec.Labels?.["mysysconfig.content"];

/** Exactly what the rollout says is there, and nothing of it on its way elsewhere. */
export function outcomeProblems(found: SwarmBelongings, { p }: CaseNames, outcome: SwarmOutcome): string[] {
  const short = (list: readonly string[]) => list.map((name) => name.replace(p, ""));
  const services = found.services.map((service) => {
    const { Name, TaskTemplate } = service.Spec;
    const { Image } = TaskTemplate.ContainerSpec;
    return `${Name.replace(p, "")}: ${runningText(Image, wantedTasks(found, service).length)}`;
  });
  const wanted = Object.entries(outcome.services).map(
    ([name, { image, tasks }]) => `${name}: ${runningText(image, tasks)}`,
  );
  const files = found.configs.filter((config) => contentOf(config) === "files");
  return [
    ...difference("services", services, wanted),
    ...difference("networks", short(found.networks), outcome.networks),
    ...difference("configs with files", [String(files.length)], [String(outcome.fileConfigs)]),
    ...difference("volumes", short(found.volumes.map(({ Name }) => Name)), outcome.volumes),
    ...found.services.flatMap(({ Spec, UpdateStatus }) => {
      const state = UpdateStatus?.State ?? "";
      const isOver = ["", "completed", "rollback_completed"].includes(state);
      return isOver ? [] : [`the update of ${Spec.Name.replace(p, "")} is ${state}`];
    }),
  ];
}

const runningText = (image: string, tasks: number) => `${tasks} of ${image}`;

/** Those that are to run and do, of the image that the service has now. */
function wantedTasks(found: SwarmBelongings, { ID, Spec }: SeenService) {
  const { Image } = Spec.TaskTemplate.ContainerSpec;
  return found.tasks.filter(
    (task) =>
      task.ServiceID === ID &&
      task.DesiredState === "running" &&
      task.Status.State === "running" &&
      task.Spec.ContainerSpec.Image === Image,
  );
}

export function serveProblems(
  found: SwarmBelongings,
  { p }: CaseNames,
  name: string,
  when: string,
): string[] {
  const isServing = runningTasks(found, `${p}${name}`).length > 0;
  return isServing ? [] : [`no task of ${name} runs ${when}`];
}

/** A run that ends by itself leaves no lock: the next one would have to wait for it. */
export function lockProblems({ configs }: SwarmBelongings): string[] {
  const locks = configs.filter((config) => contentOf(config) === "lock");
  return locks.map(({ Spec }) => `the lock ${Spec.Name} was left`);
}

interface HeadText {
  readonly documents?: readonly { readonly parts?: readonly string[] }[];
  readonly leftovers?: readonly string[];
}

/**
 * Every config of the memory is told by the one whose label says which of them count: what nobody knows of would never be
 * removed, and what is counted but gone could not be read.
 */
export function stateProblems({ configs }: SwarmBelongings): string[] {
  const memory = configs.filter((config) => contentOf(config) === "state");
  const heads = memory.filter(({ Spec }) => Spec.Labels?.["mysysconfig.state"] !== undefined);
  if (heads.length > 1) return [`there are ${heads.length} heads of the memory`];
  const text = heads[0]?.Spec.Labels?.["mysysconfig.state"];
  if (text === undefined) return memory.map(({ Spec }) => `part ${Spec.Name} of a memory without a head`);
  const head = JSON.parse(text) as HeadText;
  const counted = (head.documents ?? []).flatMap(({ parts = [] }) => parts);
  const there = new Set(memory.map(({ Spec }) => Spec.Name));
  const known = new Set([...counted, ...(head.leftovers ?? []), heads[0]?.Spec.Name]);
  return [
    ...counted.filter((name) => !there.has(name)).map((name) => `part ${name} of the memory is gone`),
    ...[...there].filter((name) => !known.has(name)).map((name) => `nobody knows of part ${name}`),
  ];
}

/** Volumes are never removed and never made anew. */
export function lostVolumes(before: SwarmBelongings, after: SwarmBelongings): string[] {
  return before.volumes.flatMap(({ Name, CreatedAt }) => {
    const now = after.volumes.find((volume) => volume.Name === Name);
    if (now?.CreatedAt === CreatedAt) return [];
    return [`volume ${Name} ${now === undefined ? "was lost" : "was made anew"}`];
  });
}
