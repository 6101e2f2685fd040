import type { EngineFacts, Target } from "../model/actual-state.ts";
import { readFacts, readTime } from "./connect.ts";
import type { EngineClient } from "./engine-client.ts";

/** So long the facts of a manager stand, but for its time: its lists say themselves that it is none any more. */
const longestMs = 60_000;

/** What an Engine last said about itself: a Swarm may lose its leader, and find another one. */
export class KnownFacts {
  latest: EngineFacts;
  private readonly client: EngineClient;
  private readonly time: { nowMs(): number };
  /** When they were told; absent: they may be wrong. */
  private toldMs: number | undefined;
  /** Those of the connection are fresh enough for the first observation. */
  private isRead = false;

  constructor(client: EngineClient, engine: EngineFacts, time: { nowMs(): number }) {
    this.client = client;
    this.latest = engine;
    this.time = time;
    this.toldMs = engine.swarmProblem === undefined ? time.nowMs() : undefined;
  }

  /** The facts for an observation, with the time of the look. */
  async read(target: Target, signal: AbortSignal): Promise<EngineFacts> {
    const ageMs = this.time.nowMs() - (this.toldMs ?? Number.NEGATIVE_INFINITY);
    const isFirst = !this.isRead;
    this.isRead = true;
    if (isFirst && ageMs < longestMs) return this.latest;
    const mayKeep = target === "swarm" && ageMs < longestMs;
    const systemTime = mayKeep ? await readTime(this.client, signal) : undefined;
    if (systemTime !== undefined) return { ...this.latest, systemTime };
    this.latest = await readFacts(this.client, this.latest.apiVersion, signal);
    this.toldMs = this.latest.swarmProblem === undefined ? this.time.nowMs() : undefined;
    return this.latest;
  }

  /** An observation that fails: the Engine may be another one than it was. */
  async unlessOutdated<T>(observation: Promise<T>): Promise<T> {
    try {
      return await observation;
    } catch (error) {
      this.toldMs = undefined;
      throw error;
    }
  }
}
