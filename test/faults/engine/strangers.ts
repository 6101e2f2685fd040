/** Objects on the Engine that no run may touch: somebody's container, network and volume, and another project's. */
import { createHash } from "node:crypto";
import type { EngineClient } from "../../support/engine-client.ts";

export interface Strangers {
  /** What was touched since they were made, by name. */
  touched(): Promise<readonly string[]>;
}

/** Labels as another project's workload has them. */
const otherProject = {
  "mysysconfig.project": "strangers",
  "mysysconfig.environment": "default",
  "mysysconfig.workload": "web",
} as const;

/** The beginning of all their names. */
export const strangersPrefix = "strangers-";

const paths = [
  "/networks/strangers-front",
  "/volumes/strangers-data",
  "/volumes/strangers-files",
  "/containers/strangers-web/json",
  "/containers/strangers-db/json",
] as const;

export async function placeStrangers(engine: EngineClient): Promise<Strangers> {
  const network = { Name: "strangers-front", Labels: otherProject };
  await engine.post("/networks/create", network);
  await engine.post("/volumes/create", { Name: "strangers-data" });
  await engine.post("/volumes/create", { Name: "strangers-files", Labels: otherProject });
  const common = { image: "lab/idle:1", network: "strangers-front", restart: "always" };
  await engine.run({
    ...common,
    name: "strangers-web",
    labels: otherProject,
    aliases: ["web"],
    volumes: ["strangers-files:/etc/files"],
  });
  await engine.run({ ...common, name: "strangers-db", volumes: ["strangers-data:/data"] });
  const before = await digests(engine);
  return {
    async touched() {
      const after = await digests(engine);
      return paths.filter((_, index) => after[index] !== before[index]);
    },
  };
}

/** One text for each, over everything that the Engine tells about it. */
async function digests(engine: EngineClient): Promise<readonly string[]> {
  const told = (path: string) =>
    engine.api.call("GET", path).then(
      (object) => createHash("sha256").update(JSON.stringify(object)).digest("hex"),
      (error: Error) => error.message,
    );
  return await Promise.all(paths.map(told));
}
