/** What cases on a Swarm share: a manager alone with images and strangers on it, and its events. */
import type { EngineRelease } from "../../../deploy/lab/engine-root.ts";
import { type SwarmCluster, startCluster } from "../../../deploy/lab/swarm-cluster.ts";
import { engineClient } from "../../support/engine-client.ts";
import { makeScenarioImages } from "../../support/scenario-images.ts";
import { type FaultLab, nameMaker } from "../ground.ts";
import type { Program } from "../program.ts";
import { watchServing } from "../serving-watch.ts";
import { SwarmGround } from "./ground.ts";
import type { SwarmRollout } from "./rollouts.ts";
import { placeSwarmStrangers } from "./strangers.ts";

/** What the agents of a Swarm write on the containers of tasks. */
const serviceOf = (labels: Readonly<Record<string, string>>) => labels["com.docker.swarm.service.name"];

/** Starts a Swarm of one node, and ends it with everything on it. */
export async function startSwarmLab(
  release: EngineRelease,
  program: Program,
  report: (line: string) => void,
): Promise<FaultLab<SwarmRollout>> {
  const cluster = await startCluster({ release, managers: 1, purpose: "faults", report });
  try {
    return await openSwarmLab(cluster, program);
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

async function openSwarmLab(cluster: SwarmCluster, program: Program): Promise<FaultLab<SwarmRollout>> {
  const { socket, sharedDir } = cluster.manager();
  await makeScenarioImages(socket);
  const engine = engineClient(socket);
  const watch = await watchServing(engine, serviceOf);
  const strangers = await placeSwarmStrangers(engine);
  return {
    // Writing passes the consensus of the managers, even of one alone.
    ...{ program, callTimeout: "5s", socket, sharedDir, version: cluster.version },
    nextNames: nameMaker(),
    ground: (rollout, names) => new SwarmGround({ engine, watch, strangers }, rollout, names),
    async [Symbol.asyncDispose]() {
      await watch[Symbol.asyncDispose]();
      await cluster.stop();
    },
  };
}
