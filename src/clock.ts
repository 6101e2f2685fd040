import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "./ports.ts";

export const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  now: () => new Date(),
  sleep: (ms, signal) => sleep(ms, undefined, { signal }),
};
