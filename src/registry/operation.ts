import { deadlineSignal } from "../lib/abort.ts";
import { retryAfterMs } from "../lib/retry-after.ts";
import { ReconcilerError } from "../model/errors.ts";
import type { Clock } from "../ports.ts";
import type { HttpAnswer } from "./http-transport.ts";
import { busyRegistry, translateRequestError } from "./registry-errors.ts";

export interface OperationLimits {
  readonly clock: Clock;
  /** All requests, pages and waits together. */
  readonly timeoutMs: number;
  /** All waits together that registries ask for. */
  readonly patienceMs: number;
}

/** The shortest wait; it doubles with each one, so that a registry that always says "at once" comes to an end too. */
const firstWaitMs = 1000;

/** One question to the port: a name for messages, a signal with a deadline, and patience that is used up. */
export class Operation {
  readonly what: string;
  readonly signal: AbortSignal;
  private readonly clock: Clock;
  private patienceMs: number;
  private nextWaitMs = firstWaitMs;

  private constructor(what: string, signal: AbortSignal, limits: OperationLimits) {
    this.what = what;
    this.signal = signal;
    this.clock = limits.clock;
    this.patienceMs = limits.patienceMs;
  }

  /** Runs `work` within the limits. @throws ReconcilerError `registry-unreachable` when it takes too long */
  static async run<T>(
    what: string,
    signal: AbortSignal,
    limits: OperationLimits,
    work: (operation: Operation) => Promise<T>,
  ): Promise<T> {
    const late = new ReconcilerError(
      "registry-unreachable",
      `${what}: not done within ${limits.timeoutMs / 1000} s`,
      { hint: "the registry answers, but too slowly: look at its log" },
    );
    const limit = deadlineSignal(signal, limits.timeoutMs, late);
    try {
      return await work(new Operation(what, limit.signal, limits));
    } finally {
      limit.release();
    }
  }

  /**
   * Waits as long as a busy server (429, 503) asks for.
   *
   * @throws ReconcilerError `registry-busy` at once when that is longer than what is left of the patience
   */
  async waitForTurn(answer: HttpAnswer, host: string): Promise<void> {
    const now = this.clock.now();
    const asked = retryAfterMs(answer.headers["retry-after"], now) ?? 0;
    const waitMs = Math.max(asked, this.nextWaitMs);
    this.nextWaitMs *= 2;
    if (waitMs > this.patienceMs) {
      const { status, body } = answer;
      throw busyRegistry(this.what, { status, host, body }, new Date(now.getTime() + waitMs));
    }
    this.patienceMs -= waitMs;
    try {
      await this.clock.sleep(waitMs, this.signal);
    } catch (error) {
      throw translateRequestError(error, this.what, host, this.signal);
    }
  }
}

/** The server is there and wants to be asked later. */
export function isBusy({ status }: HttpAnswer): boolean {
  return status === 429 || status === 503;
}
