import { type ExitCode, exitCodes } from "../../model/errors.ts";
import { isConvergedPlan } from "../../model/plan.ts";
import { formatPlan } from "../../plan/format-plan.ts";
import { planDocument } from "../../plan/plan-document.ts";
import { planRun } from "../../reconcile/reconcile.ts";
import { adoptNames, headline, prepare, runSignal, withEngine } from "../prepare.ts";
import { describeRefusal } from "../refusal.ts";
import type { ApplyFlags, Runtime } from "../runtime.ts";

/** `plan`: what `apply` would do. Changes nothing. */
export async function planCommand(flags: ApplyFlags, runtime: Runtime): Promise<ExitCode> {
  const app = await runtime.createApp(flags);
  const signal = runSignal(flags, runtime);
  return withEngine(app, signal, async (backend) => {
    const prepared = await prepare(
      app,
      flags,
      runtime,
      { hostName: backend.hostName(), allowMissingSecrets: false },
      signal,
    );
    if (typeof prepared === "number") return prepared;
    const { desired, redact } = prepared;
    const input = { desired, adopt: adoptNames(flags.adopt, desired), confirmed: flags.yes };
    const { actual, plan, verdict } = await planRun(input, backend, app.newTxn, signal);
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
