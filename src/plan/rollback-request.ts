import type { ActualContainer } from "../model/actual-state.ts";
import type { FieldChange } from "../model/change.ts";
import { ReconcilerError } from "../model/errors.ts";
import { parseRoleName } from "../model/ownership.ts";
import {
  type AssessContext,
  chooseRollout,
  type Decision,
  repairActions,
  restartToRestore,
} from "./assess.ts";
import { diffContainer } from "./diff.ts";
import type { Instance, Pair } from "./pair.ts";

const cause = "rolled back on request";

/**
 * The previous container takes over again, in the order that its claims allow; it is proved like a new one, and what
 * served until then is retained in its turn. Where the serving container is gone, the previous one is only started.
 *
 * @throws ReconcilerError `no-way-back` when no previous container was kept
 */
export function assessRollback(pair: Pair, context: AssessContext): Decision {
  const { instance, current, previous: candidate } = pair;
  if (current !== undefined && candidate === undefined && parseRoleName(current.name).role === "previous")
    return { kind: "repair", current, repair: repairActions(pair, current), cause, notes: [] };
  if (current === undefined || candidate === undefined)
    throw new ReconcilerError(
      "no-way-back",
      `no previous container of ${instance.key} is kept on the Engine`,
    );
  const rollout = chooseRollout(instance, current, candidate.spec, context.world);
  if (typeof rollout === "string") return { kind: "blocked", cause: rollout, fields: [] };
  const fields = fieldsBetween(instance, current, candidate, context);
  const oldRestart = restartToRestore(pair, current);
  return { kind: "replace", old: current, oldRestart, candidate, fields, rollout, cause, notes: [] };
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
