import { formatDuration } from "../lib/duration.ts";
import { alignColumns, type Paint, type Tone } from "../lib/paint.ts";
import type { ChangeReport, JobReport, Outcome, RunReport } from "../model/run-report.ts";
import { harmless } from "./output.ts";

const marks: Readonly<Record<Outcome, { mark: string; tone: Tone }>> = {
  unchanged: { mark: "·", tone: "dim" },
  done: { mark: "✓", tone: "good" },
  "rolled-back": { mark: "✗", tone: "bad" },
  failed: { mark: "✗", tone: "bad" },
  skipped: { mark: "-", tone: "warn" },
  blocked: { mark: "!", tone: "bad" },
  "set-aside": { mark: "!", tone: "bad" },
  held: { mark: "=", tone: "warn" },
};

/** The table at the end of a run and its verdict in one sentence. */
export function formatReport(report: RunReport, paint: Paint): string {
  const shown = report.changes.filter((change) => change.outcome !== "unchanged");
  const rows = alignColumns(
    shown.map((change) => {
      const { mark, tone } = marks[change.outcome];
      const time = change.outcome === "done" ? paint("dim", formatDuration(change.durationMs)) : "";
      return [`  ${paint(tone, mark)} ${change.key}`, harmless(change.summary), time];
    }),
  );
  const lines = shown.flatMap((change, index) => [rows[index] ?? "", ...storyOf(change, paint)]);
  lines.push(...jobLines(report.jobs ?? [], paint));
  const verdict = paint(report.converged ? "good" : "bad", report.verdict);
  const exit = report.converged ? "" : ` (exit ${report.exitCode})`;
  return `${[...lines, ...(lines.length > 0 ? [""] : []), `${verdict}${exit}`].join("\n")}\n`;
}

const jobMarks: Readonly<Record<JobReport["outcome"], { mark: string; tone: Tone }>> = {
  done: { mark: "✓", tone: "good" },
  failed: { mark: "✗", tone: "bad" },
  running: { mark: "…", tone: "warn" },
};

/** `✓ backup  exit code 0  12 s` */
function jobLines(jobs: readonly JobReport[], paint: Paint): string[] {
  const rows = alignColumns(
    jobs.map(({ key, outcome, summary, durationMs }) => {
      const { mark, tone } = jobMarks[outcome];
      const time = outcome === "running" ? "" : paint("dim", formatDuration(durationMs));
      return [`  ${paint(tone, mark)} ${key}`, harmless(summary), time];
    }),
  );
  return jobs.flatMap(({ outcome, details }, index) => [
    rows[index] ?? "",
    ...(outcome === "failed" ? details.map((line) => `        ${paint("dim", harmless(line))}`) : []),
  ]);
}

/** What the container itself said, and what to do. */
function storyOf(change: ChangeReport, paint: Paint): string[] {
  const { failure } = change;
  if (failure === undefined) return [];
  const story = [
    ...(change.summary.includes(failure.message) ? [] : [failure.message]),
    ...failure.details.map((line) => paint("dim", harmless(line))),
    ...(failure.hint === undefined ? [] : [failure.hint]),
  ];
  return story.map((line) => `        ${line}`);
}
