import type { ExitCode } from "../../model/errors.ts";
import { carryOut } from "../carry-out.ts";
import { planInput, withConfiguration } from "../planned-run.ts";
import type { ApplyFlags, Runtime } from "../runtime.ts";
import { readSavedPlan, refuseStalePlan } from "../saved-plan.ts";

/** `apply`: one reconcile, then exit. */
export async function applyCommand(flags: ApplyFlags, runtime: Runtime): Promise<ExitCode> {
  const saved = flags.file === undefined ? undefined : await readSavedPlan(flags.file, runtime.files);
  return withConfiguration(flags, runtime, async (command) =>
    carryOut(
      planInput(flags, command),
      {
        command: "apply",
        ...(saved === undefined ? {} : { check: (run) => refuseStalePlan(saved, run, command.redact) }),
      },
      command,
      flags,
      runtime,
    ),
  );
}
