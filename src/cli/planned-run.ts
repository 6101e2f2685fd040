import type { ExitCode } from "../model/errors.ts";
import { type PlanInput, type PlannedRun, planRun } from "../reconcile/reconcile.ts";
import { adoptNames, type Prepared, prepare, runSignal, withEngine } from "./prepare.ts";
import type { App, ApplyFlags, EngineBackend, Runtime } from "./runtime.ts";

/** What `plan` and `apply` have in hand once the plan is made. */
export interface PlannedCommand extends Prepared, PlannedRun {
  readonly app: App;
  readonly backend: EngineBackend;
  readonly input: PlanInput;
  readonly signal: AbortSignal;
}

/** Connects, compiles, observes and plans, and hands the result over; mistakes in the configuration end it before. */
export async function withPlannedRun(
  flags: ApplyFlags,
  runtime: Runtime,
  use: (planned: PlannedCommand) => Promise<ExitCode>,
): Promise<ExitCode> {
  const app = await runtime.createApp(flags);
  const signal = runSignal(flags, runtime);
  return withEngine(app, signal, async (backend) => {
    const options = { hostName: backend.hostName(), allowMissingSecrets: false };
    const prepared = await prepare(app, flags, runtime, options, signal);
    if (typeof prepared === "number") return prepared;
    const { desired } = prepared;
    const input = { desired, adopt: adoptNames(flags.adopt, desired), confirmed: flags.yes };
    const planned = await planRun(input, backend, app.newTxn, signal);
    return use({ ...prepared, ...planned, app, backend, input, signal });
  });
}
