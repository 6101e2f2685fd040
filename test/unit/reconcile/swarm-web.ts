/** One service with a health check, in builds; what the tests of updates are about. */
import { expect } from "vitest";
import type { ServiceSpec } from "../../../src/model/service-spec.ts";
import { workload } from "../../support/builders.ts";
import { bad, clusterState, killed, quickCheck, swarmRunning } from "../../support/clusters.ts";
import type { SimulatedSwarm } from "../../support/simulated-swarm.ts";

export const image = (build: number) => `myrepo/web:${build}-develop`;
export const web = (build: number, fields = {}, options = {}) =>
  workload("web", { image: image(build), healthcheck: quickCheck, ...fields }, options);
export const stateOf = (build: number, fields = {}, options = {}) =>
  clusterState([web(build, fields, options)]);

/** Of the living service, without its digest. */
export const imageOf = (swarm: SimulatedSwarm) =>
  swarm.service("web").spec.TaskTemplate.ContainerSpec.Image.split("@")[0];

/** What a person does to a service. */
export const setEnv =
  (entry: string) =>
  (spec: ServiceSpec): ServiceSpec => ({
    ...spec,
    TaskTemplate: {
      ...spec.TaskTemplate,
      ContainerSpec: { ...spec.TaskTemplate.ContainerSpec, Env: [entry] },
    },
  });

/** The very spec that it has, once more: what naive tools do on every run. */
export const again = (spec: ServiceSpec): ServiceSpec => spec;

export const pausing = { cluster: { update: { failureAction: "pause" } } } as const;

/** Build 2 was no good and is paused; nobody has looked after it. */
export async function paused(): Promise<SimulatedSwarm> {
  const swarm = await swarmRunning(stateOf(1, {}, pausing));
  swarm.addImage(image(2), bad.neverHealthy);
  await killed(swarm, stateOf(2, {}, pausing));
  swarm.pass(15_000);
  expect(swarm.service("web").update?.state).toBe("paused");
  expect(swarm.serving("web")).toHaveLength(1);
  return swarm;
}

/** The smallest number of tasks that served at any moment from now on. */
export function watchLowest(swarm: SimulatedSwarm): () => number {
  let lowest = swarm.serving("web").length;
  swarm.state.agenda.afterEach = () => {
    lowest = Math.min(lowest, swarm.serving("web").length);
  };
  return () => lowest;
}
