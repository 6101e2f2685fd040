import { ReconcilerError } from "../model/errors.ts";
import type { Clock, LockOptions } from "../ports.ts";
import { isUnknownOutcome, statusOf } from "./api-errors.ts";
import type { LockSight } from "./lock-sight.ts";
import { outlastLock, pauseMs } from "./lock-wait.ts";

/** How long tidying up may take after the caller has lost patience. */
const tidyTimeoutMs = 5_000;

/** An object whose name only one can take, as long as it exists. */
export interface LockObject {
  /** `project "shop", environment "develop"`, for messages. */
  readonly subject: string;
  /** What a person can do when an expired one does not go. */
  readonly removal: string;
  /** Answers its id; rejects with status 409 when the name is taken. */
  create(signal: AbortSignal): Promise<string>;
  /** Looks at the one that has the name. */
  find(signal: AbortSignal): Promise<LockSight | undefined>;
  look(id: string, signal: AbortSignal): Promise<LockSight | undefined>;
  /** By its id, so that nobody can remove a fresh one by mistake; one that is gone or going is as wanted. */
  remove(id: string, signal: AbortSignal): Promise<void>;
}

export interface Contest {
  readonly clock: Clock;
  readonly lock: LockObject;
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
 * Creates the lock's object, which the Engine or the Swarm lets exactly one of all contenders do. A dead one is removed by
 * its id, and then everybody competes again.
 *
 * @throws ReconcilerError `busy` when another holder is alive
 */
export async function acquireLock(contest: Contest, signal: AbortSignal): Promise<HeldLock> {
  const { clock, lock, options } = contest;
  const look = (id: string) => (looking: AbortSignal) => lock.look(id, looking);
  let removed: { readonly id: string; readonly atMs: number } | undefined;
  for (;;) {
    const takenMs = clock.monotonicMs();
    const attempt = await compete(contest, signal);
    if (attempt.kind === "ours") return { id: attempt.id, takenMs };
    const { sight } = attempt;
    if (sight === undefined || sight.id === removed?.id) {
      // On its way out: its name is free only when the Engine is done with it.
      if (removed !== undefined && clock.monotonicMs() - removed.atMs > options.expiryMs)
        throw cannotRemove(lock);
      await clock.sleep(Math.min(50, pauseMs(options.expiryMs)), signal);
      continue;
    }
    options.progress({ text: `waiting for ${sight.holder}, which holds the lock since ${sight.since}` });
    if ((await outlastLock(sight, lock.subject, look(sight.id), clock, signal)) === "gone") continue;
    await lock.remove(sight.id, signal);
    removed = { id: sight.id, atMs: clock.monotonicMs() };
  }
}

type Attempt =
  | { readonly kind: "ours"; readonly id: string }
  | { readonly kind: "theirs"; readonly sight: LockSight | undefined };

async function compete(contest: Contest, signal: AbortSignal): Promise<Attempt> {
  const { lock, holderId } = contest;
  try {
    return { kind: "ours", id: await lock.create(signal) };
  } catch (error) {
    if (signal.aborted) await giveBack(contest);
    const isTaken = statusOf(error) === 409;
    if (signal.aborted || !(isTaken || isUnknownOutcome(error))) throw error;
    // The answer of an attempt may have been lost, and the lock that is there be our own.
    const sight = await lock.find(signal);
    if (sight?.holderId === holderId) return { kind: "ours", id: sight.id };
    if (!isTaken) throw error;
    return { kind: "theirs", sight };
  }
}

/** An attempt that was interrupted may have succeeded. Never rejects: such a lock expires. */
async function giveBack({ lock, holderId }: Contest): Promise<void> {
  const signal = AbortSignal.timeout(tidyTimeoutMs);
  try {
    const sight = await lock.find(signal);
    if (sight?.holderId === holderId) await lock.remove(sight.id, signal);
  } catch {
    // The Engine is out of reach as well.
  }
}

function cannotRemove({ subject, removal }: LockObject): ReconcilerError {
  const message = `take the lock of ${subject}: an expired lock was removed but its name is not free`;
  return new ReconcilerError("engine-conflict", message, { hint: removal });
}
