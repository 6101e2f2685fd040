/** What cases share: one Engine with images and strangers on it, its events, and the program. */
import { copyFile, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { runCommand } from "../../deploy/lab/command.ts";
import type { EngineRelease } from "../../deploy/lab/engine-root.ts";
import { labDir, repositoryRoot } from "../../deploy/lab/paths.ts";
import { removeEngine, startEngine } from "../../deploy/lab/private-engine.ts";
import { cleanUp } from "../support/artifacts.ts";
import { type EngineClient, engineClient } from "../support/engine-client.ts";
import { makeScenarioImages } from "../support/scenario-images.ts";
import type { CaseNames } from "./rollout.ts";
import { type ServingWatch, watchServing } from "./serving-watch.ts";
import { placeStrangers, type Strangers, strangersPrefix } from "./strangers.ts";

/** How the program is started; its own arguments follow. */
export interface Program {
  readonly file: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

export interface FaultLab extends AsyncDisposable {
  readonly engine: EngineClient;
  readonly version: string;
  readonly socket: string;
  /** A folder with a short path. */
  readonly sharedDir: string;
  readonly program: Program;
  readonly watch: ServingWatch;
  readonly strangers: Strangers;
  /** Names that no other case has. */
  nextNames(): CaseNames;
}

export interface LabEngine {
  readonly socket: string;
  readonly sharedDir: string;
  readonly version: string;
}

/** On an Engine that has the images already. */
export async function openFaultLab(target: LabEngine, program: Program): Promise<FaultLab> {
  const engine = engineClient(target.socket);
  const watch = await watchServing(engine);
  let count = 0;
  return {
    ...{ engine, program, watch, strangers: await placeStrangers(engine) },
    ...{ version: target.version, socket: target.socket, sharedDir: target.sharedDir },
    nextNames() {
      count += 1;
      // Letters first: a name that begins with a digit looks like an id.
      return { p: `k${process.pid.toString(36)}x${count.toString(36)}-`, port: firstPort + (count % ports) };
    },
    async [Symbol.asyncDispose]() {
      await watch[Symbol.asyncDispose]();
      await cleanUp(engine, strangersPrefix);
    },
  };
}

const firstPort = 22_000;
const ports = 8_000;

const runDir = () => join(labDir(), "runs", `faults-${process.pid}`);

/** Starts an Engine of its own, and ends it with everything on it. */
export async function startFaultLab(
  version: EngineRelease,
  program: Program,
  report: (line: string) => void,
): Promise<FaultLab> {
  const place = { dir: join(runDir(), "engine"), name: `mysysconfig-faults-${process.pid}` };
  const engine = await startEngine({ version, ...place, report });
  const end = async () => {
    await engine.stop();
    await removeEngine(place);
  };
  try {
    await makeScenarioImages(engine.socket);
    const lab = await openFaultLab(engine, program);
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

/** Builds the program as it is shipped: one file, with its compile cache filled by the first runs. */
export async function buildProgram(): Promise<Program & AsyncDisposable> {
  const dir = runDir();
  await mkdir(dir, { recursive: true });
  await runCommand(process.execPath, [join(repositoryRoot, "deploy", "build", "bundle.ts")]);
  // A copy: whoever builds again meanwhile does not disturb.
  const bundle = join(dir, "mysysconfig.cjs");
  await copyFile(join(repositoryRoot, "dist", "mysysconfig.cjs"), bundle);
  return {
    file: process.execPath,
    args: [bundle],
    environment: { NODE_COMPILE_CACHE: join(dir, "compile-cache"), HOME: "/nonexistent" },
    [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }),
  };
}
