import { type ExitCode, ReconcilerError } from "../../model/errors.ts";
import { workloadFingerprint } from "../../model/fingerprint.ts";
import type { Ledger } from "../../model/ledger.ts";
import { addRollbackHold, earlierWorkload } from "../../reconcile/earlier-workload.ts";
import type { PlannedRun } from "../../reconcile/reconcile.ts";
import { carryOut } from "../carry-out.ts";
import { type EngineCommand, planInput, withConfiguration, workloadNamed } from "../planned-run.ts";
import type { GlobalFlags, Runtime } from "../runtime.ts";

export interface RollbackFlags extends GlobalFlags {
  readonly name?: string;
  readonly to?: string;
  readonly forMs?: number;
  readonly reason?: string;
  readonly yes: boolean;
}

/**
 * `rollback NAME`: the previous build takes over again and stays until the configuration asks for another one than it
 * does now. `rollback --to REV`: the whole environment goes back to a revision of the history.
 */
export async function rollbackCommand(flags: RollbackFlags, runtime: Runtime): Promise<ExitCode> {
  if ((flags.name === undefined) === (flags.to === undefined))
    throw new ReconcilerError("usage", "rollback needs either a workload or --to REVISION", {
      hint: "mysysconfig history shows both",
    });
  return withConfiguration(flags, runtime, async (command) =>
    flags.to === undefined
      ? rollBackWorkload(flags.name ?? "", flags, command, runtime)
      : carryOut(
          { ...inputOf(flags, command), rollback: true, to: flags.to },
          { command: "rollback" },
          command,
          flags,
          runtime,
        ),
  );
}

function inputOf(flags: RollbackFlags, command: EngineCommand) {
  return planInput({ ...flags, adopt: [], retry: [], recreate: [], rollback: false }, command);
}

async function rollBackWorkload(
  name: string,
  flags: RollbackFlags,
  command: EngineCommand,
  runtime: Runtime,
): Promise<ExitCode> {
  const workload = serviceNamed(name, command);
  const input = inputOf(flags, command);
  const earlier = await earlierWorkload(workload.key, input, command.deps, command.signal);
  const amend = (ledger: Ledger, run: PlannedRun) =>
    addRollbackHold(ledger, run, {
      workload,
      by: command.app.actor,
      reason: flags.reason ?? "rolled back",
      rejectedSpec: workloadFingerprint(workload, command.desired.secretValues),
      ...(flags.forMs === undefined ? {} : { forMs: flags.forMs }),
    });
  const intent = earlier.request?.kind === "rollback";
  return carryOut(earlier, { command: "rollback", amend, intent }, command, flags, runtime);
}

function serviceNamed(name: string, { desired }: EngineCommand) {
  const found = workloadNamed("rollback", name, desired);
  if (found.kind === "service") return found;
  throw new ReconcilerError(
    "usage",
    `${name} is a job: it runs once for each of its builds, there is nothing to go back to`,
    {
      hint: "commit the older tag",
    },
  );
}

/** `finish NAME`: the retained previous container is given up before its time. */
export async function finishCommand(
  names: readonly string[],
  flags: GlobalFlags & { readonly all: boolean },
  runtime: Runtime,
): Promise<ExitCode> {
  if (names.length > 0 === flags.all)
    throw new ReconcilerError("usage", "finish needs either workloads or --all", {
      hint: "mysysconfig status shows what is retained",
    });
  return withConfiguration(flags, runtime, async (command) => {
    const { workloads } = command.desired;
    const meant = flags.all ? workloads : names.map((name) => workloadNamed("finish", name, command.desired));
    const input = planInput(
      { ...flags, yes: false, adopt: [], retry: [], recreate: [], rollback: false },
      command,
    );
    const request = { kind: "finish" as const, workloads: new Set(meant.map(({ key }) => key)) };
    return carryOut({ ...input, request }, { command: "finish" }, command, flags, runtime);
  });
}
