import type { ActualContainer } from "../model/actual-state.ts";
import type { FieldChange } from "../model/change.ts";
import { ReconcilerError } from "../model/errors.ts";
import { type Hold, holdOf } from "../model/ledger.ts";
import { parseRoleName } from "../model/ownership.ts";
import { type AssessContext, chooseRollout, type Decision, restartToRestore, revival } from "./assess.ts";
import { diffContainer } from "./diff.ts";
import type { Instance, Pair } from "./pair.ts";
import type { World } from "./world.ts";

const cause = "rolled back on request";

/**
 * The previous container takes over again, in the order that its claims allow; it is proved like a new one, and what
 * served until then is retained in its turn. Where the serving container is gone, the previous one is only started. A
 * rollback that was carried out already is not done once more: that would bring the rejected build back.
 *
 * @throws ReconcilerError `no-way-back` when no previous container was kept
 */
export function assessRollback(pair: Pair, context: AssessContext): Decision {
  const { instance, current, previous } = pair;
  const hold = rollbackHold(pair, context.world);
  const isDone = hold?.keptSpec !== undefined && current?.record.fingerprint === hold.keptSpec;
  const candidate = hold === undefined ? previous : candidateFor(pair, hold);
  const isAlone = candidate === undefined && parseRoleName(current?.name ?? "").role === "previous";
  if (current !== undefined && (isDone || isAlone)) return onlyRepair(pair, current, context.world);
  if (current === undefined || candidate === undefined)
    throw new ReconcilerError(
      "no-way-back",
      `no previous container of ${instance.key} is kept on the Engine`,
    );
  const rollout = chooseRollout(instance, current, candidate.spec, context.world);
  if (typeof rollout === "string") return { kind: "blocked", cause: rollout, fields: [] };
  const fields = fieldsBetween(instance, current, candidate, context);
  const oldRestart = restartToRestore(pair, current);
  const superseded = previous === undefined || previous === candidate ? {} : { superseded: previous };
  return {
    kind: "replace",
    old: current,
    oldRestart,
    candidate,
    fields,
    rollout,
    cause,
    notes: [],
    ...superseded,
  };
}

/** A rollback began and did not come to its end: another build serves than the one that was meant to. */
export function isUnfinished(pair: Pair, hold: Hold): boolean {
  const { current } = pair;
  if (current === undefined || hold.keptSpec === undefined) return false;
  return current.record.fingerprint !== hold.keptSpec && candidateFor(pair, hold) !== undefined;
}

function rollbackHold({ instance }: Pair, { ledger, now }: World): Hold | undefined {
  const hold = holdOf(ledger, instance.workload.key, undefined, now);
  return hold?.rejectedSpec === undefined ? undefined : hold;
}

/** The container that was meant to take over; an interrupted run may have begun to bring it back. */
function candidateFor({ previous, leftovers }: Pair, { keptSpec }: Hold): ActualContainer | undefined {
  if (keptSpec === undefined) return previous;
  const found = [...(previous === undefined ? [] : [previous]), ...leftovers];
  return found.find(({ record, state }) => record.fingerprint === keptSpec && state.status !== "dead");
}

function onlyRepair(pair: Pair, current: ActualContainer, world: World): Decision {
  const repair = revival(pair, current, world, false);
  return repair ? { kind: "repair", current, repair, cause, notes: [] } : { kind: "unchanged", notes: [] };
}

/** In which settings the two differ; the restart policy was taken from the previous one when it was stopped. */
function fieldsBetween(
  instance: Instance,
  current: ActualContainer,
  candidate: ActualContainer,
  { world, workloadOf }: AssessContext,
): readonly FieldChange[] {
  const workload = { ...instance.workload, container: candidate.spec };
  const fingerprint = candidate.record.fingerprint ?? "";
  const diff = diffContainer({ ...instance, workload }, current, {
    actual: world.actual,
    workloadOf,
    fingerprint,
  });
  return diff.fields.filter(({ field }) => field !== "restart policy");
}
