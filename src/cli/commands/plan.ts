import { type ExitCode, exitCodes } from "../../model/errors.ts";
import { isConvergedPlan } from "../../model/plan.ts";
import { formatPlan } from "../../plan/format-plan.ts";
import { planDocument } from "../../plan/plan-document.ts";
import { withPlannedRun } from "../planned-run.ts";
import { headline } from "../prepare.ts";
import { describeRefusal } from "../refusal.ts";
import type { ApplyFlags, Runtime } from "../runtime.ts";

/** `plan`: what `apply` would do. Changes nothing. */
export async function planCommand(flags: ApplyFlags, runtime: Runtime): Promise<ExitCode> {
  return withPlannedRun(flags, runtime, async ({ desired, redact, actual, plan, verdict }) => {
    if (flags.json) {
      const document = planDocument(plan, desired.revision, desired.environment, flags.showValues);
      runtime.stdout(`${redact(JSON.stringify({ ...(document as object), refused: verdict.violations }))}\n`);
    } else {
      const text = formatPlan(plan, { paint: runtime.paint, showValues: flags.showValues, steps: true });
      runtime.stdout(redact(`${headline(desired, actual.engine, runtime)}\n${text}\n`));
      if (verdict.violations.length > 0) runtime.stderr(describeRefusal(verdict, runtime.paint));
    }
    if (verdict.violations.length > 0) return exitCodes.refused;
    return isConvergedPlan(plan) ? exitCodes.converged : exitCodes.pending;
  });
}
