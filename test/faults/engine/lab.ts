/** What cases on an Engine share: the Engine with images and strangers on it, and its events. */
import { join } from "node:path";
import type { EngineRelease } from "../../../deploy/lab/engine-root.ts";
import { removeEngine, startEngine } from "../../../deploy/lab/private-engine.ts";
import { cleanUp } from "../../support/artifacts.ts";
import { engineClient } from "../../support/engine-client.ts";
import { makeScenarioImages } from "../../support/scenario-images.ts";
import { type FaultLab, nameMaker } from "../ground.ts";
import { type Program, runDir } from "../program.ts";
import { watchServing } from "../serving-watch.ts";
import { EngineGround } from "./ground.ts";
import type { EngineRollout } from "./rollouts.ts";
import { placeStrangers, strangersPrefix } from "./strangers.ts";

export interface LabEngine {
  readonly socket: string;
  readonly sharedDir: string;
  readonly version: string;
}

/** Containers of a workload are one service, whatever they are called. */
const workloadOf = (labels: Readonly<Record<string, string>>) => labels["mysysconfig.workload"];

/** On an Engine that has the images already. */
export async function openEngineLab(target: LabEngine, program: Program): Promise<FaultLab<EngineRollout>> {
  const engine = engineClient(target.socket);
  const watch = await watchServing(engine, workloadOf);
  const strangers = await placeStrangers(engine);
  return {
    ...{
      program,
      callTimeout: "2s",
      version: target.version,
      socket: target.socket,
      sharedDir: target.sharedDir,
    },
    nextNames: nameMaker(),
    ground: (rollout, names) => new EngineGround({ engine, watch, strangers }, rollout, names),
    async [Symbol.asyncDispose]() {
      await watch[Symbol.asyncDispose]();
      await cleanUp(engine, strangersPrefix);
    },
  };
}

/** Starts an Engine of its own, and ends it with everything on it. */
export async function startEngineLab(
  version: EngineRelease,
  program: Program,
  report: (line: string) => void,
): Promise<FaultLab<EngineRollout>> {
  const place = { dir: join(runDir(), "engine"), name: `mysysconfig-faults-${process.pid}` };
  const engine = await startEngine({ version, ...place, report });
  const end = async () => {
    await engine.stop();
    await removeEngine(place);
  };
  try {
    await makeScenarioImages(engine.socket);
    const lab = await openEngineLab(engine, program);
    return {
      ...lab,
      async [Symbol.asyncDispose]() {
        await lab[Symbol.asyncDispose]();
        await end();
      },
    };
  } catch (error) {
    await end();
    throw error;
  }
}
