import { type Diagnostic, DiagnosticSink } from "../lib/diagnostic.ts";
import { apiProblems } from "../model/api-uses.ts";
import type { WorkloadSpec } from "../model/workload.ts";

/**
 * What a workload declares and the Engine would drop without a word or cannot do, at its place: an error each, because a
 * container that is less than its declaration is not what was asked for.
 *
 * @param apiVersion what is spoken with the Engine
 */
export function unsupportedOnEngine(workload: WorkloadSpec, apiVersion: string): readonly Diagnostic[] {
  const sink = new DiagnosticSink();
  const { container, positions, origin } = workload;
  for (const { field, member, text, hint } of apiProblems(container, apiVersion)) {
    const position = positions[`${field}.${member}`] ?? positions[field] ?? origin;
    sink.error(position, "engine-unsupported", text, hint);
  }
  return sink.diagnostics;
}
