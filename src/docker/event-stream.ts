import type { EngineClient } from "./engine-client.ts";
import { keepFollowing, type RawEvent } from "./keep-following.ts";

/** What may change the verdict on a container; health probes of their own (`exec_*`) would only make noise. */
const watched = ["start", "die", "health_status", "oom", "pause", "unpause", "destroy"];

/**
 * One shared `GET /events` stream, opened when somebody first waits. It only ever wakes waiters early: whoever waits
 * looks again afterwards, so a lost event costs time and nothing else (Docker Engine API, "SystemEvents").
 */
export class EventStream {
  private readonly client: EngineClient;
  private readonly waiters = new Map<string, Set<() => void>>();
  /** Containers that somebody looked at, and whether they had an event since. */
  private readonly changed = new Map<string, boolean>();
  private readonly closing = new AbortController();
  private running: Promise<void> | undefined;

  constructor(client: EngineClient) {
    this.client = client;
  }

  /** To be called before a container is looked at: events from now on count for the next `wait`. */
  looked(containerId: string): void {
    this.changed.set(containerId, false);
  }

  /** Resolves at the next event of the container or after `timeoutMs`; rejects with the signal's reason. */
  wait(containerId: string, timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(signal.reason);
    this.running ??= this.follow();
    if (this.changed.get(containerId)) {
      this.changed.set(containerId, false);
      return Promise.resolve();
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, timeoutMs);
    const onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    const waiters = this.waiters.get(containerId) ?? new Set();
    this.waiters.set(containerId, waiters.add(resolve));
    return promise.finally(() => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      waiters.delete(resolve);
      if (waiters.size === 0 && this.waiters.get(containerId) === waiters) this.waiters.delete(containerId);
    });
  }

  async close(): Promise<void> {
    this.closing.abort(new Error("closed"));
    this.wakeAll();
    await this.running;
  }

  private async follow(): Promise<void> {
    const wakeAll = () => this.wakeAll();
    const filters = { type: ["container"], event: watched };
    const listener = { opened: wakeAll, happened: (event: RawEvent) => this.take(event), ended: wakeAll };
    await keepFollowing(this.client, filters, listener, this.closing.signal);
  }

  private take(event: RawEvent): void {
    const actor = event["Actor"] as { ID?: unknown } | undefined;
    const id = actor?.ID;
    if (typeof id !== "string") return;
    const waiters = this.waiters.get(id);
    if (waiters !== undefined) for (const wake of waiters) wake();
    else if (event["Action"] === "destroy") this.changed.delete(id);
    else if (this.changed.has(id)) this.changed.set(id, true);
  }

  private wakeAll(): void {
    for (const waiters of this.waiters.values()) for (const wake of waiters) wake();
  }
}
