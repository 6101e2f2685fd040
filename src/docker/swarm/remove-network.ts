import { DeadlineError, deadlineSignal } from "../../lib/abort.ts";
import { ReconcilerError } from "../../model/errors.ts";
import type { StepPayloads } from "../../model/step.ts";
import { isUnknownOutcome, translateEngineError } from "../api-errors.ts";
import { apiPath, unlessMissing } from "../engine-client.ts";
import { pause } from "../pause.ts";
import type { StepRun } from "../step-run.ts";

/** Tasks of a removed service end within their grace period, which is 10 s by default. */
const patienceMs = 30_000;
const betweenLooksMs = 500;

/**
 * `DELETE /networks/{id}` of a network of the cluster. A manager refuses as long as a service or a task is attached, and
 * once it has agreed the network stays on each node, with its name, until the last container has left it: a network of
 * that name could not be made before.
 */
export async function removeClusterNetwork(
  { network, id }: StepPayloads["remove-network"],
  run: StepRun,
): Promise<void> {
  const what = `remove network "${network}"`;
  const deadline = deadlineSignal(run.signal, patienceMs, new DeadlineError(what, patienceMs));
  let refusal: unknown;
  let isRemoved = false;
  try {
    for (;;) {
      if (!isRemoved) refusal = await tryRemove(id, what, run);
      isRemoved ||= refusal === undefined;
      if (isRemoved && !(await isThere(id, what, run))) return;
      await pause(betweenLooksMs, deadline.signal);
    }
  } catch (error) {
    const isPatienceOver = error === deadline.signal.reason && !run.signal.aborted;
    if (!isPatienceOver) throw translateEngineError(error, what, run.signal);
    // It is no more in the cluster; what is left on the node goes with its last container.
    if (isRemoved) return;
    throw new ReconcilerError("engine-conflict", refusalText(refusal, what), {
      hint: "something outside the configuration uses the network: docker network inspect --verbose shows it",
      cause: refusal,
    });
  } finally {
    deadline.release();
  }
}

/** Why it is not removed yet; nothing when it is. */
async function tryRemove(id: string, what: string, { client, signal }: StepRun): Promise<unknown> {
  try {
    await unlessMissing(client.delete({ what, path: apiPath`/networks/${id}` }, signal));
    return undefined;
  } catch (error) {
    const isInUse = error instanceof Error && /in use by|active endpoints/i.test(error.message);
    if (isInUse || (isUnknownOutcome(error) && !signal.aborted)) return error;
    throw error;
  }
}

async function isThere(id: string, what: string, { client, signal }: StepRun): Promise<boolean> {
  return (await unlessMissing(client.get({ what, path: apiPath`/networks/${id}` }, signal))) !== undefined;
}

function refusalText(refusal: unknown, what: string): string {
  return refusal instanceof Error ? refusal.message : `${what}: it is in use`;
}
