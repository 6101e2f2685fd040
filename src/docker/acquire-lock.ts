import { ReconcilerError } from "../model/errors.ts";
import type { Clock, LockOptions } from "../ports.ts";
import { isUnknownOutcome, statusOf } from "./api-errors.ts";
import { createVessel } from "./empty-image.ts";
import { apiPath, type EngineClient } from "./engine-client.ts";
import { type LockSight, lockLabels, sightLock } from "./lock-sight.ts";
import { outlastLock, pauseMs } from "./lock-wait.ts";
import { lockVessel, type StatePlace } from "./state-place.ts";

/** How long tidying up may take after the caller has lost patience. */
const tidyTimeoutMs = 5_000;

export interface Contest {
  readonly client: EngineClient;
  readonly clock: Clock;
  readonly place: StatePlace;
  readonly options: LockOptions;
  /** Random, of this acquisition alone. */
  readonly holderId: string;
}

/** A lock that is ours. */
export interface HeldLock {
  readonly id: string;
  /** Monotonic milliseconds; not after the Engine made it. */
  readonly takenMs: number;
}

/**
 * Creates the lock's container, which the Engine lets exactly one of all contenders do (Docker Engine API,
 * "ContainerCreate": the name is taken, 409). A dead one is removed by its id, so that nobody can remove a fresh lock by
 * mistake, and then everybody competes again.
 *
 * @throws ReconcilerError `busy` when another holder is alive
 */
export async function acquireLock(contest: Contest, signal: AbortSignal): Promise<HeldLock> {
  const { client, clock, place, options } = contest;
  const look = (id: string) => (looking: AbortSignal) =>
    sightLock(client, place, id, options.expiryMs, looking);
  let removed: { readonly id: string; readonly atMs: number } | undefined;
  for (;;) {
    const takenMs = clock.monotonicMs();
    const attempt = await compete(contest, signal);
    if (attempt.kind === "ours") return { id: attempt.id, takenMs };
    const { sight } = attempt;
    if (sight === undefined || sight.id === removed?.id) {
      // On its way out: its name is free only when the Engine is done with it.
      if (removed !== undefined && clock.monotonicMs() - removed.atMs > options.expiryMs)
        throw cannotRemove(place);
      await clock.sleep(Math.min(50, pauseMs(options.expiryMs)), signal);
      continue;
    }
    options.progress({ text: `waiting for ${sight.holder}, which holds the lock since ${sight.since}` });
    if ((await outlastLock(sight, place.subject, look(sight.id), clock, signal)) === "gone") continue;
    await removeLock(contest, sight.id, signal);
    removed = { id: sight.id, atMs: clock.monotonicMs() };
  }
}

type Attempt =
  | { readonly kind: "ours"; readonly id: string }
  | { readonly kind: "theirs"; readonly sight: LockSight | undefined };

async function compete(contest: Contest, signal: AbortSignal): Promise<Attempt> {
  const { client, place, options, holderId } = contest;
  const labels = {
    [lockLabels.holder]: options.holder,
    [lockLabels.holderId]: holderId,
    [lockLabels.expiry]: String(options.expiryMs),
  };
  const what = `take the lock of ${place.subject}`;
  try {
    return { kind: "ours", id: await createVessel(client, lockVessel(place, labels), what, signal) };
  } catch (error) {
    if (signal.aborted) await giveBack(contest);
    const isTaken = statusOf(error) === 409;
    if (signal.aborted || !(isTaken || isUnknownOutcome(error))) throw error;
    // The answer of an attempt may have been lost, and the lock that is there be our own.
    const sight = await sightLock(client, place, place.lock, options.expiryMs, signal);
    if (sight?.holderId === holderId) return { kind: "ours", id: sight.id };
    if (!isTaken) throw error;
    return { kind: "theirs", sight };
  }
}

/** An attempt that was interrupted may have succeeded. Never rejects: such a lock expires. */
async function giveBack(contest: Contest): Promise<void> {
  const { client, place, options, holderId } = contest;
  const signal = AbortSignal.timeout(tidyTimeoutMs);
  try {
    const sight = await sightLock(client, place, place.lock, options.expiryMs, signal);
    if (sight?.holderId === holderId) await removeLock(contest, sight.id, signal);
  } catch {
    // The Engine is out of reach as well.
  }
}

/** One of all who try gets 204; the others are told that it is gone or going (Docker Engine API, "ContainerDelete"). */
async function removeLock({ client, place }: Contest, id: string, signal: AbortSignal): Promise<void> {
  const what = `remove an expired lock of ${place.subject}`;
  try {
    await client.delete({ what, path: apiPath`/containers/${id}` }, signal);
  } catch (error) {
    const status = statusOf(error);
    if (status !== 404 && status !== 409) throw error;
  }
}

function cannotRemove(place: StatePlace): ReconcilerError {
  const message = `take the lock of ${place.subject}: an expired lock was removed but its name is not free`;
  return new ReconcilerError("engine-conflict", message, { hint: `docker rm -f ${place.lock}` });
}
