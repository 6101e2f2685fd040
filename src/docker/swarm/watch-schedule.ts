/**
 * When a manager is asked what, while somebody waits for services. All who wait share the answers, and together they cost
 * one request a second: what was asked at once at the beginning, or earlier because of an event, is paid back by waiting.
 */

export type WatchPart = "services" | "nodes" | "tasks";

export const watchParts = ["services", "nodes", "tasks"] as const satisfies readonly WatchPart[];

export interface WatchWaiter {
  /** When the look was asked for. */
  readonly sinceMs: number;
  /** Whether the last list of services has the service. */
  readonly isListed: boolean;
}

export interface WatchState {
  readonly waiters: readonly WatchWaiter[];
  /** When the request for what is known of each part began. */
  readonly begunMs: Readonly<Partial<Record<WatchPart, number>>>;
  /** When something was last known to have changed. */
  readonly changedMs: Readonly<Partial<Record<"services" | "nodes", number>>>;
  /** Without events nothing is known not to have changed. */
  readonly followsEvents: boolean;
  /** When something last happened that a look may show. */
  readonly hintMs?: number;
  readonly lastAskedMs?: number;
  /** When the next request is due. */
  readonly nextAtMs: number;
  /** An event has brought the last request forward. */
  readonly hasBorrowed: boolean;
}

export type NextRequest =
  | { readonly kind: "idle" }
  | { readonly kind: "wait"; readonly untilMs: number }
  | {
      readonly kind: "ask";
      readonly parts: readonly WatchPart[];
      readonly nextAtMs: number;
      readonly hasBorrowed: boolean;
    };

const intervalMs = 1_000;
/** Nobody asked for so long although it was due: all parts may be asked for at once. */
const restedMs = watchParts.length * intervalMs;
const longestMs = { services: 5_000, nodes: 15_000 } as const;

/** What to ask for at this moment, or when to think about it again. */
export function nextRequest(state: WatchState, nowMs: number): NextRequest {
  const parts = missingParts(state, nowMs);
  const [first] = parts;
  if (first === undefined) return { kind: "idle" };
  if (nowMs >= state.nextAtMs) {
    const isRested = nowMs - state.nextAtMs >= restedMs;
    const isUnknown = watchParts.some((part) => state.begunMs[part] === undefined);
    const asked = isRested || isUnknown ? parts : [first];
    return { kind: "ask", parts: asked, nextAtMs: nowMs + asked.length * intervalMs, hasBorrowed: false };
  }
  const isNews = (state.hintMs ?? Number.NEGATIVE_INFINITY) > (state.lastAskedMs ?? Number.NEGATIVE_INFINITY);
  if (!isNews || state.hasBorrowed) return { kind: "wait", untilMs: state.nextAtMs };
  return { kind: "ask", parts: [first], nextAtMs: state.nextAtMs + intervalMs, hasBorrowed: true };
}

/** What those who wait still lack, and what has become old; what was asked for longest ago comes first. */
function missingParts(state: WatchState, nowMs: number): readonly WatchPart[] {
  if (state.waiters.length === 0) return [];
  const missing = watchParts.filter((part) => {
    const age = nowMs - (state.begunMs[part] ?? Number.NEGATIVE_INFINITY);
    const isOld = part !== "tasks" && age > longestMs[part];
    return isOld || state.waiters.some((waiter) => !isFreshFor(state, part, waiter));
  });
  const begun = (part: WatchPart) => state.begunMs[part] ?? Number.NEGATIVE_INFINITY;
  return missing.sort((a, b) => (begun(a) === begun(b) ? 0 : begun(a) - begun(b)));
}

/**
 * Whether what is known of a part answers a look: it was asked for after the look was, or it has not changed since. A
 * service that is not listed may have come since, and tasks change without an event.
 */
export function isFreshFor(state: WatchState, part: WatchPart, waiter: WatchWaiter): boolean {
  const begun = state.begunMs[part];
  if (begun === undefined) return false;
  if (begun >= waiter.sinceMs) return true;
  if (part === "tasks" || !state.followsEvents) return false;
  if (part === "services" && !waiter.isListed) return false;
  return (state.changedMs[part] ?? Number.NEGATIVE_INFINITY) <= begun;
}

export function isAnswered(state: WatchState, waiter: WatchWaiter): boolean {
  return watchParts.every((part) => isFreshFor(state, part, waiter));
}
