import { type ExitCode, exitCodes } from "../model/errors.ts";
import { isEmptyPlan } from "../model/plan.ts";
import type { Failure } from "../model/run-event.ts";
import type { RunReport } from "../model/run-report.ts";
import { formatPlan } from "../plan/format-plan.ts";
import { planDocument } from "../plan/plan-document.ts";
import { type ApplyOptions, applyRun } from "../reconcile/apply-run.ts";
import { finishJobs } from "../reconcile/finish-jobs.ts";
import type { PlanInput, PlannedRun } from "../reconcile/reconcile.ts";
import type { EngineCommand } from "./planned-run.ts";
import { headline } from "./prepare.ts";
import { createProgress } from "./progress.ts";
import { redactedJson } from "./redacted-json.ts";
import { describeRefusal } from "./refusal.ts";
import { formatReport } from "./report.ts";
import type { GlobalFlags, Runtime } from "./runtime.ts";

/** Who wants to know what becomes of a run. */
export interface Teller {
  /** It came to its verdict. */
  judged(run: PlannedRun, report: RunReport): void;
  /** An error or a refusal ended it before. */
  ended(failure: Failure): void;
}

/**
 * Carries a plan out and shows it: the plan, the progress, the report and the verdict.
 *
 * @param teller is told the verdict before it is printed
 */
export async function carryOut(
  input: PlanInput,
  options: ApplyOptions,
  command: EngineCommand,
  flags: GlobalFlags,
  runtime: Runtime,
  teller?: Teller,
): Promise<ExitCode> {
  const { app, deps, redact, signal, waiting } = command;
  const progress = await createProgress(runtime, redact);
  const planned = (run: PlannedRun) => {
    if (!flags.json && run.verdict.violations.length === 0)
      runtime.stdout(redact(planText(run, redact, flags, runtime)));
  };
  const applied = await applyRun(
    input,
    options,
    { ...deps, clock: app.clock, emit: progress.listen, planned, waiting },
    signal,
  ).finally(() => progress.end());
  const { plan, desired, verdict } = applied.run;
  const document = planDocument(plan, desired.revision, desired.environment, flags.showValues);
  if (applied.kind === "refused") {
    for (const { message, hint } of verdict.violations)
      teller?.ended({ code: "prune-refused", message, hint, details: [] });
    if (flags.json)
      runtime.stdout(
        `${redactedJson({ version: 1, plan: document, refused: verdict.violations }, redact)}\n`,
      );
    else runtime.stderr(redact(describeRefusal(verdict, runtime.paint)));
    return exitCodes.refused;
  }
  for (const { key } of applied.jobs.started) runtime.stderr(`  ${key}: runs, waiting for its end\n`);
  const report = await finishJobs(applied, { ...deps, waiting }, signal);
  teller?.judged(applied.run, report);
  if (flags.json) runtime.stdout(`${redactedJson({ version: 1, plan: document, report }, redact)}\n`);
  else runtime.stdout(redact(formatReport(report, runtime.paint)));
  for (const warning of report.warnings) runtime.stderr(redact(`${warning}\n`));
  return report.exitCode;
}

function planText(
  run: PlannedRun,
  redact: (text: string) => string,
  { showValues }: GlobalFlags,
  runtime: Runtime,
): string {
  const { desired, actual, plan, notice } = run;
  const said = notice === undefined ? "" : `${runtime.paint("warn", notice)}\n\n`;
  const text = formatPlan(plan, { paint: runtime.paint, redact, showValues, steps: false });
  return `${headline(desired, actual, runtime)}\n${said}${isEmptyPlan(plan) ? "" : `${text}\n\n`}`;
}
