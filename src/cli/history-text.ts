import { formatDuration } from "../lib/duration.ts";
import { alignColumns, type Paint } from "../lib/paint.ts";
import type { ChangeRecord, RunRecord } from "../model/history.ts";
import type { FailedBuild, GoodBuild, Hold } from "../model/ledger.ts";
import { harmless } from "./output.ts";

/** What the ledger says about a workload. */
export interface Standing {
  readonly holds: readonly Hold[];
  readonly failures: readonly FailedBuild[];
  readonly good: readonly GoodBuild[];
}

export interface ExplainedRun {
  readonly run: RunRecord;
  readonly changes: readonly ChangeRecord[];
}

/** One line for each run and one for each change in it. */
export function formatHistory(runs: readonly RunRecord[], paint: Paint): string {
  if (runs.length === 0) return "no run has changed anything yet\n";
  const lines = runs.flatMap((run) => [
    headOf(run, paint),
    ...alignColumns(
      run.changes.map((change) => [
        "   ",
        markOf(change, paint),
        change.key,
        harmless(change.summary),
        whyOf(change),
      ]),
      1,
    ),
  ]);
  return `${lines.join("\n")}\n`;
}

/** `2026-01-01 14:02:11  web replaced by abc1234 because image 58-develop → 59-develop; gate passed in 3.1 s` */
export function formatExplanation(
  workload: string,
  runs: readonly ExplainedRun[],
  standing: Standing,
  paint: Paint,
): string {
  const lines = [paint("bold", workload), ...standingLines(standing, paint)];
  if (runs.length === 0) lines.push("  no run has changed it yet");
  for (const { run, changes } of runs)
    for (const change of changes) lines.push(...storyOf(run, change, paint));
  return `${lines.join("\n")}\n`;
}

function standingLines({ holds, failures, good }: Standing, paint: Paint): string[] {
  return [
    ...good.map(({ image, since }) => `  last good build: ${image}, since ${secondsText(since)}`),
    ...holds.map(({ by, reason, since, until, rejectedSpec }) => {
      const end =
        until ?? (rejectedSpec === undefined ? "released" : "the configuration asks for another build");
      const till = until === undefined ? `until ${end}` : `until ${secondsText(until)}`;
      return paint("warn", `  held by ${by} since ${secondsText(since)} ${till}: ${harmless(reason)}`);
    }),
    ...failures.map(({ image, attempts, failedAt, nextTry, reason }) => {
      const times = attempts === 1 ? "once" : `${attempts} times, last`;
      return paint(
        "bad",
        `  ${image} failed ${times} at ${secondsText(failedAt)}: ${harmless(reason)}; tried again after ${secondsText(nextTry)}, when it changes, or with apply --retry`,
      );
    }),
  ];
}

function storyOf(run: RunRecord, change: ChangeRecord, paint: Paint): string[] {
  const { id, subject } = run.revision;
  const named = subject === undefined ? id.slice(0, 7) : `${id.slice(0, 7)} "${harmless(subject)}"`;
  const isJob = run.command === "job";
  const verb = isJob ? "ran" : verbOf(change);
  const person = isJob ? `by ${run.by}` : `by ${run.command} of ${run.by}`;
  const who = run.command === "apply" ? `by revision ${named}` : person;
  const gate = change.gateMs === undefined ? "" : `; gate passed in ${formatDuration(change.gateMs)}`;
  const downtime = change.downtimeMs === undefined ? "" : `; downtime ${formatDuration(change.downtimeMs)}`;
  const place = change.position === undefined ? "" : ` (${change.position})`;
  return [
    `  ${secondsText(run.at)}  ${markOf(change, paint)} ${verb} ${who}${becauseOf(change)}${place}${gate}${downtime}`,
    ...(change.outcome === "done" && !isJob ? [] : [`      ${harmless(change.summary)}`]),
    ...change.details.map((line) => paint("dim", `      ${harmless(line)}`)),
  ];
}

const verbs: Readonly<Record<ChangeRecord["kind"], string>> = {
  unchanged: "left as it was",
  create: "created",
  replace: "replaced",
  "in-place": "changed in place",
  repair: "put right",
  run: "run",
  remove: "removed",
  blocked: "blocked",
  "set-aside": "left alone",
  held: "held",
};

function verbOf({ kind, outcome }: ChangeRecord): string {
  if (outcome === "done" || outcome === "held" || outcome === "set-aside") return verbs[kind];
  return `not ${verbs[kind]}`;
}

function becauseOf({ fields, cause }: ChangeRecord): string {
  return fields.length === 0 ? `: ${cause}` : ` because ${fields.map(harmless).join(", ")} changed`;
}

function whyOf({ fields, cause, position }: ChangeRecord): string {
  const why = fields.length === 0 ? cause : fields.join(", ");
  return harmless(position === undefined ? why : `${why}  ${position}`);
}

function headOf(run: RunRecord, paint: Paint): string {
  const { id, subject } = run.revision;
  const named = subject === undefined ? "" : ` "${harmless(subject)}"`;
  const verdict = paint(run.exitCode === 0 ? "good" : "bad", run.verdict);
  return `${paint("bold", secondsText(run.at))}  ${run.command} ${id.slice(0, 7)}${named} by ${harmless(run.by)}: ${verdict} ${formatDuration(run.durationMs)}`;
}

function markOf({ outcome }: ChangeRecord, paint: Paint): string {
  if (outcome === "done" || outcome === "unchanged") return paint("good", "✓");
  return outcome === "held" ? paint("warn", "=") : paint("bad", "✗");
}

/** `2026-01-01 14:02:11 UTC` */
function secondsText(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`;
}
