import type { Execution } from "../execute/execute-plan.ts";
import type { Change, FieldChange } from "../model/change.ts";
import { type ChangeRecord, type RunRecord, revisionRecord } from "../model/history.ts";
import { shortReference } from "../model/image-ref.ts";
import type { Plan } from "../model/plan.ts";
import type { ChangeReport, RunReport } from "../model/run-report.ts";

export interface RecordFacts {
  readonly txn: string;
  /** The Engine's time at the end of the run. */
  readonly at: string;
  readonly command: RunRecord["command"];
  readonly by: string;
}

/** A run as the history keeps it: every change that was no "as desired", without a single environment value. */
export function runRecord(
  facts: RecordFacts,
  plan: Plan,
  execution: Execution,
  report: RunReport,
): RunRecord {
  const planned = new Map(plan.changes.map((change) => [change.key, change]));
  return {
    ...facts,
    durationMs: Math.round(report.durationMs),
    revision: revisionRecord(report.revision),
    exitCode: report.exitCode,
    ...(report.interrupted === undefined ? {} : { interrupted: report.interrupted }),
    verdict: report.verdict,
    changes: report.changes
      .filter(({ outcome }) => outcome !== "unchanged")
      .map((change) => changeRecord(change, planned.get(change.key), execution)),
  };
}

function changeRecord(report: ChangeReport, change: Change | undefined, execution: Execution): ChangeRecord {
  const { key, outcome, summary, failure, durationMs, downtimeMs } = report;
  const gateMs = execution.changes.get(key)?.gateMs;
  const position = change?.fields[0]?.position ?? change?.position;
  return {
    key,
    kind: change?.kind ?? "repair",
    cause: change?.cause ?? summary,
    fields: (change?.fields ?? []).map(fieldRecord),
    ...(position === undefined ? {} : { position: `${position.file}:${position.line}` }),
    outcome,
    summary,
    details: failure?.details ?? [],
    durationMs: Math.round(durationMs),
    ...(gateMs === undefined ? {} : { gateMs: Math.round(gateMs) }),
    ...(downtimeMs === undefined ? {} : { downtimeMs: Math.round(downtimeMs) }),
  };
}

function fieldRecord({ field, before, after, masked }: FieldChange): string {
  if (masked) return `${field} (${before === undefined ? "new" : after === undefined ? "gone" : "changed"})`;
  if (field === "image") return `image ${before ?? "none"} → ${shortReference(before, after)}`;
  return `${field} ${before ?? "(not set)"} → ${after ?? "(not set)"}`;
}
