import type { Clock } from "../ports.ts";
import { type Trigger, triggerKey } from "./trigger.ts";

interface Entry {
  readonly trigger: Trigger;
  /** When it is due, on the monotonic clock. */
  readonly atMs: number;
  /** When it was heard of last. */
  readonly heardMs: number;
}

/** More different triggers at once than a system can have; a flood of made-up branches ends here. */
const mostEntries = 1_000;

/** Kinds of which there can be many; of the others there are as many as there are names for them. */
const plentiful: ReadonlySet<Trigger["kind"]> = new Set<Trigger["kind"]>(["hook", "drift"]);

/**
 * What makes runs due, and when. It is a set: a thousand hooks are one run, and what arrives during a run makes one run
 * more. One consumer takes from it.
 */
export class Agenda {
  private readonly clock: Clock;
  private readonly entries = new Map<string, Entry>();
  private changed = Promise.withResolvers<void>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Adds a trigger, due after `delayMs`; in place of one like it, it keeps the earlier time. */
  add(trigger: Trigger, delayMs = 0): void {
    const key = triggerKey(trigger);
    const heardMs = this.clock.monotonicMs();
    const known = this.entries.get(key);
    const atMs = Math.min(heardMs + delayMs, known?.atMs ?? Number.POSITIVE_INFINITY);
    // Any of them leads to the same look at everything: what does not fit in is served by those that do.
    const isFull = this.entries.size >= mostEntries && plentiful.has(trigger.kind);
    if (known === undefined && isFull) return;
    this.entries.set(key, { trigger, atMs, heardMs });
    if (known?.atMs !== atMs) this.changed.resolve();
  }

  /** Puts off what would be due earlier than in `delayMs`. */
  postpone(isMeant: (trigger: Trigger) => boolean, delayMs: number): void {
    const earliestMs = this.clock.monotonicMs() + delayMs;
    for (const [key, entry] of this.entries)
      if (isMeant(entry.trigger)) this.entries.set(key, { ...entry, atMs: Math.max(entry.atMs, earliestMs) });
  }

  /** Forgets triggers of a kind, to plan them anew. */
  drop(kind: Trigger["kind"]): void {
    this.settle(kind, Number.POSITIVE_INFINITY);
  }

  /** Forgets what was heard before a look at the Engine began: the look has seen it. */
  settle(kind: Trigger["kind"], beforeMs: number): void {
    for (const [key, { trigger, heardMs }] of this.entries)
      if (trigger.kind === kind && heardMs < beforeMs) this.entries.delete(key);
  }

  /** Waits until something is due and takes all that is; rejects with the signal's reason. */
  async take(signal: AbortSignal): Promise<readonly Trigger[]> {
    for (;;) {
      signal.throwIfAborted();
      const nowMs = this.clock.monotonicMs();
      const due = [...this.entries].filter(([, { atMs }]) => atMs <= nowMs);
      if (due.length > 0) {
        for (const [key] of due) this.entries.delete(key);
        return due.map(([, { trigger }]) => trigger);
      }
      await this.waitUntilNext(nowMs, signal);
    }
  }

  private async waitUntilNext(nowMs: number, signal: AbortSignal): Promise<void> {
    this.changed = Promise.withResolvers();
    const next = Math.min(...[...this.entries.values()].map(({ atMs }) => atMs));
    const waiting = new AbortController();
    const either = AbortSignal.any([signal, waiting.signal]);
    // Timers of more than 24.8 days would fire at once.
    const restMs = Math.min(next - nowMs, 86_400_000);
    const asleep = this.clock.sleep(restMs, either).catch(() => undefined);
    await Promise.race([asleep, this.changed.promise]);
    waiting.abort();
    await asleep;
  }
}
