import type { EngineClient } from "./engine-client.ts";
import { readNdjson } from "./ndjson.ts";
import { pause } from "./pause.ts";

/** Pause before the stream is opened again. */
const reconnectMs = 500;

/** An event as it comes (Docker Engine API, "SystemEvents"). */
export type RawEvent = Readonly<Record<string, unknown>>;

export interface EventHints {
  /** The stream is open; what happened before is unknown. */
  readonly opened: () => void;
  readonly happened: (event: RawEvent) => void;
  /** It broke or was never opened: from now on nothing is told. */
  readonly ended: () => void;
}

/**
 * Follows `GET /events` for hints until the signal fires, and begins anew whenever the stream ends. Never rejects: who
 * takes events for hints goes on without them.
 */
export async function keepFollowing(
  client: EngineClient,
  filters: Readonly<Record<string, readonly string[]>>,
  { opened, happened, ended }: EventHints,
  signal: AbortSignal,
): Promise<void> {
  const request = { what: "follow events", path: "/events", query: { filters: JSON.stringify(filters) } };
  while (!signal.aborted) {
    try {
      const stream = await client.stream("GET", request, signal);
      const close = () => stream.destroy();
      signal.addEventListener("abort", close, { once: true });
      try {
        opened();
        for await (const line of readNdjson(stream)) if (line.kind === "value") happened(line.value);
      } finally {
        signal.removeEventListener("abort", close);
        stream.destroy();
      }
    } catch {
      // The Engine restarts or refuses.
    }
    ended();
    await pause(reconnectMs, signal).catch(() => {});
  }
}
