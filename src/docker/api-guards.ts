import { apiProblems } from "../model/api-uses.ts";
import { ReconcilerError } from "../model/errors.ts";
import type { ContainerSpec } from "../model/workload.ts";

/**
 * Refuses what the Engine would drop without a word, or what its API cannot express. A configuration is checked before,
 * with positions; this is the last door for what came another way, such as the state of an earlier run.
 */
export function guardApi(spec: ContainerSpec, apiVersion: string): void {
  const problems = apiProblems(spec, apiVersion);
  const [first] = problems;
  if (first === undefined) return;
  throw new ReconcilerError("engine-unsupported", [...new Set(problems.map(({ text }) => text))].join("; "), {
    hint: first.hint,
  });
}
