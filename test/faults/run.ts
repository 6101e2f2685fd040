/**
 * `npm run test:faults`: repeats every rollout with every fault at every call to the Engine, on the newest release or
 * the one that is named, and ends with the table of what held. Exit 1 unless all of it did.
 */
import { createHash } from "node:crypto";
import { listCases, runCases } from "./campaign.ts";
import type { FaultCase } from "./fault-case.ts";
import { buildProgram, type FaultLab, type Program, startFaultLab } from "./lab.ts";
import { type Options, parseOptions, type ReleaseName, releases, usage } from "./options.ts";
import { appendRow, formatFailure, formatTable, type ResultRow, readRows, rowKey } from "./results.ts";
import { rollouts } from "./rollout.ts";

const say = (line: string) => process.stderr.write(`${line}\n`);

async function main(options: Options): Promise<number> {
  say(`results: ${options.resultsFile}`);
  await using program = await buildProgram();
  const tried: ResultRow[] = [];
  for (const release of options.engines) tried.push(...(await runOnEngine(release, program, options)));
  const failed = tried.filter(({ outcome }) => outcome === "failed");
  process.stdout.write(
    `\n${failed.map((row) => `${formatFailure(row)}\n`).join("")}\n${formatTable(tried)}\n`,
  );
  return failed.length > 0 || tried.length === 0 ? 1 : 0;
}

/** Results of an earlier campaign count as long as their case is still one. */
async function runOnEngine(release: ReleaseName, program: Program, options: Options): Promise<ResultRow[]> {
  await using lab = await startFaultLab(releases[release], program, say);
  const cases = await choose(lab, options);
  const keyOf = ({ rollout, fault, call }: FaultCase) =>
    rowKey({ engine: release, rollout: rollout.name, fault, call: call.id });
  const wanted = new Set(cases.map(keyOf));
  const rows = readRows(options.resultsFile).filter((row) => wanted.has(rowKey(row)));
  const finished = new Set(rows.map(rowKey));
  const left = cases.filter((one) => !finished.has(keyOf(one)));
  say(`Docker Engine ${lab.version}: ${cases.length} cases, ${left.length} to do`);
  const startedAt = performance.now();
  await runCases(lab, release, left, options.workers, (row) => {
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

/** Mixed, always in the same way: the first results tell about all rollouts, and the parts take equally long. */
async function choose(lab: FaultLab, { only, shard }: Options): Promise<readonly FaultCase[]> {
  const all = await listCases(lab, rollouts, only);
  const mark = ({ rollout, fault, call }: FaultCase) =>
    createHash("sha256").update(`${rollout.name} ${fault} ${call.id}`).digest("hex");
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
