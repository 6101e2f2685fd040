import { createTask, type Logger, type ScheduledTask } from "node-cron";
import { stableJson } from "../lib/stable-json.ts";
import type { ScheduleName, ScheduleSettings } from "../model/daemon-settings.ts";
import type { Clock } from "../ports.ts";

/** When a system is looked at that has no schedule of its own: every five minutes. */
export const defaultSchedule = { cron: "*/5 * * * *", timeZone: "UTC", jitterMs: 0, catchUp: true } as const;

interface Running {
  readonly key: string;
  readonly times: ScheduledTask;
  readonly jitterMs: number;
  dueMs: number;
  beat?: NodeJS.Timeout;
  late?: NodeJS.Timeout;
}

/** The library writes to the console unless it is told otherwise. */
const silent: Logger = { info: () => {}, warn: () => {}, error: () => {}, debug: () => {} };

/** So often the next time is worked out anew: it is another one when the clock was set. */
const longestWaitMs = 60_000;

export interface SchedulesOptions {
  readonly clock: Pick<Clock, "now">;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly due: (name: ScheduleName) => void;
}

/**
 * Cron schedules as they are declared now. The library tells the times, and the waiting is done here: the library's own
 * goes through every time that a clock leaps over, which after a leap of years takes minutes, and after a leap back
 * waits for years. Here a leap forward over any number of times is one run.
 *
 * A time zone's clock decides: where it is put forward a time that does not exist passes without a run, where it is put
 * back a time that comes twice is served once.
 */
export class Schedules {
  private readonly options: SchedulesOptions;
  private readonly running = new Map<ScheduleName, Running>();

  constructor(options: SchedulesOptions) {
    this.options = options;
  }

  /** Starts, stops and replaces so that exactly these run; what stays the same is not disturbed. */
  configure(settings: readonly ScheduleSettings[]): void {
    const wanted = withDefault(settings);
    for (const [name, known] of this.running) {
      if (wanted.some((schedule) => schedule.name === name && keyOf(schedule) === known.key)) continue;
      end(known);
      this.running.delete(name);
    }
    for (const schedule of wanted) {
      const { name, cron, timeZone, jitterMs } = schedule;
      if (this.running.has(name)) continue;
      const started = { key: keyOf(schedule), times: timesOf(cron, timeZone), jitterMs, dueMs: 0 };
      this.running.set(name, started);
      this.wait(name, started);
    }
  }

  /** Milliseconds between the next two runs of a schedule: what counts as one interval. */
  intervalMs(name: ScheduleName): number | undefined {
    const [first, second] = this.running.get(name)?.times.getNextRuns(2) ?? [];
    return first === undefined || second === undefined ? undefined : second.getTime() - first.getTime();
  }

  stop(): void {
    for (const known of this.running.values()) end(known);
    this.running.clear();
  }

  private wait(name: ScheduleName, known: Running): void {
    const [next] = known.times.getNextRuns(1);
    if (next === undefined) return;
    known.dueMs = next.getTime();
    const inMs = known.dueMs - this.options.clock.now().getTime();
    known.beat = setTimeout(() => this.beat(name, known), Math.min(Math.max(0, inMs), longestWaitMs));
  }

  private beat(name: ScheduleName, known: Running): void {
    if (this.options.clock.now().getTime() >= known.dueMs) this.elapse(name, known);
    this.wait(name, known);
  }

  /** A run that is still put off by chance stands for this one as well. */
  private elapse(name: ScheduleName, known: Running): void {
    const { random, due } = this.options;
    if (known.jitterMs === 0) {
      due(name);
      return;
    }
    known.late ??= setTimeout(() => {
      delete known.late;
      due(name);
    }, random() * known.jitterMs);
  }
}

function end({ times, beat, late }: Running): void {
  clearTimeout(beat);
  clearTimeout(late);
  void times.destroy();
}

function timesOf(cron: string, timeZone: string): ScheduledTask {
  return createTask(cron, () => {}, { timezone: timeZone, logger: silent });
}

type KnownSchedule = Omit<ScheduleSettings, "position">;

function withDefault(settings: readonly ScheduleSettings[]): readonly KnownSchedule[] {
  const hasReconcile = settings.some(({ name }) => name === "reconcile");
  return hasReconcile ? settings : [{ name: "reconcile", ...defaultSchedule }, ...settings];
}

function keyOf({ cron, timeZone, jitterMs }: KnownSchedule): string {
  return stableJson([cron, timeZone, jitterMs]);
}

/** How far back a missed run is looked for. */
const longestLookBackMs = 40 * 86_400_000;
/** No zone has its full hours at other minutes of UTC than these. */
const quarterMs = 15 * 60_000;
const minuteMs = 60_000;

/**
 * Whether a schedule had a time after the last run, and up to now. The library tells whether a moment is one of its
 * times but not which was the last, so moments are looked at one by one; a quarter of an hour whose hour or day is none
 * is passed over.
 *
 * @param lastMs when it ran last
 */
export function hasMissed(schedule: KnownSchedule, lastMs: number, nowMs: number): boolean {
  if (!schedule.catchUp) return false;
  const { cron, timeZone } = schedule;
  // Of a schedule with seconds the minute is enough: it is about whether a run was missed, not when.
  const fields = cron.trim().split(/\s+/).slice(-5);
  const exact = timesOf(fields.join(" "), timeZone);
  const rough = timesOf(["*", ...fields.slice(1)].join(" "), timeZone);
  const first = Math.max(lastMs, nowMs - longestLookBackMs);
  try {
    for (let at = nowMs - (nowMs % minuteMs); at > first; at -= minuteMs) {
      const quarter = at - (at % quarterMs);
      if (!rough.match(new Date(quarter))) at = quarter;
      else if (exact.match(new Date(at))) return true;
    }
    return false;
  } finally {
    for (const times of [exact, rough]) void times.destroy();
  }
}
