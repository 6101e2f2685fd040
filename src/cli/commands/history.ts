import { type ExitCode, exitCodes } from "../../model/errors.ts";
import { ownerOf } from "../../reconcile/reconcile.ts";
import { formatExplanation, formatHistory, type Standing } from "../history-text.ts";
import { knownNames, withConfiguration } from "../planned-run.ts";
import { redactedJson } from "../redacted-json.ts";
import type { GlobalFlags, Runtime } from "../runtime.ts";

/** `history`: what the runs of the environment did, the latest first. */
export async function historyCommand(limit: number, flags: GlobalFlags, runtime: Runtime): Promise<ExitCode> {
  return withConfiguration(flags, runtime, async ({ store, desired, redact, signal }) => {
    const stored = await store.read(ownerOf(desired), signal);
    const runs = stored.history.toReversed().slice(0, limit);
    if (flags.json) runtime.stdout(`${redactedJson({ version: 1, runs }, redact)}\n`);
    else runtime.stdout(redact(formatHistory(runs, runtime.paint)));
    for (const warning of stored.warnings) runtime.stderr(`${warning}\n`);
    return exitCodes.converged;
  });
}

/** `explain NAME`: what happened to one workload and why, and what keeps it as it is. */
export async function explainCommand(name: string, flags: GlobalFlags, runtime: Runtime): Promise<ExitCode> {
  return withConfiguration(flags, runtime, async ({ store, desired, redact, signal }) => {
    const stored = await store.read(ownerOf(desired), signal);
    const known = stored.history.flatMap(({ changes }) => changes.map(({ key }) => workloadOf(key)));
    const key = known.includes(name) ? name : [...knownNames("explain", [name], desired)][0];
    const runs = stored.history
      .toReversed()
      .map((run) => ({ run, changes: run.changes.filter((change) => workloadOf(change.key) === key) }))
      .filter(({ changes }) => changes.length > 0);
    const { ledger } = stored;
    const standing: Standing = {
      holds: ledger.holds.filter(({ workload }) => workload === undefined || workload === key),
      failures: ledger.failures.filter(({ workload }) => workload === key),
      good: ledger.good.filter(({ workload }) => workload === key),
    };
    if (flags.json)
      runtime.stdout(`${redactedJson({ version: 1, workload: key, runs, ...standing }, redact)}\n`);
    else runtime.stdout(redact(formatExplanation(key ?? name, runs, standing, runtime.paint)));
    return exitCodes.converged;
  });
}

/** `shop/api#2` and `web previous 1` are about `shop/api` and `web`. */
function workloadOf(change: string): string {
  return change.replace(/(#\d+)?( (leftover|previous) \d+)?$/, "");
}
