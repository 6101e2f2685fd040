import type { History, RunRecord } from "../model/history.ts";

const mostRuns = 200;
const mostBytes = 256 * 1024;

/** The newest runs that fit: at most 200, and 256 KiB of JSON. Of the very newest at least the outline is kept. */
export function boundHistory(history: History): History {
  const kept: RunRecord[] = [];
  let bytes = 2;
  for (const run of history.slice(-mostRuns).reverse()) {
    const shortened = kept.length === 0 ? shorten(run) : run;
    bytes += sizeOf(shortened) + 1;
    if (bytes > mostBytes) break;
    kept.push(shortened);
  }
  return kept.reverse();
}

/** A run with so many changes that it alone is too large: first the details go, then the changes that went well. */
function shorten(run: RunRecord): RunRecord {
  const room = mostBytes / 2;
  if (sizeOf(run) <= room) return run;
  const brief = run.changes.map((change) => ({ ...change, fields: [], details: [] }));
  const wentWrong = brief.filter(({ outcome }) => outcome !== "done");
  const went = brief.filter(({ outcome }) => outcome === "done");
  let bytes = sizeOf({ ...run, changes: [] });
  const fitting = new Set<unknown>();
  for (const change of [...wentWrong, ...went]) {
    bytes += sizeOf(change) + 1;
    if (bytes > room) break;
    fitting.add(change);
  }
  return { ...run, changes: brief.filter((change) => fitting.has(change)) };
}

function sizeOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
