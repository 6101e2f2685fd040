/** What became of each scenario on each release: one JSON line for each, and the table that a run ends with. */
import { appendFileSync, existsSync, readFileSync } from "node:fs";

export interface ScenarioResult {
  readonly scenario: string;
  /** Of the Engine. */
  readonly release: string;
  readonly passed: boolean;
  readonly seconds: number;
  /** What was counted on the way. */
  readonly notes: readonly string[];
}

/** The file that gets the lines; without it nobody keeps them. */
export const resultsVariable = "MYSYSCONFIG_SWARM_RESULTS";

export function noteResult(result: ScenarioResult): void {
  const file = process.env[resultsVariable];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(result)}\n`);
}

export function readResults(file: string): readonly ScenarioResult[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as ScenarioResult);
}

export function formatResults(results: readonly ScenarioResult[]): string {
  const width = Math.max(0, ...results.map(({ scenario }) => scenario.length));
  const lines = results.map(({ scenario, release, passed, seconds, notes }) => {
    const verdict = passed ? "passed" : "FAILED";
    const head = `${scenario.padEnd(width)}  ${release.padEnd(7)}  ${verdict}  ${seconds.toFixed(1).padStart(6)} s`;
    return [head, ...notes.map((note) => `    ${note}`)].join("\n");
  });
  return lines.join("\n");
}
