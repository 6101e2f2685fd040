import { ReconcilerError } from "../model/errors.ts";
import type { Clock } from "../ports.ts";
import type { LockSight } from "./lock-sight.ts";

const longestPauseMs = 1_000;

/** A tenth of the expiry, at most a second: short enough to see every sign of life. */
export function pauseMs(expiryMs: number): number {
  return Math.min(longestPauseMs, expiryMs / 10);
}

/**
 * Waits for somebody else's lock: until it is gone, or until its holder must be dead, which is when it has been silent
 * for its whole expiry, by the Engine's clock or before our own eyes.
 *
 * @param subject whose lock it is, for messages
 * @param look another look at the same lock, `undefined` when it is gone
 * @throws ReconcilerError `busy` when the holder lives and has kept the lock for as long as it could have taken to expire
 */
export async function outlastLock(
  first: LockSight,
  subject: string,
  look: (signal: AbortSignal) => Promise<LockSight | undefined>,
  clock: Clock,
  signal: AbortSignal,
): Promise<"gone" | "dead"> {
  const { expiryMs } = first;
  const startedMs = clock.monotonicMs();
  let isRenewed = false;
  let silentMs = first.silentMs;
  for (;;) {
    if (silentMs !== undefined && silentMs > expiryMs) return "dead";
    if (clock.monotonicMs() - startedMs >= expiryMs) {
      if (!isRenewed) return "dead";
      throw busy(first, subject);
    }
    await clock.sleep(pauseMs(expiryMs), signal);
    const sight = await look(signal);
    if (sight === undefined) return "gone";
    isRenewed ||= sight.beat !== undefined && sight.beat !== first.beat;
    silentMs = sight.silentMs;
  }
}

function busy({ holder, since }: LockSight, subject: string): ReconcilerError {
  return new ReconcilerError("busy", `take the lock of ${subject}: held by ${holder}, since ${since}`, {
    hint: "its holder is alive: wait for it to end, then try again",
  });
}
