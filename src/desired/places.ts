import type { Position } from "../lib/diagnostic.ts";
import type { WorkloadSpec } from "../model/workload.ts";

/** Where a field of a workload is declared: the first of the names that is known, else the workload's own place. */
export function placeOf(workload: WorkloadSpec, ...fields: readonly string[]): Position {
  for (const field of fields) {
    const position = workload.positions[field];
    if (position) return position;
  }
  return workload.origin;
}

/** `units/web.service:9`, for messages that name a second place. */
export function formatPlace({ file, line }: Position): string {
  return `${file}:${line}`;
}

export function comparePlaces(a: Position, b: Position): number {
  return compareText(a.file, b.file) || a.line - b.line || a.column - b.column;
}

export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
