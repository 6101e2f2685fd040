import { formatDuration } from "../../lib/duration.ts";
import { type ExitCode, exitCodes, ReconcilerError } from "../../model/errors.ts";
import { type RunRecord, revisionRecord } from "../../model/history.ts";
import { addHold, type Ledger, releaseHolds } from "../../model/ledger.ts";
import { amendLedger } from "../../reconcile/amend-ledger.ts";
import { ownerOf } from "../../reconcile/reconcile.ts";
import { type EngineCommand, withConfiguration, workloadNamed } from "../planned-run.ts";
import type { GlobalFlags, Runtime } from "../runtime.ts";

export interface HoldFlags extends GlobalFlags {
  /** Absent with `all`. */
  readonly name?: string;
  readonly all: boolean;
  readonly forMs?: number;
  readonly reason?: string;
}

/** `hold NAME`: it stays as it is, whatever the configuration says, until the time is over or it is released. */
export async function holdCommand(flags: HoldFlags, runtime: Runtime): Promise<ExitCode> {
  return withConfiguration(flags, runtime, async (command) => {
    const key = subjectOf(flags, command, "hold");
    const since = await engineTime(command);
    const until =
      flags.forMs === undefined ? undefined : new Date(since.getTime() + flags.forMs).toISOString();
    const hold = {
      ...(key === undefined ? {} : { workload: key }),
      by: command.app.actor,
      reason: flags.reason ?? "no reason given",
      since: since.toISOString(),
      ...(until === undefined ? {} : { until }),
    };
    const end = flags.forMs === undefined ? "until it is released" : `for ${formatDuration(flags.forMs)}`;
    const what = `${key ?? "the whole environment"} is held ${end}: ${hold.reason}`;
    await amend(command, { name: "hold", key, what, since }, (ledger) => addHold(ledger, hold));
    runtime.stdout(`${what}; end it with mysysconfig release ${key ?? "--all"}\n`);
    return exitCodes.converged;
  });
}

/** `release NAME`: the next run brings it to what the configuration says. */
export async function releaseCommand(flags: HoldFlags, runtime: Runtime): Promise<ExitCode> {
  return withConfiguration(flags, runtime, async (command) => {
    const key = subjectOf(flags, command, "release");
    const { ledger } = await command.store.read(ownerOf(command.desired), command.signal);
    if (!isHeld(ledger, key)) {
      const what = key === undefined ? "nothing is held" : `${key} is not held`;
      runtime.stdout(`${what}; nothing to release\n`);
      return exitCodes.converged;
    }
    const since = await engineTime(command);
    const what = `${key ?? "everything"} is released`;
    await amend(command, { name: "release", key, what, since }, (before) => release(before, key));
    runtime.stdout(`${what}; the next apply brings it to what the configuration says\n`);
    return exitCodes.converged;
  });
}

function isHeld({ holds, pin }: Ledger, key: string | undefined): boolean {
  return key === undefined
    ? holds.length > 0 || pin !== undefined
    : holds.some(({ workload }) => workload === key);
}

/** Releasing everything also ends the stay at an earlier revision. */
function release(ledger: Ledger, key: string | undefined): Ledger {
  const { pin, ...rest } = releaseHolds(ledger, key);
  return key === undefined || pin === undefined ? rest : { ...rest, pin };
}

function subjectOf(
  { name, all }: HoldFlags,
  { desired }: EngineCommand,
  command: string,
): string | undefined {
  if ((name === undefined) !== all)
    throw new ReconcilerError("usage", `${command} needs either a workload or --all`, {
      hint: `write: mysysconfig ${command} ${desired.workloads[0]?.key ?? "NAME"}, or mysysconfig ${command} --all`,
    });
  if (name === undefined) return undefined;
  return workloadNamed(command, name, desired).key;
}

/** The Engine's clock is the one that runs will judge the hold by. */
async function engineTime({ backend, desired, signal }: EngineCommand): Promise<Date> {
  const nothing = new Set<string>();
  const scope = {
    owner: ownerOf(desired),
    target: desired.target,
    containerNames: nothing,
    networkNames: nothing,
    volumeNames: nothing,
    images: nothing,
  };
  const { engine } = await backend.observe(scope, signal);
  return new Date(engine.systemTime);
}

interface Deed {
  readonly name: RunRecord["command"];
  readonly key: string | undefined;
  readonly what: string;
  readonly since: Date;
}

async function amend(
  { app, desired, store, waiting, signal }: EngineCommand,
  { name, key, what, since }: Deed,
  change: (ledger: Ledger) => Ledger,
): Promise<void> {
  const deed = {
    key: key ?? "environment",
    kind: "held" as const,
    cause: what,
    fields: [],
    outcome: "held" as const,
    summary: what,
    details: [],
    durationMs: 0,
  };
  const record: RunRecord = {
    txn: app.newTxn(),
    at: since.toISOString(),
    durationMs: 0,
    command: name,
    by: app.actor,
    revision: revisionRecord(desired.revision),
    exitCode: exitCodes.converged,
    verdict: what,
    changes: [deed],
  };
  const { lockExpiryMs } = desired.environment.rollout;
  const amendment = { owner: ownerOf(desired), by: app.actor, lockExpiryMs, change, record };
  await amendLedger(amendment, store, waiting, signal);
}
