/** What must hold on an Engine after a fault, each as a list of what is wrong. */
import type { EngineClient, InspectedContainer } from "../../support/engine-client.ts";
import { difference } from "../checks.ts";
import type { CaseNames } from "../rollout.ts";
import type { EngineService, Outcome } from "./rollouts.ts";

/** The Engine's objects that belong to a case. */
export interface Belongings {
  readonly containers: readonly InspectedContainer[];
  readonly networks: readonly string[];
  readonly volumes: readonly Volume[];
}

interface Volume {
  readonly Name: string;
  readonly CreatedAt: string;
  readonly Labels: Readonly<Record<string, string>> | null;
}

export async function belongingsOf(engine: EngineClient, { p }: CaseNames): Promise<Belongings> {
  const label = `mysysconfig.project=${p}project`;
  const filters = JSON.stringify({ label: [label] });
  const [owned, named, networks, { Volumes }, labelled] = await Promise.all([
    engine.inspectAll(label),
    engine.list({ name: [`^/${p}`] }),
    engine.networks(p),
    engine.api.call<{ Volumes: Volume[] | null }>("GET", "/volumes"),
    engine.api.call<{ Volumes: Volume[] | null }>("GET", "/volumes", { query: { filters } }),
  ]);
  const known = new Set(owned.map(({ Id }) => Id));
  const others = await Promise.all(
    named.filter(({ Id }) => !known.has(Id)).map(({ Id }) => engine.inspect(Id)),
  );
  const volumes = [...(Volumes ?? []).filter(({ Name }) => Name.startsWith(p)), ...(labelled.Volumes ?? [])];
  return {
    containers: [...owned, ...others.flatMap((one) => (one === undefined ? [] : [one]))],
    networks: networks.map(({ Name }) => Name),
    volumes: [...new Map(volumes.map((volume) => [volume.Name, volume])).values()],
  };
}

/** Exactly what the rollout says is there. */
export function outcomeProblems(found: Belongings, { p }: CaseNames, outcome: Outcome): string[] {
  const describe = ({ Config, State, HostConfig }: InspectedContainer) =>
    `${Config.Image} ${stateOf(State)}${policyOf(State, HostConfig)}`;
  const containers = found.containers
    .filter((one) => !isMemory(one))
    .map((one) => `${shortName(one.Name, p)}: ${describe(one)}`);
  const wanted = Object.entries(outcome.containers).map(
    ([name, { image, is }]) => `${name}: ${image} ${is === "running" ? "running, always" : "finished"}`,
  );
  const ownVolumes = found.volumes.filter((volume) => contentOf(volume.Labels) === undefined);
  const files = found.volumes.filter((volume) => contentOf(volume.Labels) === "files");
  const short = (list: readonly string[]) => list.map((name) => name.replace(p, ""));
  return [
    ...difference("containers", containers, wanted),
    ...difference("networks", short(found.networks), outcome.networks),
    ...difference("volumes", short(ownVolumes.map(({ Name }) => Name)), outcome.volumes),
    ...difference("volumes with files", [String(files.length)], [String(outcome.fileVolumes)]),
  ];
}

/** `files` of the repository, or the project's own memory. */
const contentOf = (labels: Volume["Labels"]) => labels?.["mysysconfig.content"];

/** The project's memory and its lock are not what a rollout is about; a delivery of files that was left is. */
const isMemory = ({ Config }: InspectedContainer) =>
  ["state", "lock"].includes(contentOf(Config.Labels) ?? "");

/** A run that ends by itself leaves no lock: the next one would have to wait for it. */
export function lockProblems(found: Belongings): string[] {
  const locks = found.containers.filter(({ Config }) => contentOf(Config.Labels) === "lock");
  return locks.map(({ Name }) => `the lock ${Name} was left`);
}

const shortName = (name: string, p: string) => name.replace(`/${p}`, "").replace(/\.(next|prev)-.*/, ".$1");

function stateOf({ Status, ExitCode, Paused }: InspectedContainer["State"]): string {
  if (Paused) return "paused";
  return Status === "exited" && ExitCode === 0
    ? "finished"
    : Status === "exited"
      ? `exited ${ExitCode}`
      : Status;
}

function policyOf(state: InspectedContainer["State"], host: InspectedContainer["HostConfig"]): string {
  return state.Running ? `, ${host.RestartPolicy.Name}` : "";
}

/** Volumes are never removed and never made anew. */
export function lostVolumes(before: Belongings, after: Belongings): string[] {
  return before.volumes.flatMap(({ Name, CreatedAt, Labels }) => {
    if (contentOf(Labels) !== undefined) return [];
    const now = after.volumes.find((volume) => volume.Name === Name);
    if (now?.CreatedAt === CreatedAt) return [];
    return [`volume ${Name} ${now === undefined ? "was lost" : "was made anew"}`];
  });
}

/** Clients find a running container, where one must be: at the end of a run that met a fault. */
export function reachProblems(
  found: Belongings,
  { p }: CaseNames,
  service: EngineService,
  when: string,
): string[] {
  const running = found.containers.filter(
    ({ Config, State }) =>
      State.Running &&
      State.Status === "running" &&
      Config.Labels["mysysconfig.workload"] === `${p}${service.name}`,
  );
  if (running.length === 0) return [`no container of ${service.name} runs ${when}`];
  const { alias } = service;
  if (alias === undefined) return [];
  const isFound = running.some(({ NetworkSettings }) =>
    NetworkSettings.Networks[`${p}${alias.network}`]?.Aliases?.includes(alias.name),
  );
  return isFound ? [] : [`no running container of ${service.name} has the alias "${alias.name}" ${when}`];
}
