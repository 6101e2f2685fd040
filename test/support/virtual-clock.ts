import type { Clock } from "../../src/ports.ts";

interface Waiter {
  readonly due: number;
  readonly resolve: () => void;
}

/** Time that passes only when everybody waits: a run of an hour takes milliseconds and is the same each time. */
export class VirtualClock implements Clock {
  private time = 0;
  private setByMs = 0;
  private waiters: Waiter[] = [];
  private isTicking = false;
  private readonly epoch = Date.UTC(2026, 9, 19, 10);

  monotonicMs(): number {
    return this.time;
  }

  now(): Date {
    return new Date(this.epoch + this.setByMs + this.time);
  }

  at(ms: number): string {
    return new Date(this.epoch + ms).toISOString();
  }

  /** Sets the wall clock by so much; no time passes. */
  set(byMs: number): void {
    this.setByMs += byMs;
  }

  /** Lets time pass while nothing runs. */
  advance(ms: number): void {
    this.time += ms;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const waiter = { due: this.time + Math.max(0, ms), resolve };
      this.waiters.push(waiter);
      signal?.addEventListener("abort", () => {
        this.waiters = this.waiters.filter((other) => other !== waiter);
        reject(signal.reason);
      });
      this.tick();
    });
  }

  /** Once nothing else can run, the next waiter's time has come. */
  private tick(): void {
    if (this.isTicking) return;
    this.isTicking = true;
    setImmediate(() => {
      this.isTicking = false;
      const due = Math.min(...this.waiters.map((waiter) => waiter.due));
      if (!Number.isFinite(due)) return;
      this.time = Math.max(this.time, due);
      const woken = this.waiters.filter((waiter) => waiter.due <= this.time);
      this.waiters = this.waiters.filter((waiter) => waiter.due > this.time);
      for (const waiter of woken) waiter.resolve();
      if (this.waiters.length > 0) this.tick();
    });
  }
}
