/** A signal that aborts when `signal` does or after `ms`, with a reason that names the deadline. */
export function withDeadline(signal: AbortSignal, ms: number, what: string): AbortSignal {
  return AbortSignal.any([signal, deadline(ms, what)]);
}

export class DeadlineError extends Error {
  constructor(what: string, ms: number) {
    super(`${what} took longer than ${Math.round(ms / 100) / 10} s`);
    this.name = "DeadlineError";
  }
}

function deadline(ms: number, what: string): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => controller.abort(new DeadlineError(what, ms)), ms).unref();
  return controller.signal;
}
