import type { DesiredState } from "../../src/model/desired-state.ts";
import type { Plan } from "../../src/model/plan.ts";
import { onNetworks, workload } from "./builders.ts";
import type { SimulatedEngine } from "./simulated-engine.ts";

/** What must be true at every moment of a run, whatever the configuration and whatever goes wrong. */

/** Strangers that must never be touched. */
export function addStrangers(engine: SimulatedEngine): ReadonlySet<string> {
  engine.addNetwork("theirs");
  const spec = workload("their", { network: onNetworks("theirs") }).container;
  const labels = {
    "mysysconfig.project": "other",
    "mysysconfig.environment": "develop",
    "mysysconfig.workload": "web",
  };
  return new Set([engine.addForeign("stranger", spec).id, engine.addForeign("other-web", spec, labels).id]);
}

export function serving(engine: SimulatedEngine): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { labels, isServing } of engine.containers.values()) {
    const key = labels["mysysconfig.workload"];
    if (key !== undefined && labels["mysysconfig.project"] === "shop" && isServing)
      counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

/** Services that may be away for a while: the plan says so, or they are no longer wanted. */
export function mayStop(made: Plan, desired: DesiredState): ReadonlySet<string> {
  const keys = made.changes.flatMap((change) => {
    const isStopFirst = change.rollout?.order === "stop-first";
    return change.subject === "workload" && isStopFirst ? [change.key.replace(/#\d+$/, "")] : [];
  });
  const jobs = desired.workloads.filter((wanted) => wanted.kind === "job").map((wanted) => wanted.key);
  return new Set([...keys, ...jobs]);
}

/** Watches an Engine during a run; returns what went wrong. */
export function watchInvariants(engine: SimulatedEngine, made: Plan, desired: DesiredState): string[] {
  const broken: string[] = [];
  const strangers = [...engine.containers.values()].filter(
    ({ labels }) => labels["mysysconfig.project"] !== "shop",
  );
  const before = new Map(strangers.map((stranger) => [stranger, stranger.startedAtMs]));
  const volumes = [...engine.volumes.keys()].filter((name) => !name.includes("-files-"));
  const wanted = new Set(desired.workloads.map((found) => found.key));
  const excused = mayStop(made, desired);
  const must = [...serving(engine).keys()].filter((key) => wanted.has(key) && !excused.has(key));
  engine.watch = (call) => {
    const now = serving(engine);
    for (const key of must) if (!now.has(key)) broken.push(`${key} is not served after ${call.step}`);
    for (const name of volumes) if (!engine.volumes.has(name)) broken.push(`volume ${name} is gone`);
    for (const [stranger, startedAtMs] of before)
      if (engine.find(stranger.id) !== stranger || !stranger.isUp || stranger.startedAtMs !== startedAtMs)
        broken.push(`${stranger.name} was touched by ${call.step}`);
  };
  return broken;
}

/** Services whose old container lives in a network that is gone with its owner: nothing can start it again. */
export function lostNamespaces(made: Plan, desired: DesiredState): ReadonlySet<string> {
  const replaced = new Set(made.changes.filter(({ kind }) => kind !== "unchanged").map(({ key }) => key));
  return new Set(
    desired.workloads.flatMap(({ key, container: { network } }) =>
      network.kind === "workload" && replaced.has(network.workload) ? [key] : [],
    ),
  );
}

/** A service that moves into the network of the one that takes its port: the plan refuses that in one step. */
export function isInsoluble(made: Plan): boolean {
  return made.changes.some(({ cause }) => cause.includes("wait for one another"));
}

/** Containers of instances that the plan calls unchanged. */
export function unchangedContainers(engine: SimulatedEngine, made: Plan, desired: DesiredState) {
  const keys = new Set(made.changes.filter(({ kind }) => kind === "unchanged").map(({ key }) => key));
  const names = new Set(
    desired.workloads.flatMap(({ key, containerNames }) =>
      containerNames.filter((_name, index) =>
        keys.has(containerNames.length > 1 ? `${key}#${index + 1}` : key),
      ),
    ),
  );
  return [...engine.containers.values()]
    .filter(({ name }) => names.has(name))
    .map((container) => [container, container.startedAtMs] as const);
}
