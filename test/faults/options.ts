/** The command line of the fault rig. */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { labDir } from "../../deploy/lab/paths.ts";
import { parseSelection, type Selection } from "./campaign.ts";
import type { Place } from "./results.ts";

export const releases = { "20": "20.10", "28": "newest" } as const;

export type ReleaseName = keyof typeof releases;

export interface Options {
  readonly target: Place["target"];
  readonly engines: readonly ReleaseName[];
  /** This part of so many: the case with the position n is in the part n modulo `of`. */
  readonly shard: { readonly index: number; readonly of: number };
  readonly resultsFile: string;
  readonly only: Selection;
  readonly workers: number;
}

export const usage =
  "usage: npm run test:faults -- [--target engine|swarm] [--engine 20|28|all] [--shard 1/4] [--resume FILE] [--only ROLLOUT[:FAULT[:CALL]]] [--workers N]";

/** Swarm watches every update for five seconds, in which its case needs nothing of the machine. */
const usualWorkers = { engine: 3, swarm: 10 } as const;

export function parseOptions(argv: readonly string[]): Options {
  const text = { type: "string" } as const;
  const options = { target: text, engine: text, shard: text, resume: text, only: text, workers: text };
  const { values } = parseArgs({ args: [...argv], options });
  const [index = 1, of = 1] = (values.shard ?? "1/1").split("/").map(Number);
  const { target = "engine" } = values;
  if (target !== "engine" && target !== "swarm")
    throw new Error(`--target ${target} is unknown: there are engine and swarm`);
  const workers = Number(values.workers ?? usualWorkers[target]);
  if (!(index >= 1 && index <= of)) throw new Error(`--shard ${values.shard} is none: write 1/4`);
  if (!(workers >= 1)) throw new Error(`--workers ${values.workers} is no number`);
  return {
    target,
    engines: values.engine === "all" ? ["20", "28"] : [releaseNamed(values.engine ?? "28")],
    shard: { index: index - 1, of },
    resultsFile: values.resume ?? join(labDir(), "faults", `results-${process.pid}.jsonl`),
    only: parseSelection(values.only ?? ""),
    workers,
  };
}

function releaseNamed(name: string): ReleaseName {
  if (name === "20" || name === "28") return name;
  throw new Error(`--engine ${name} is unknown: there are 20, 28 and all`);
}
