/**
 * `npm test [-- TIER… [-- VITEST-ARGUMENT…]]`: runs the tiers and ends with the line "N passed, N failed". It gets
 * ready what they need on the machine; what cannot be had is a failure with its reason, never a skip.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { prepareEngines } from "./lab/prepare.ts";
import { runTier, signalTiers, type TierResult } from "./lab/run-tier.ts";
import { selectTiers, type Tier } from "./lab/tiers.ts";

const say = (line: string) => process.stderr.write(`${line}\n`);

async function main(argv: readonly string[]): Promise<number> {
  const end = argv.indexOf("--");
  const [wanted, suiteArgs] = end === -1 ? [argv, []] : [argv.slice(0, end), argv.slice(end + 1)];
  const stages = selectTiers(wanted).filter((stage) => stage.length > 0);
  const needsEngine = stages.flat().some((tier) => tier.kind === "suite" && tier.needsEngine);
  // Beside the first stages, which need none of it. The failure is told by the tiers that then cannot run.
  const prepared = needsEngine ? whyNotReady() : Promise.resolve(undefined);
  const reportDir = await mkdtemp(join(tmpdir(), "mysysconfig-test-"));
  const results: TierResult[] = [];
  try {
    for (const stage of stages) {
      const run = (tier: Tier) => {
        const prefix = stage.length > 1 ? `${tier.name} | ` : "";
        return runPreparedTier(tier, prepared, { reportDir, suiteArgs, prefix });
      };
      results.push(...(await Promise.all(stage.map(run))));
    }
  } finally {
    await rm(reportDir, { recursive: true, force: true });
  }
  return summarize(results);
}

async function runPreparedTier(
  tier: Tier,
  prepared: Promise<string | undefined>,
  run: Parameters<typeof runTier>[1],
): Promise<TierResult> {
  const reason = tier.kind === "suite" && tier.needsEngine ? await prepared : undefined;
  if (reason !== undefined) {
    return { name: tier.name, seconds: 0, passed: 0, failed: 1, skipped: 0, reason };
  }
  return runTier(tier, run);
}

async function whyNotReady(): Promise<string | undefined> {
  try {
    const started = performance.now();
    await prepareEngines((line) => say(`lab: ${line}`));
    say(`lab: ready after ${((performance.now() - started) / 1000).toFixed(1)} s`);
    return undefined;
  } catch (error) {
    return `no Docker Engine can be made ready: ${describe(error)}`;
  }
}

/** An error with all its causes in one text. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const inner = error instanceof AggregateError ? error.errors.map(describe) : [];
  const causes = error.cause === undefined ? inner : [...inner, describe(error.cause)];
  return [error.message, ...causes].join("\n  ");
}

function summarize(results: readonly TierResult[]): number {
  const sum = (key: "passed" | "failed" | "skipped") => results.reduce((total, one) => total + one[key], 0);
  const [passed, failed, skipped] = [sum("passed"), sum("failed"), sum("skipped")];
  const lines = results.map(({ name, seconds, ...result }) => {
    const counts = `${result.passed} passed, ${result.failed} failed, ${result.skipped} skipped`;
    const reason = result.reason === undefined ? "" : `\n    ${result.reason}`;
    return `${name.padEnd(16)} ${seconds.toFixed(1).padStart(6)} s   ${counts}${reason}`;
  });
  const last = `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
  process.stdout.write(`\n${lines.join("\n")}\n\n${last}\n`);
  return failed > 0 || passed === 0 ? 1 : 0;
}

for (const signal of ["SIGTERM", "SIGHUP", "SIGINT"] as const) process.on(signal, () => signalTiers(signal));
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  say(describe(error));
  process.stdout.write("0 passed, 1 failed\n");
  process.exitCode = 1;
}
