import type { DesiredState } from "../model/desired-state.ts";
import { ReconcilerError } from "../model/errors.ts";
import type { KeptState } from "../model/history.ts";
import { type AppliedRevision, isOlder, type Ledger, type Pin } from "../model/ledger.ts";
import type { Revision } from "../model/revision.ts";
import { shortRevision } from "../model/revision.ts";
import { unsealSecrets } from "../model/seal.ts";

/** What a run is to bring about, after what earlier runs and people decided. */
export interface Chosen {
  readonly desired: DesiredState;
  /** The pin that is in force during and after this run. */
  readonly pin?: Pin;
  /** Said to people: the environment is held at an earlier revision. */
  readonly notice?: string;
}

export interface ChooseOptions {
  /** The person means to go back to this older revision. */
  readonly rollback: boolean;
  /** The person means to go back to this revision of the history, given by its first digits. */
  readonly to?: string;
  readonly by: string;
  readonly now: string;
}

/**
 * A revision that a person went back from is not applied again: the environment stays where it was put until a newer
 * one comes. Apart from that a run never goes backwards unless it is asked to.
 *
 * @param readKept the kept desired states, asked for only when the environment is pinned
 * @throws ReconcilerError `older-revision`, or `no-way-back` when the pinned revision is not kept any more
 */
export async function chooseDesired(
  compiled: DesiredState,
  ledger: Ledger,
  options: ChooseOptions,
  secrets: ReadonlyMap<string, string>,
  readKept: () => Promise<readonly KeptState[]>,
): Promise<Chosen> {
  const mine = appliedRevision(compiled.revision, options.now);
  const { pin, lastApplied } = ledger;
  if (options.to !== undefined)
    return goBack(options.to, compiled, ledger, options, secrets, await readKept());
  if (options.rollback) return { desired: compiled, ...newPin(mine, lastApplied, pin, options) };
  if (pin !== undefined && pin.revision === mine.id) return { desired: compiled, pin, notice: noticeOf(pin) };
  if (pin !== undefined && (mine.id === pin.rejected.id || isOlder(mine, pin.rejected))) {
    const kept = (await readKept()).findLast(({ revision }) => revision === pin.revision);
    return { desired: restore(kept, pin.revision, compiled, secrets), pin, notice: noticeOf(pin) };
  }
  if (pin === undefined && lastApplied !== undefined && isOlder(mine, lastApplied))
    throw olderError(compiled, lastApplied);
  return { desired: compiled };
}

function goBack(
  to: string,
  compiled: DesiredState,
  ledger: Ledger,
  options: ChooseOptions,
  secrets: ReadonlyMap<string, string>,
  kept: readonly KeptState[],
): Chosen {
  const found = kept.findLast(({ revision }) => revision.startsWith(to));
  const desired = restore(found, found?.revision ?? to, compiled, secrets);
  const mine = appliedRevision(desired.revision, options.now);
  const last = ledger.lastApplied ?? appliedRevision(compiled.revision, options.now);
  return { desired, ...newPin(mine, last, ledger.pin, options) };
}

/** A kept desired state with today's policies and the secrets of this run. */
export function restore(
  kept: KeptState | undefined,
  revision: string,
  present: DesiredState,
  secrets: ReadonlyMap<string, string>,
): DesiredState {
  const short = revision.slice(0, 7);
  if (kept === undefined)
    throw new ReconcilerError(
      "no-way-back",
      `the desired state of revision ${short} is not kept on the Engine`,
      {
        hint: "mysysconfig history shows which are; or apply the older image with --rollback",
      },
    );
  const desired = unsealSecrets(kept.desired, secrets);
  if ("environment" in desired)
    return { ...desired, environment: present.environment, target: present.target };
  throw new ReconcilerError(
    "no-way-back",
    `revision ${short} needs secrets that this run does not have: ${desired.join(", ")}`,
    {
      hint: "mount them, or give them as MYSYSCONFIG_SECRET_<name>",
    },
  );
}

export function appliedRevision(revision: Revision, at: string): AppliedRevision {
  const { id, source, branch, build, created } = revision;
  return {
    id,
    ...(source === undefined ? {} : { source }),
    ...(branch === undefined ? {} : { branch }),
    ...(build === undefined ? {} : { build }),
    ...(created === undefined ? {} : { created }),
    at,
  };
}

/** Going back twice keeps the newest revision rejected: what was turned down once is not let in by the second step. */
function newPin(
  mine: AppliedRevision,
  last: AppliedRevision | undefined,
  pin: Pin | undefined,
  { by, now }: ChooseOptions,
): { pin?: Pin } {
  const rejected = pin?.rejected ?? last;
  return rejected === undefined || rejected.id === mine.id
    ? {}
    : { pin: { revision: mine.id, rejected, by, at: now } };
}

function noticeOf(pin: Pin): string {
  return `held at ${pin.revision.slice(0, 7)}: ${pin.by} went back from ${pin.rejected.id.slice(0, 7)}; a newer revision, or mysysconfig release --all, ends that`;
}

function olderError(compiled: DesiredState, last: AppliedRevision): ReconcilerError {
  const name = (build: number | undefined) => (build === undefined ? "" : ` (build ${build})`);
  return new ReconcilerError(
    "older-revision",
    `revision ${shortRevision(compiled.revision)}${name(compiled.revision.build)} is older than ${last.id.slice(0, 7)}${name(last.build)}, which was applied last`,
    { hint: "run the newer one; if you mean to go back: mysysconfig apply --rollback" },
  );
}
