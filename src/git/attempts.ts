import { formatDuration } from "../lib/duration.ts";
import { ReconcilerError } from "../model/errors.ts";
import type { Clock } from "../ports.ts";

export interface Attempts {
  /** As `commit to branch "develop" of https://host/path`. */
  readonly what: string;
  /** How many were lost so far, at least one. */
  readonly attempts: number;
  /** Of the clock: after it no attempt is begun. */
  readonly endMs: number;
  readonly clock: Clock;
  readonly random: () => number;
}

/** One attempt takes about this long on a quiet server. */
const shortestMs = 200;
/** Long enough that of fifty contenders about one is at work at a time. */
const longestMs = 12_000;

/**
 * Waits a random while, on average twice as long after each attempt: contenders that met once spread out,
 * however many they are. The last attempt is begun at the deadline.
 *
 * @throws ReconcilerError `git-contended` when the deadline has passed
 */
export async function pauseBeforeNextAttempt(
  { what, attempts, endMs, clock, random }: Attempts,
  signal: AbortSignal,
): Promise<void> {
  const leftMs = endMs - clock.monotonicMs();
  if (leftMs <= 0) {
    throw new ReconcilerError("git-contended", `${what}: others were faster ${attempts} times`, {
      hint: "run again; nothing was lost or overwritten",
    });
  }
  const mostMs = Math.min(longestMs, shortestMs * 2 ** Math.min(attempts, 10));
  const pauseMs = Math.min(leftMs, random() * mostMs);
  try {
    await clock.sleep(pauseMs, signal);
  } catch (cause) {
    const waited = `waiting ${formatDuration(pauseMs)} for the next attempt`;
    throw new ReconcilerError("interrupted", `${what}: interrupted while ${waited}`, { cause });
  }
}
