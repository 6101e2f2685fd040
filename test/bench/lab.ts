/** What all measurements need: a private Engine, the bundled program, the peer, folders. */
import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { runCommand } from "../../deploy/lab/command.ts";
import { type DockerClient, ensureDockerClient } from "../../deploy/lab/docker-client.ts";
import { labDir, repositoryRoot } from "../../deploy/lab/paths.ts";
import { removeEngine, startEngine } from "../../deploy/lab/private-engine.ts";
import { type EngineClient, engineClient } from "../support/engine-client.ts";
import { makeScenarioImages } from "../support/scenario-images.ts";
import type { Command } from "./measure.ts";

export interface BenchLab extends AsyncDisposable {
  readonly dir: string;
  readonly engine: EngineClient;
  readonly socket: string;
  readonly version: string;
  readonly compose: DockerClient;
  /** The bundled program with a warm compile cache, talking to the Engine. */
  program(...args: readonly string[]): Command;
  /** `run` as the image starts it. */
  daemon(...args: readonly string[]): Command;
  composeCommand(...args: readonly string[]): Command;
  dockerCommand(...args: readonly string[]): Command;
  /** Writes a configuration repository and answers its folder. */
  writeRepository(name: string, files: Readonly<Record<string, string>>): Promise<string>;
}

export async function openLab(report: (line: string) => void): Promise<BenchLab> {
  const dir = join(labDir(), "runs", `bench-${process.pid}`);
  const place = { dir: join(dir, "engine"), name: `mysysconfig-bench-${process.pid}` };
  await mkdir(dir, { recursive: true });
  await runCommand(process.execPath, [join(repositoryRoot, "deploy", "build", "bundle.ts")]);
  // A copy: whoever builds again meanwhile does not disturb.
  const bundle = join(dir, "mysysconfig.cjs");
  await copyFile(join(repositoryRoot, "dist", "mysysconfig.cjs"), bundle);
  const compose = await ensureDockerClient(report);
  const engine = await startEngine({ version: "newest", ...place, report });
  await makeScenarioImages(engine.socket);
  const host = { DOCKER_HOST: `unix://${engine.socket}`, PATH: process.env["PATH"], HOME: dir };
  const flagsFile = join(repositoryRoot, "deploy", "image", "run-flags");
  const runFlags = (await readFile(flagsFile, "utf8")).trim().split(" ");
  const cache = { NODE_COMPILE_CACHE: join(dir, "compile-cache") };
  return {
    ...{ dir, compose, version: engine.version, socket: engine.socket, engine: engineClient(engine.socket) },
    program: (...args) => ({ file: process.execPath, args: [bundle, ...args], env: { ...host, ...cache } }),
    daemon: (...args) => ({
      file: process.execPath,
      args: [...runFlags, bundle, "run", ...args],
      env: { ...host, ...cache, MALLOC_ARENA_MAX: "1", MALLOC_TRIM_THRESHOLD_: "65536" },
    }),
    composeCommand: (...args) => ({
      file: compose.docker,
      args: ["compose", ...args],
      env: { ...host, DOCKER_CONFIG: compose.configDir },
    }),
    dockerCommand: (...args) => ({
      file: compose.docker,
      args,
      env: { ...host, DOCKER_CONFIG: compose.configDir },
    }),
    async writeRepository(name, files) {
      const folder = join(dir, name);
      await rm(folder, { recursive: true, force: true });
      for (const [path, content] of Object.entries(files)) {
        await mkdir(dirname(join(folder, path)), { recursive: true });
        await writeFile(join(folder, path), content);
      }
      return folder;
    },
    async [Symbol.asyncDispose]() {
      await engine.stop();
      await removeEngine(place);
      await rm(dir, { recursive: true, force: true });
    },
  };
}
