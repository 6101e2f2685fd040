/** An Engine for one test alone, of the release that its project tests: for what would disturb the others. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { inject } from "vitest";
import { labDir } from "../../deploy/lab/paths.ts";
import { type EngineOptions, type RunningEngine, startEngine } from "../../deploy/lab/private-engine.ts";
import { makeScenarioImages } from "./scenario-images.ts";

let count = 0;

/** The folder for its data. It ends with our pid, so that a later run can tell that it is a leftover. */
export function ownEngineDir(purpose: string): string {
  count += 1;
  return join(labDir(), "runs", `${purpose}-${count}-${process.pid}`);
}

export async function startOwnEngine(
  dir: string,
  options: Partial<EngineOptions> = {},
): Promise<RunningEngine & AsyncDisposable> {
  const version = inject("engine").version.startsWith("20.") ? "20.10" : "newest";
  const name = `mysysconfig-own-${count}-${process.pid}`;
  const engine = await startEngine({ version, dir, name, ...options });
  await makeScenarioImages(engine.socket);
  return Object.assign(Object.create(engine) as RunningEngine, {
    async [Symbol.asyncDispose]() {
      await engine.stop();
      // Who brought data along takes them away again.
      if (options.keepData !== true) await rm(dir, { recursive: true, force: true });
    },
  });
}

/** What a `System` needs to know about it. */
export function systemOptionsOf(engine: RunningEngine) {
  const { socket, sharedDir } = engine;
  return { socket, sharedDir, networkPrefix: engine.inNetwork([]) };
}
