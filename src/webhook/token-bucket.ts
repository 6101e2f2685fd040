/** Lets bursts pass and holds what goes on. Times are monotonic milliseconds. */
export class TokenBucket {
  private readonly burst: number;
  private readonly refillPerSecond: number;
  private tokens: number;
  private filledAt: number;

  constructor({ burst, refillPerSecond }: { burst: number; refillPerSecond: number }, nowMs: number) {
    this.burst = burst;
    this.refillPerSecond = refillPerSecond;
    this.tokens = burst;
    this.filledAt = nowMs;
  }

  /** Whether there were enough tokens; they are gone then. What costs more than a full bucket costs a full one. */
  take(cost: number, nowMs: number): boolean {
    const refilled = (Math.max(0, nowMs - this.filledAt) / 1000) * this.refillPerSecond;
    this.tokens = Math.min(this.burst, this.tokens + refilled);
    this.filledAt = nowMs;
    const price = Math.min(cost, this.burst);
    if (this.tokens < price) return false;
    this.tokens -= price;
    return true;
  }
}
