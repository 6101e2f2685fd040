/** Where a Swarm lab lies on the machine, and how what a killed run left of it is removed. */
import { existsSync, readdirSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { endLeftover } from "./namespaces.ts";
import { labDir } from "./paths.ts";
import { removeEngine } from "./private-engine.ts";
import { isRunning } from "./waiting.ts";

export interface Place {
  /** The base name of its folder, and the top of its cgroups. */
  readonly name: string;
  readonly dir: string;
}

const runsDir = join(labDir(), "runs");
const prefix = "swarm-";

/** A place that nothing else has. It ends with our pid, so that a later run can tell that it is a leftover. */
export function placeOfCluster(purpose: string): Place {
  for (let number = 1; ; number += 1) {
    const run = `${prefix}${purpose}-${number}-${process.pid}`;
    if (!existsSync(join(runsDir, run))) return placeOf(run);
  }
}

function placeOf(run: string): Place {
  return { dir: join(runsDir, run), name: `mysysconfig-${run}` };
}

/** The nodes of killed runs ended with them; their data did not. */
export async function clearKilledClusters(): Promise<void> {
  if (!existsSync(runsDir)) return;
  for (const run of readdirSync(runsDir).filter((name) => name.startsWith(prefix))) {
    const pid = Number(run.slice(run.lastIndexOf("-") + 1));
    if (!isRunning(pid)) await removeCluster(placeOf(run));
  }
}

/** Removes all of it from the machine, whether it runs or not. */
export async function removeCluster(place: Place): Promise<void> {
  const parts = existsSync(place.dir) ? await readdir(place.dir) : [];
  await Promise.all(parts.map((part) => endLeftover(join(place.dir, part))));
  await removeEngine(place);
}
