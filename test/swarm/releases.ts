/** The releases of the Engine that the Swarm tests run on, one after the other. */
import type { EngineRelease } from "../../deploy/lab/engine-root.ts";

/** What `--engine` takes. */
export const releaseNames = { "20": "20.10", "28": "newest" } as const satisfies Readonly<
  Record<string, EngineRelease>
>;

/** Names one release for the tests; without it they run on all. */
export const engineVariable = "MYSYSCONFIG_SWARM_ENGINE";

const all: readonly EngineRelease[] = Object.values(releaseNames);
const named = process.env[engineVariable];

export const releases = named === undefined ? all : all.filter((release) => release === named);
