import { retryAfterMs } from "../lib/retry-after.ts";
import type { Notice } from "../model/notice.ts";
import type { Clock, Log } from "../ports.ts";
import { type Fetch, post, type Try } from "./delivery.ts";
import type { Target } from "./targets.ts";
import type { Message } from "./webhook-message.ts";

export interface ChannelDeps {
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly log: Log;
  /** What became of each message. */
  readonly ended: (target: string, result: "delivered" | "failed" | "dropped") => void;
  /** Milliseconds for one try. */
  readonly deadlineMs: number;
}

/** Notices that wait; the oldest make room. */
const longestQueue = 100;
/** Notices in one message: whoever was away is not flooded. */
const largestMessage = 20;

const mostTries = 8;
const firstWaitMs = 1_000;
const longestWaitMs = 60_000;
/** A server that wants to be left alone for longer is asked again after this time all the same. */
const longestRetryAfterMs = 300_000;

/** Delivers the notices of one target in order, one message at a time, in the background. */
export class Channel {
  private target: Target;
  private readonly deps: ChannelDeps;
  private queue: readonly Notice[] = [];
  /** Given up since the last message that got through. */
  private missed = 0;
  private stopping = new AbortController();
  private working: Promise<void> | undefined;

  constructor(target: Target, deps: ChannelDeps) {
    this.target = target;
    this.deps = deps;
  }

  /** From the next try on; what waits is kept. */
  retarget(target: Target): void {
    this.target = target;
  }

  tell(notices: readonly Notice[]): void {
    if (notices.length === 0) return;
    const queue = [...this.queue, ...notices];
    const tooMany = Math.max(0, queue.length - longestQueue);
    if (tooMany > 0) this.giveUp(tooMany, "dropped", { reason: "too many are waiting" });
    this.queue = queue.slice(tooMany);
    if (this.working !== undefined) return;
    this.stopping = new AbortController();
    this.working = this.deliverAll(this.stopping.signal);
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    await this.working;
  }

  /** What waits is given up. */
  stop(): void {
    this.stopping.abort(new Error("stopped"));
  }

  private async deliverAll(signal: AbortSignal): Promise<void> {
    // Whoever tells goes on first.
    await Promise.resolve();
    while (this.queue.length > 0 && !signal.aborted) {
      const notices = this.queue.slice(0, largestMessage);
      this.queue = this.queue.slice(notices.length);
      await this.deliver({ notices, missed: this.missed }, signal);
    }
    if (this.queue.length > 0) this.giveUp(this.queue.length, "dropped", { reason: "the program ends" });
    this.queue = [];
    // At once: what is told from here on begins anew.
    this.working = undefined;
  }

  private async deliver(message: Message, signal: AbortSignal): Promise<void> {
    const count = message.notices.length;
    for (let tries = 1; ; tries++) {
      const { target, deps } = this;
      const came = await post({ target, message, deadlineMs: deps.deadlineMs }, deps, signal);
      if (came.kind === "delivered") {
        this.missed -= message.missed;
        deps.ended(target.name, "delivered");
        deps.log.info("notification delivered", { target: target.name, notices: count, tries });
        return;
      }
      const isLast = came.kind === "refused" || tries === mostTries || signal.aborted;
      if (isLast || !(await this.waited(waitMs(came, tries, deps.clock.now()), signal))) {
        this.giveUp(count, "failed", { reason: came.reason, tries });
        return;
      }
    }
  }

  private async waited(ms: number, signal: AbortSignal): Promise<boolean> {
    try {
      await this.deps.clock.sleep(ms, signal);
      return true;
    } catch {
      return false;
    }
  }

  private giveUp(
    notices: number,
    result: "failed" | "dropped",
    why: { readonly reason: string; readonly tries?: number },
  ): void {
    const { name } = this.target;
    this.missed += notices;
    this.deps.ended(name, result);
    this.deps.log.warn("notification not delivered", { target: name, notices, ...why });
  }
}

function waitMs(came: Try, tries: number, now: Date): number {
  const asked = came.kind === "failed" ? retryAfterMs(came.retryAfter, now) : undefined;
  if (asked !== undefined) return Math.min(Math.max(asked, firstWaitMs), longestRetryAfterMs);
  return Math.min(firstWaitMs * 2 ** (tries - 1), longestWaitMs);
}
