/** The reason of a signal that aborts because something took too long. */
export class DeadlineError extends Error {
  constructor(what: string, ms: number) {
    super(`${what} took longer than ${Math.round(ms / 100) / 10} s`);
    this.name = "DeadlineError";
  }
}
