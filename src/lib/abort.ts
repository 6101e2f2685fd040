/** The reason of a signal that aborts because something took too long. */
export class DeadlineError extends Error {
  constructor(what: string, ms: number) {
    super(`${what} took longer than ${Math.round(ms / 100) / 10} s`);
    this.name = "DeadlineError";
  }
}

/**
 * A signal that fires with the given one, or with `reason` after `ms`. `release` must be called when the work is done,
 * or the timer keeps the process alive.
 */
export function deadlineSignal(
  signal: AbortSignal,
  ms: number,
  reason: unknown,
): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(reason), ms);
  return { signal: AbortSignal.any([signal, controller.signal]), release: () => clearTimeout(timer) };
}
