import type { Mark } from "../model/mark.ts";
import type { Clock, EngineEvent } from "../ports.ts";
import type { Agenda } from "./agenda.ts";
import type { Listener } from "./daemon-event.ts";
import { meaningOf, type Ours } from "./drift.ts";
import { eventDelayMs, freshPace, gatherMs, hookDelayMs, mostSources, noteRun, type Pace } from "./pace.ts";
import type { Trigger } from "./trigger.ts";

export interface HearingOptions {
  readonly clock: Clock;
  readonly agenda: Agenda;
  readonly listener: Listener;
}

/** Streams that open and break off again and again are paced like everything else. */
const streamSource = "events of the Engine";

/** Turns what the Engine tells into triggers, each source at its pace. */
export class Hearing {
  private readonly options: HearingOptions;
  private pace: Pace = freshPace;
  /** What was said to change again and again. */
  private readonly restless = new Set<string>();

  constructor(options: HearingOptions) {
    this.options = options;
  }

  /** A run has begun for these. */
  noteRun(triggers: readonly Trigger[]): void {
    this.pace = noteRun(this.pace, triggers.flatMap(sourcesOf), this.options.clock.monotonicMs());
  }

  /** The run for these is over: what was heard meanwhile of those that make many waits as well. */
  noteEnd(triggers: readonly Trigger[]): void {
    const endpoints = new Set(
      triggers.flatMap((trigger) => (trigger.kind === "hook" ? trigger.endpoint : [])),
    );
    const nowMs = this.options.clock.monotonicMs();
    this.pace = noteRun(this.pace, [...endpoints].map(hookSource), nowMs);
    for (const endpoint of endpoints) {
      const delayMs = hookDelayMs(this.pace, hookSource(endpoint), nowMs);
      const isOfIt = (trigger: Trigger) => trigger.kind === "hook" && trigger.endpoint === endpoint;
      if (delayMs > 0) this.options.agenda.postpone(isOfIt, delayMs);
    }
  }

  /** Somebody proven says that something has changed. */
  marked(mark: Mark, endpoint: string): void {
    const { agenda, clock } = this.options;
    const delayMs = hookDelayMs(this.pace, hookSource(endpoint), clock.monotonicMs());
    agenda.add({ kind: "hook", endpoint, mark }, delayMs);
  }

  /** The stream has begun or ended: what happens without it is unknown. */
  resync(): void {
    this.options.agenda.add({ kind: "resync" }, this.delayFor(streamSource));
  }

  heard(event: EngineEvent, ours: Ours): void {
    const { agenda } = this.options;
    const meaning = meaningOf(event, ours);
    if (meaning === undefined) return;
    if (meaning.kind === "image") {
      agenda.add({ kind: "image" }, gatherMs);
      return;
    }
    if (meaning.kind === "job") {
      agenda.add({ kind: "job", job: meaning.job }, gatherMs);
      return;
    }
    const { source, what } = meaning;
    const delayMs = this.delayFor(source);
    this.tellRestless(source, what, delayMs);
    agenda.add({ kind: "drift", source, what }, delayMs);
  }

  /** Once, until it has been quiet for a while. */
  private tellRestless(source: string, what: string, waitMs: number): void {
    if (waitMs <= gatherMs) this.restless.delete(source);
    else if (!this.restless.has(source) && this.restless.size < mostSources) {
      this.restless.add(source);
      this.options.listener({ kind: "restless", what, waitMs });
    }
  }

  private delayFor(source: string): number {
    return eventDelayMs(this.pace, source, this.options.clock.monotonicMs());
  }
}

const hookSource = (endpoint: string) => `hook ${endpoint}`;

/** What a run that this trigger led to counts for. */
function sourcesOf(trigger: Trigger): readonly string[] {
  if (trigger.kind === "drift") return [trigger.source];
  return trigger.kind === "resync" ? [streamSource] : [];
}
