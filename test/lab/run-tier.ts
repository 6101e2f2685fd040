/** Runs one tier as a child process and counts what it reports. */
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { repositoryRoot } from "../../deploy/lab/paths.ts";
import type { Tier } from "./tiers.ts";

export interface TierResult {
  readonly name: string;
  readonly seconds: number;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Why the tier failed as a whole, where no single test says it. */
  readonly reason?: string;
}

export interface TierRun {
  /** A folder for the report files. */
  readonly reportDir: string;
  /** Further arguments for vitest. */
  readonly suiteArgs: readonly string[];
  /** Put in front of each line, where several tiers print at the same time. */
  readonly prefix: string;
}

export async function runTier(tier: Tier, run: TierRun): Promise<TierResult> {
  const started = performance.now();
  const bin = join(repositoryRoot, "node_modules", ".bin");
  const reportFile = join(run.reportDir, `${tier.name}.json`);
  const [program = "", ...args] =
    tier.kind === "check"
      ? tier.argv
      : ["vitest", "run", `--project=${tier.name}`, ...reporters(reportFile), ...run.suiteArgs];
  const code = await runPrefixed(join(bin, program), args, run.prefix);
  const seconds = (performance.now() - started) / 1000;
  if (tier.kind === "check") {
    return { name: tier.name, seconds, passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 };
  }
  return { name: tier.name, seconds, ...judge(await readReport(reportFile), code) };
}

function reporters(reportFile: string): readonly string[] {
  return ["--reporter=default", "--reporter=json", `--outputFile.json=${reportFile}`];
}

/** What we read of vitest's JSON report. */
interface SuiteReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly {
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}

async function readReport(file: string): Promise<SuiteReport | undefined> {
  try {
    return JSON.parse(await readFile(file, "utf8"));
  } catch {
    return undefined;
  }
}

/** Green only when tests ran and vitest agrees: everything else counts as at least one failure. */
function judge(report: SuiteReport | undefined, code: number): Omit<TierResult, "name" | "seconds"> {
  if (report === undefined) {
    return { passed: 0, failed: 1, skipped: 0, reason: `vitest left no report (exit ${code})` };
  }
  // A file that could not be loaded, or whose hooks failed, has no failed test of its own.
  const brokenFiles = report.testResults.filter(
    (file) => file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed"),
  ).length;
  const passed = report.numPassedTests;
  const failed = report.numFailedTests + brokenFiles;
  const skipped = report.numPendingTests + report.numTodoTests;
  if (passed + failed === 0) return { passed, failed: 1, skipped, reason: "no test ran" };
  if (failed === 0 && code !== 0) return { passed, failed: 1, skipped, reason: `vitest exited ${code}` };
  return { passed, failed, skipped };
}

const children = new Set<{ kill(signal: NodeJS.Signals): boolean }>();

/** Passes a signal on to the tiers that run. */
export function signalTiers(signal: NodeJS.Signals): void {
  for (const child of children) child.kill(signal);
}

async function runPrefixed(file: string, args: readonly string[], prefix: string): Promise<number> {
  const child = spawn(file, args, {
    cwd: repositoryRoot,
    stdio: prefix === "" ? ["ignore", "inherit", "inherit"] : ["ignore", "pipe", "pipe"],
  });
  children.add(child);
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  child.on("error", reject).on("close", (code) => resolve(code ?? 1));
  copyLines(child.stdout, process.stdout, prefix);
  copyLines(child.stderr, process.stderr, prefix);
  try {
    return await promise;
  } finally {
    children.delete(child);
  }
}

function copyLines(source: Readable | null, target: NodeJS.WriteStream, prefix: string): void {
  if (source === null) return;
  createInterface({ input: source }).on("line", (line) =>
    target.write(line === "" ? "" : `${prefix}${line}\n`),
  );
}
