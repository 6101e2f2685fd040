import type { DesiredState } from "../../src/model/desired-state.ts";
import type { RunReport } from "../../src/model/run-report.ts";
import { finishJobs } from "../../src/reconcile/finish-jobs.ts";
import { run } from "./clusters.ts";
import type { SimulatedSwarm } from "./simulated-swarm.ts";
import type { RunOptions } from "./simulation.ts";

/** A run by hand, as the command line does it: it waits for the jobs that it has started. */
export async function finishedRun(
  swarm: SimulatedSwarm,
  desired: DesiredState,
  options: RunOptions = {},
): Promise<{ readonly report: RunReport; readonly calls: number }> {
  const { planned, report, jobs, calls } = await run(swarm, desired, options);
  const { actual, stored } = planned;
  const deps = { backend: swarm, store: swarm.store, newTxn: () => "ffffffff", waiting: () => {} };
  const applied = {
    ...{ kind: "done" as const, run: planned, report, jobs, actual },
    ...{ ledger: stored.ledger, isSettled: true },
  };
  return { report: await finishJobs(applied, deps, new AbortController().signal), calls };
}
