/** What must hold for runs wherever they work, each as a list of what is wrong. */
import type { RunResult } from "../support/program.ts";
import type { FaultKind } from "./fault.ts";
import type { CaseNames, Rollout } from "./rollout.ts";

/** Both lists must be the same, in whatever order. */
export function difference(what: string, found: readonly string[], wanted: readonly string[]): string[] {
  const [is, should] = [[...found].sort().join("; "), [...wanted].sort().join("; ")];
  return is === should ? [] : [`${what}: there are [${is}], not [${should}]`];
}

/** How a run without a fault must end. */
export function runProblems(
  which: string,
  result: RunResult,
  { p }: CaseNames,
  { exitCode, reportsFailureOf }: Pick<Rollout, "exitCode" | "reportsFailureOf">,
): string[] {
  if (result.exitCode !== exitCode) return [`${which}: exit ${result.exitCode}, not ${exitCode}`];
  if (reportsFailureOf === undefined) return [];
  const told = changesOf(result).some(
    ({ key, outcome }) => key === `${p}${reportsFailureOf}` && !["done", "unchanged"].includes(outcome),
  );
  return told ? [] : [`${which}: it does not report the failure of ${reportsFailureOf}`];
}

interface ReportedChange {
  readonly key: string;
  readonly outcome: string;
}

function changesOf({ stdout }: RunResult): readonly ReportedChange[] {
  try {
    const document = JSON.parse(stdout) as { report?: { changes?: readonly ReportedChange[] } };
    return document.report?.changes ?? [];
  } catch {
    return [];
  }
}

/** A run that meets a fault may fail, with a code that says so: it neither crashes nor waits for what cannot come. */
export function faultedRunProblems({ exitCode, stdout, stderr }: RunResult, fault: FaultKind): string[] {
  const hasCrashed = /^\s+at .+:\d+:\d+\)?$/m.test(stderr);
  const hasWaited = fault === "truncated" && /took longer than/.test(stdout + stderr);
  return [
    ...(hasCrashed ? ["the run with the fault crashed"] : []),
    ...(hasWaited ? ["the run with the fault waited on a broken connection until a deadline"] : []),
    ...([0, 1, 5].includes(exitCode) ? [] : [`the run with the fault: exit ${exitCode}, not 0, 1 or 5`]),
  ];
}
