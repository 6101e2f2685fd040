/** Starts the private Engine of a vitest project before its first test and ends it after the last one. */
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import type { EngineRelease } from "../../deploy/lab/engine-root.ts";
import { labDir } from "../../deploy/lab/paths.ts";
import { removeEngine, startEngine } from "../../deploy/lab/private-engine.ts";
import { isRunning } from "../../deploy/lab/waiting.ts";

/** What tests get by `inject("engine")`: plain data, because it crosses a process border. */
export interface ProvidedEngine {
  /** The host name of the Engine, also the prefix of what belongs to it. */
  readonly name: string;
  readonly socket: string;
  readonly version: string;
  readonly apiVersion: string;
  /** Put in front of a command line it runs in the Engine's network, where the published ports are. */
  readonly networkPrefix: readonly string[];
  /** A folder with the same path for us and for the Engine, for bind mounts. */
  readonly sharedDir: string;
}

declare module "vitest" {
  interface ProvidedContext {
    readonly engine: ProvidedEngine;
  }
}

const RELEASES: Readonly<Record<string, EngineRelease>> = {
  "integration-20": "20.10",
  "integration-28": "newest",
  "docker-client": "newest",
  e2e: "newest",
};

/** Answers the function that ends the Engine. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const release = RELEASES[project.name];
  if (release === undefined) throw new Error(`no Engine is declared for the test project "${project.name}"`);
  const report = (line: string) => process.stderr.write(`${project.name}: ${line}\n`);
  await clearKilledRuns();
  // A folder for this run alone: two runs on one machine do not touch each other's Engine.
  const own = placeOf(`${project.name}-${process.pid}`);
  const engine = await startEngine({ version: release, ...own, report });
  report(`Docker Engine ${engine.version}, API ${engine.apiVersion}`);
  const { socket, version, apiVersion, sharedDir } = engine;
  project.provide("engine", {
    ...{ name: own.name, socket, version, apiVersion, sharedDir },
    networkPrefix: engine.inNetwork([]),
  });
  return async () => {
    await engine.stop();
    await removeEngine(own);
  };
}

const runsDir = join(labDir(), "runs");

function placeOf(run: string): { readonly dir: string; readonly name: string } {
  return { dir: join(runsDir, run), name: `mysysconfig-${run}` };
}

/** The Engines of killed runs ended with them; their data did not. */
async function clearKilledRuns(): Promise<void> {
  await mkdir(runsDir, { recursive: true });
  for (const run of await readdir(runsDir)) {
    const pid = Number(run.slice(run.lastIndexOf("-") + 1));
    if (!isRunning(pid)) await removeEngine(placeOf(run));
  }
}
