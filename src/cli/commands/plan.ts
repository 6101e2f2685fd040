import { type ExitCode, exitCodes } from "../../model/errors.ts";
import { isConvergedPlan, type Plan } from "../../model/plan.ts";
import { formatPlan } from "../../plan/format-plan.ts";
import { planDocument } from "../../plan/plan-document.ts";
import { planRun } from "../../reconcile/reconcile.ts";
import { planInput, withConfiguration } from "../planned-run.ts";
import { headline } from "../prepare.ts";
import { redactedJson } from "../redacted-json.ts";
import { describeRefusal } from "../refusal.ts";
import type { PlanFlags, Runtime } from "../runtime.ts";
import { writeSavedPlan } from "../saved-plan.ts";

/** `plan`: what `apply` would do. Changes nothing; with `--out` it is written to a file for `apply FILE`. */
export async function planCommand(
  flags: PlanFlags & { readonly out?: string },
  runtime: Runtime,
): Promise<ExitCode> {
  return withConfiguration(flags, runtime, async (command) => {
    const { redact, deps, signal } = command;
    const run = await planRun(planInput(flags, command), deps, signal);
    const { desired, plan, verdict, actual, notice, stored } = run;
    const document = planDocument(plan, desired.revision, desired.environment, flags.showValues);
    if (flags.json) {
      const whole = {
        ...(document as object),
        refused: verdict.violations,
        notice,
        warnings: stored.warnings,
      };
      runtime.stdout(`${redactedJson(whole, redact)}\n`);
    } else {
      const { showValues } = flags;
      const text = formatPlan(plan, { paint: runtime.paint, redact, showValues, steps: true });
      const said = notice === undefined ? "" : `${runtime.paint("warn", notice)}\n\n`;
      runtime.stdout(redact(`${headline(desired, actual, runtime)}\n${said}${text}\n`));
      for (const warning of stored.warnings) runtime.stderr(redact(`${warning}\n`));
      if (verdict.violations.length > 0) runtime.stderr(redact(describeRefusal(verdict, runtime.paint)));
    }
    if (verdict.violations.length > 0) return exitCodes.refused;
    if (flags.out !== undefined) await writeSavedPlan(flags.out, run, redact, runtime.files);
    return exitCodeOf(plan);
  });
}

/** A build that is set aside is a failure that lasts, not a change that is about to be made. */
function exitCodeOf(plan: Plan): ExitCode {
  if (isConvergedPlan(plan)) return exitCodes.converged;
  const isPending = plan.steps.length > 0 || plan.changes.some(({ kind }) => kind === "blocked");
  return isPending ? exitCodes.pending : exitCodes.failed;
}
