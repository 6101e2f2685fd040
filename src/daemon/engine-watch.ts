import { isReconcilerError } from "../model/errors.ts";
import type { Clock, ConnectedBackend, EngineEvent } from "../ports.ts";

export interface EngineWatchOptions {
  readonly connect: (signal: AbortSignal) => Promise<ConnectedBackend>;
  readonly clock: Clock;
  readonly happened: (event: EngineEvent) => void;
  /** The stream is open, for the first time or again: what happened before it was is unknown. */
  readonly opened: () => void;
  /** It ended or could not be opened. */
  readonly closed: (why: string) => void;
}

/** Pause before the stream is opened again: at once after a hiccup, then more and more slowly. */
const firstPauseMs = 250;
const longestPauseMs = 5_000;
/** A stream that has lasted this long was a good one; what ends sooner may do so again and again. */
const goodAfterMs = 10_000;

/**
 * Follows the events of the Engine until the signal fires, over every interruption. It only makes runs come earlier:
 * what a lost event would have told, the next look finds.
 */
export async function watchEngine(options: EngineWatchOptions, signal: AbortSignal): Promise<void> {
  const { connect, clock, happened } = options;
  let pauseMs = firstPauseMs;
  while (!signal.aborted) {
    const startedMs = clock.monotonicMs();
    try {
      const backend = await connect(signal);
      try {
        await backend.followEvents({ opened: options.opened, happened }, signal);
        if (!signal.aborted) options.closed("the stream ended");
      } finally {
        await backend.close();
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!isReconcilerError(error)) throw error;
      options.closed(error.message);
    }
    if (clock.monotonicMs() - startedMs >= goodAfterMs) pauseMs = firstPauseMs;
    await clock.sleep(pauseMs, signal).catch(() => undefined);
    pauseMs = Math.min(longestPauseMs, pauseMs * 2);
  }
}
