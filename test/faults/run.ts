/**
 * `npm run test:faults`: repeats every rollout with every fault at every call to the Engine, of an Engine or of a Swarm,
 * on the newest release or the one that is named, and ends with the table of what held. Exit 1 unless all of it did.
 */
import { createHash } from "node:crypto";
import { listCases, runCases } from "./campaign.ts";
import { startEngineLab } from "./engine/lab.ts";
import { rollouts as engineRollouts } from "./engine/rollouts.ts";
import type { FaultCase } from "./fault-case.ts";
import type { FaultLab } from "./ground.ts";
import { type Options, parseOptions, type ReleaseName, releases, usage } from "./options.ts";
import { buildProgram, type Program } from "./program.ts";
import {
  appendRow,
  formatFailure,
  formatTable,
  type Place,
  type ResultRow,
  readRows,
  rowKey,
} from "./results.ts";
import type { Rollout } from "./rollout.ts";
import { startSwarmLab } from "./swarm/lab.ts";
import { rollouts as swarmRollouts } from "./swarm/rollouts.ts";

const say = (line: string) => process.stderr.write(`${line}\n`);

async function main(options: Options): Promise<number> {
  say(`results: ${options.resultsFile}`);
  await using program = await buildProgram();
  const tried: ResultRow[] = [];
  for (const engine of options.engines) tried.push(...(await runOn(engine, program, options)));
  const failed = tried.filter(({ outcome }) => outcome === "failed");
  process.stdout.write(
    `\n${failed.map((row) => `${formatFailure(row)}\n`).join("")}\n${formatTable(tried)}\n`,
  );
  return failed.length > 0 || tried.length === 0 ? 1 : 0;
}

async function runOn(engine: ReleaseName, program: Program, options: Options): Promise<ResultRow[]> {
  const place: Place = { target: options.target, engine };
  if (options.target === "engine") {
    await using lab = await startEngineLab(releases[engine], program, say);
    return await runAll(lab, place, engineRollouts, options);
  }
  await using lab = await startSwarmLab(releases[engine], program, say);
  return await runAll(lab, place, swarmRollouts, options);
}

/** Results of an earlier campaign count as long as their case is still one. */
async function runAll<R extends Rollout>(
  lab: FaultLab<R>,
  place: Place,
  rollouts: readonly R[],
  options: Options,
): Promise<ResultRow[]> {
  const cases = choose(await listCases(lab, rollouts, options.only), options);
  const keyOf = ({ rollout, fault, call }: FaultCase) =>
    rowKey({ ...place, rollout: rollout.name, fault, call: call.id });
  const wanted = new Set(cases.map(keyOf));
  const rows = readRows(options.resultsFile).filter((row) => wanted.has(rowKey(row)));
  const finished = new Set(rows.map(rowKey));
  const left = cases.filter((one) => !finished.has(keyOf(one)));
  say(`${place.target}, Docker Engine ${lab.version}: ${cases.length} cases, ${left.length} to do`);
  const startedAt = performance.now();
  await runCases(lab, place, left, options.workers, (row) => {
    appendRow(options.resultsFile, row);
    rows.push(row);
    const done = rows.length - finished.size;
    const minutes = ((performance.now() - startedAt) / done / 60_000) * (left.length - done);
    say(
      `${done}/${left.length} ${row.outcome} ${row.seconds} s ${rowKey(row)} (${minutes.toFixed(0)} min left)`,
    );
    if (row.outcome === "failed") say(formatFailure(row));
  });
  return rows;
}

/**
 * Mixed, always in the same way: the first results tell about all rollouts, and the parts take equally long. What changes
 * something comes first, and what not every run needs comes last.
 */
function choose<R extends Rollout>(
  all: readonly FaultCase<R>[],
  { shard }: Options,
): readonly FaultCase<R>[] {
  const mark = ({ rollout, fault, call }: FaultCase) => {
    const rank = call.isPoll ? 2 : call.id.startsWith("GET ") ? 1 : 0;
    const hash = createHash("sha256").update(`${rollout.name} ${fault} ${call.id}`).digest("hex");
    return `${rank} ${hash}`;
  };
  const marked = all.map((one) => ({ one, mark: mark(one) })).sort((a, b) => (a.mark < b.mark ? -1 : 1));
  return marked.flatMap(({ one }, position) => (position % shard.of === shard.index ? [one] : []));
}

try {
  process.exitCode = await main(parseOptions(process.argv.slice(2)));
} catch (error) {
  say(error instanceof Error ? `${error.stack}` : String(error));
  say(usage);
  process.exitCode = 1;
}
