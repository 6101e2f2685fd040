import type { DesiredState } from "../../src/model/desired-state.ts";
import type { ContainerSpec } from "../../src/model/workload.ts";
import { desiredState, workload } from "./builders.ts";
import type { SimulatedImage } from "./simulated-container.ts";
import type { SimulatedEngine } from "./simulated-engine.ts";
import { apply, engineRunning, type Run } from "./simulation.ts";

/** Rollouts of `web` from build 1 to build 2, and how their stories are told. */

export const next = "myrepo/web:2-develop";
export const checked = {
  healthcheck: { kind: "command", test: ["CMD", "ok"], intervalMs: 1_000, timeoutMs: 1_000, retries: 3 },
} as const;

export interface Rollout extends Run {
  readonly engine: SimulatedEngine;
  readonly desired: DesiredState;
}

/** Web runs as build 1 and is to become build 2, whose image is like this. */
export async function rollOut(
  build: Partial<SimulatedImage>,
  fields: Partial<ContainerSpec> = checked,
  setUp: (engine: SimulatedEngine) => void = () => {},
): Promise<Rollout> {
  const engine = await engineRunning(desiredState([workload("web", fields), workload("other")]));
  engine.addImage(next, build, "remote");
  setUp(engine);
  const desired = desiredState([workload("web", { ...fields, image: next }), workload("other")]);
  return { engine, desired, ...(await apply(engine, desired)) };
}

export function storyOf({ report }: Run, key = "web"): string {
  const change = report.changes.find((found) => found.key === key);
  return `${change?.outcome}: ${change?.summary}`;
}

/** Containers with the tag of their image. */
export function namesOf(engine: SimulatedEngine): readonly string[] {
  return [...engine.containers.values()]
    .map(({ name, sent }) => `${name} ${sent.image.replace(/^.*:/, "")}`)
    .sort();
}
