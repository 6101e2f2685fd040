import { mistakesError } from "../../desired/mistakes-error.ts";
import { type ExitCode, toReconcilerError } from "../../model/errors.ts";
import { toFailure } from "../../model/run-event.ts";
import { carryOut } from "../carry-out.ts";
import { type EngineCommand, planInput, withConfiguration } from "../planned-run.ts";
import type { ApplyFlags, Runtime } from "../runtime.ts";
import { readSavedPlan, refuseStalePlan } from "../saved-plan.ts";
import type { RunTeller } from "../tell-run.ts";

/** `apply`: one reconcile, then exit. */
export async function applyCommand(flags: ApplyFlags, runtime: Runtime): Promise<ExitCode> {
  const saved = flags.file === undefined ? undefined : await readSavedPlan(flags.file, runtime.files);
  const apply = async (command: EngineCommand, teller: RunTeller | undefined) =>
    await carryOut(
      planInput(flags, command),
      {
        command: "apply",
        ...(saved === undefined ? {} : { check: (run) => refuseStalePlan(saved, run, command.redact) }),
      },
      command,
      flags,
      runtime,
      teller,
    );
  return withConfiguration(
    flags,
    runtime,
    (command) => tellingPeople(command, runtime, (teller) => apply(command, teller)),
    async ({ daemon, diagnostics }, app, host) => {
      if (daemon.notifications.length === 0) return;
      const { openTeller } = await import("../tell-run.ts");
      const { environment = app.inputs.branch ?? "" } = app.inputs;
      const teller = openTeller(daemon, { project: "", environment, host }, { app, runtime });
      const { error, findings } = mistakesError(diagnostics);
      teller.ended({ ...toFailure(error), details: findings });
      await teller.flush();
    },
  );
}

/** What tells people is loaded only where somebody wants to be told. */
async function tellingPeople(
  { app, backend, daemon, desired }: EngineCommand,
  runtime: Runtime,
  run: (teller: RunTeller | undefined) => Promise<ExitCode>,
): Promise<ExitCode> {
  if (daemon.notifications.length === 0) return await run(undefined);
  const { openTeller } = await import("../tell-run.ts");
  const { project, name: environment } = desired.environment;
  const place = { project, environment, host: backend.hostName() };
  const teller = openTeller(daemon, place, { app, runtime });
  try {
    return await run(teller);
  } catch (error) {
    teller.ended(toFailure(toReconcilerError(error)));
    throw error;
  } finally {
    await teller.flush();
  }
}
