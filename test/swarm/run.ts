/**
 * `npm run test:swarm [-- --engine 20|28|all] [-- VITEST-ARGUMENT…]`: the tests on Swarms of several nodes, each on
 * every release or the one that is named. It ends with a table of the scenarios, and with exit 1 unless all tests passed.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runTier, signalTiers } from "../lab/run-tier.ts";
import { engineVariable, releaseNames } from "./releases.ts";
import { formatResults, readResults, resultsVariable } from "./scenario-results.ts";

async function main(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    options: { engine: { type: "string", default: "all" } },
    allowPositionals: true,
  });
  const { engine } = values;
  if (engine !== "all") {
    const release = Object.entries(releaseNames).find(([name]) => name === engine)?.[1];
    if (release === undefined) throw new Error(`--engine takes 20, 28 or all, not "${engine}"`);
    process.env[engineVariable] = release;
  }
  const reportDir = await mkdtemp(join(tmpdir(), "mysysconfig-test-"));
  const resultsFile = join(reportDir, "scenarios.jsonl");
  process.env[resultsVariable] = resultsFile;
  try {
    const tier = { kind: "suite", name: "swarm", needsEngine: true } as const;
    const result = await runTier(tier, { reportDir, suiteArgs: positionals, prefix: "" });
    const { passed, failed, skipped, seconds, reason } = result;
    const why = reason === undefined ? "" : ` (${reason})`;
    const counts = `${passed} passed, ${failed} failed, ${skipped} skipped`;
    process.stdout.write(`\n${formatResults(readResults(resultsFile))}\n`);
    process.stdout.write(`\n${counts} in ${seconds.toFixed(0)} s${why}\n`);
    return failed > 0 || passed === 0 ? 1 : 0;
  } finally {
    await rm(reportDir, { recursive: true, force: true });
  }
}

for (const signal of ["SIGTERM", "SIGHUP", "SIGINT"] as const) process.on(signal, () => signalTiers(signal));
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
