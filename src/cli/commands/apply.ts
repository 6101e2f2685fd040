import { type ExitCode, exitCodes } from "../../model/errors.ts";
import { formatPlan } from "../../plan/format-plan.ts";
import { planDocument } from "../../plan/plan-document.ts";
import { applyPlan } from "../../reconcile/reconcile.ts";
import { withPlannedRun } from "../planned-run.ts";
import { headline } from "../prepare.ts";
import { createProgress } from "../progress.ts";
import { describeRefusal } from "../refusal.ts";
import { formatReport } from "../report.ts";
import type { ApplyFlags, Runtime } from "../runtime.ts";

/** `apply`: one reconcile, then exit. */
export async function applyCommand(flags: ApplyFlags, runtime: Runtime): Promise<ExitCode> {
  return withPlannedRun(
    flags,
    runtime,
    async ({ app, backend, desired, redact, input, actual, plan, verdict, signal }) => {
      const document = planDocument(plan, desired.revision, desired.environment, flags.showValues);
      if (verdict.violations.length > 0) {
        if (flags.json)
          runtime.stdout(
            `${redact(JSON.stringify({ version: 1, plan: document, refused: verdict.violations }))}\n`,
          );
        else runtime.stderr(describeRefusal(verdict, runtime.paint));
        return exitCodes.refused;
      }
      if (!flags.json) {
        const text = formatPlan(plan, { paint: runtime.paint, showValues: flags.showValues, steps: false });
        runtime.stdout(
          redact(
            `${headline(desired, actual.engine, runtime)}\n${plan.steps.length === 0 ? "" : `${text}\n\n`}`,
          ),
        );
      }
      const progress = await createProgress(runtime, redact);
      const report = await applyPlan(
        input,
        plan,
        { backend, clock: app.clock, newTxn: app.newTxn, emit: progress.listen },
        signal,
      );
      progress.end();
      if (flags.json) runtime.stdout(`${redact(JSON.stringify({ version: 1, plan: document, report }))}\n`);
      else runtime.stdout(redact(formatReport(report, runtime.paint)));
      return report.exitCode;
    },
  );
}
