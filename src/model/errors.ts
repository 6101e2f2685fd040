import { DeadlineError } from "../lib/abort.ts";

/**
 * The one error type and its catalogue. Everything that is not a finding about the user's text is thrown as a
 * `ReconcilerError`; the code alone decides the exit code and whether another try can help.
 */

/** Exit codes of the command (the table in the README). */
export const exitCodes = {
  converged: 0,
  failed: 1,
  pending: 2,
  busy: 3,
  invalidConfiguration: 4,
  unreachable: 5,
  refused: 6,
  usage: 64,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

interface ErrorClass {
  readonly exitCode: ExitCode;
  /** `retry`: may pass by itself. `stalled`: needs a person or a new revision. `bug`: ours. */
  readonly disposition: "retry" | "stalled" | "bug";
}

export const errorCatalogue = {
  "configuration-invalid": { exitCode: exitCodes.invalidConfiguration, disposition: "stalled" },
  "configuration-unreadable": { exitCode: exitCodes.invalidConfiguration, disposition: "stalled" },
  "engine-unreachable": { exitCode: exitCodes.unreachable, disposition: "retry" },
  "engine-unsupported": { exitCode: exitCodes.unreachable, disposition: "stalled" },
  "engine-refused": { exitCode: exitCodes.failed, disposition: "stalled" },
  "engine-conflict": { exitCode: exitCodes.failed, disposition: "retry" },
  "engine-not-found": { exitCode: exitCodes.failed, disposition: "stalled" },
  "engine-failed": { exitCode: exitCodes.failed, disposition: "retry" },
  // Nobody leads the Swarm, it is locked, or this Engine is no manager: what it runs is not known, which is not nothing.
  "swarm-unavailable": { exitCode: exitCodes.unreachable, disposition: "retry" },
  "no-space": { exitCode: exitCodes.failed, disposition: "retry" },
  "pull-failed": { exitCode: exitCodes.failed, disposition: "retry" },
  "image-unknown": { exitCode: exitCodes.failed, disposition: "stalled" },
  "push-failed": { exitCode: exitCodes.failed, disposition: "retry" },
  "build-failed": { exitCode: exitCodes.failed, disposition: "stalled" },
  "registry-unreachable": { exitCode: exitCodes.unreachable, disposition: "retry" },
  "registry-busy": { exitCode: exitCodes.unreachable, disposition: "retry" },
  "registry-denied": { exitCode: exitCodes.failed, disposition: "stalled" },
  "registry-answer-invalid": { exitCode: exitCodes.failed, disposition: "retry" },
  "gate-failed": { exitCode: exitCodes.failed, disposition: "stalled" },
  "job-failed": { exitCode: exitCodes.failed, disposition: "stalled" },
  "precondition-failed": { exitCode: exitCodes.failed, disposition: "retry" },
  interrupted: { exitCode: exitCodes.failed, disposition: "retry" },
  "deadline-passed": { exitCode: exitCodes.failed, disposition: "retry" },
  // The branch, tag or commit is a setting, and it names nothing: that is a mistake, not a refusal.
  "unknown-revision": { exitCode: exitCodes.invalidConfiguration, disposition: "stalled" },
  "git-unreachable": { exitCode: exitCodes.unreachable, disposition: "retry" },
  "git-untrusted": { exitCode: exitCodes.unreachable, disposition: "stalled" },
  "git-access-denied": { exitCode: exitCodes.unreachable, disposition: "stalled" },
  "git-not-found": { exitCode: exitCodes.unreachable, disposition: "stalled" },
  "git-push-refused": { exitCode: exitCodes.refused, disposition: "stalled" },
  // The server answers, others are faster: the same as a lock that others hold.
  "git-contended": { exitCode: exitCodes.busy, disposition: "retry" },
  "git-failed": { exitCode: exitCodes.failed, disposition: "retry" },
  busy: { exitCode: exitCodes.busy, disposition: "retry" },
  "lock-lost": { exitCode: exitCodes.failed, disposition: "retry" },
  "plan-stale": { exitCode: exitCodes.refused, disposition: "stalled" },
  "older-revision": { exitCode: exitCodes.refused, disposition: "stalled" },
  "not-proven": { exitCode: exitCodes.refused, disposition: "retry" },
  downgrade: { exitCode: exitCodes.refused, disposition: "stalled" },
  "no-way-back": { exitCode: exitCodes.refused, disposition: "stalled" },
  "prune-refused": { exitCode: exitCodes.refused, disposition: "stalled" },
  usage: { exitCode: exitCodes.usage, disposition: "stalled" },
  internal: { exitCode: exitCodes.failed, disposition: "bug" },
} as const satisfies Record<string, ErrorClass>;

export type ErrorCode = keyof typeof errorCatalogue;

/**
 * A failure with a catalogue code. The message says what failed, for which subject and why (lowercase start, no
 * trailing dot, quoted values); the hint says what to do; the cause keeps the original error.
 */
export class ReconcilerError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { hint?: string | undefined; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "ReconcilerError";
    this.code = code;
    this.hint = options.hint;
  }

  get exitCode(): ExitCode {
    return errorCatalogue[this.code].exitCode;
  }
}

export function isReconcilerError(error: unknown): error is ReconcilerError {
  return error instanceof ReconcilerError;
}

/** Makes a coded error out of anything that was thrown; an uncoded one is our own mistake. */
export function toReconcilerError(error: unknown): ReconcilerError {
  if (isReconcilerError(error)) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new ReconcilerError("internal", message, { cause: error });
}

/**
 * What a call throws whose caller's signal has fired: the coded error that the signal carries, or one made of its
 * reason; a deadline of the caller is `deadline-passed`.
 *
 * @param what the attempt, as `create container "web"`
 */
export function interruption(signal: AbortSignal, what: string, cause: unknown): ReconcilerError {
  if (isReconcilerError(signal.reason)) return signal.reason;
  const code = signal.reason instanceof DeadlineError ? "deadline-passed" : "interrupted";
  const reason = signal.reason instanceof Error ? signal.reason.message : String(signal.reason);
  return new ReconcilerError(code, `${what}: ${reason}`, { cause });
}
