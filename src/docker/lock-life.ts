import { ReconcilerError } from "../model/errors.ts";
import type { Clock } from "../ports.ts";

/** Calls a function every so many milliseconds until the answer is called; it must not keep the process alive. */
export type Every = (ms: number, tick: () => void) => () => void;

export const everyUnrefed: Every = (ms, tick) => {
  const timer = setInterval(tick, ms).unref();
  return () => clearInterval(timer);
};

export interface LockLifeOptions {
  readonly clock: Clock;
  readonly every: Every;
  /** `project "shop", environment "develop"`, for messages. */
  readonly subject: string;
  readonly expiryMs: number;
  /** Monotonic milliseconds; not after the lock was taken. */
  readonly takenMs: number;
  /** Gives a sign of life. A sentence: the lock is known to be lost. It rejects when the sign did not get through. */
  readonly giveSign: (signal: AbortSignal) => Promise<string | undefined>;
}

const ticksPerExpiry = 6;

/** The life of a lock that is held: signs of life every third of its expiry, and the knowledge that it is lost. */
export class LockLife {
  private readonly options: LockLifeOptions;
  private readonly loss = new AbortController();
  private readonly over = new AbortController();
  private readonly stopTicking: () => void;
  /** Monotonic milliseconds before the last sign of life that got through. */
  private lastSignMs: number;
  private ticks = 0;
  private beating: Promise<void> | undefined;

  constructor(options: LockLifeOptions) {
    this.options = options;
    this.lastSignMs = options.takenMs;
    this.stopTicking = options.every(options.expiryMs / ticksPerExpiry, () => this.tick());
  }

  get lost(): AbortSignal {
    return this.loss.signal;
  }

  /** Gives a sign of life now; one that fails is tried again with the next. Never rejects. */
  async beat(): Promise<void> {
    this.beating ??= this.sendBeat().finally(() => {
      this.beating = undefined;
    });
    await this.beating;
  }

  /** One tick before others may take the lock over. */
  noticeSilence(): void {
    const { clock, expiryMs } = this.options;
    const longestMs = expiryMs * (1 - 1 / ticksPerExpiry);
    const silentMs = clock.monotonicMs() - this.lastSignMs;
    if (silentMs < longestMs) return;
    this.lose(`no sign of life reached the Engine for ${Math.round(silentMs / 1000)} s`);
  }

  lose(why: string): void {
    if (this.over.signal.aborted || this.lost.aborted) return;
    this.stopTicking();
    const message = `hold the lock of ${this.options.subject}: ${why}`;
    const hint = "another run may be active: when it has ended, run again";
    this.loss.abort(new ReconcilerError("lock-lost", message, { hint }));
  }

  /** The lock is given back: no sign of life comes any more, and nothing can be lost. */
  async end(): Promise<void> {
    this.stopTicking();
    this.over.abort();
    await this.beating;
  }

  /** Twice as often as signs are due, so that silence is noticed in time. */
  private tick(): void {
    this.noticeSilence();
    this.ticks += 1;
    if (this.ticks % 2 === 0 && !this.lost.aborted) void this.beat();
  }

  private async sendBeat(): Promise<void> {
    const { clock, expiryMs, giveSign } = this.options;
    const startedMs = clock.monotonicMs();
    // One that hangs must not stand in the way of the next.
    const signal = AbortSignal.any([this.over.signal, AbortSignal.timeout(Math.ceil(expiryMs / 3))]);
    const lossReason = await giveSign(signal).then(
      (reason) => {
        if (reason === undefined) this.lastSignMs = startedMs;
        return reason;
      },
      () => undefined,
    );
    if (lossReason !== undefined) this.lose(lossReason);
  }
}
