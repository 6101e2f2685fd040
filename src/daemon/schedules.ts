import { createTask, type Logger, type ScheduledTask } from "node-cron";
import { stableJson } from "../lib/stable-json.ts";
import type { ScheduleName, ScheduleSettings } from "../model/daemon-settings.ts";

/** When a system is looked at that has no schedule of its own: every five minutes. */
export const defaultSchedule = { cron: "*/5 * * * *", timeZone: "UTC", jitterMs: 0, catchUp: true } as const;

interface Running {
  readonly key: string;
  readonly task: ScheduledTask;
}

/** The library writes to the console unless it is told otherwise; what it has to say is told by the runs themselves. */
const silent: Logger = { info: () => {}, warn: () => {}, error: () => {}, debug: () => {} };

/**
 * Cron schedules as they are declared now. A time zone's clock decides: where it is put forward a time that does not
 * exist passes without a run, where it is put back a time that comes twice is served once.
 */
export class Schedules {
  private readonly due: (name: ScheduleName) => void;
  private readonly running = new Map<ScheduleName, Running>();

  constructor(due: (name: ScheduleName) => void) {
    this.due = due;
  }

  /** Starts, stops and replaces so that exactly these run; what stays the same is not disturbed. */
  configure(settings: readonly ScheduleSettings[]): void {
    const wanted = withDefault(settings);
    for (const [name, { key, task }] of this.running) {
      if (wanted.some((schedule) => schedule.name === name && keyOf(schedule) === key)) continue;
      void task.destroy();
      this.running.delete(name);
    }
    for (const schedule of wanted) {
      if (this.running.has(schedule.name)) continue;
      this.running.set(schedule.name, { key: keyOf(schedule), task: this.start(schedule) });
    }
  }

  /** Milliseconds between the next two runs of a schedule: what counts as one interval. */
  intervalMs(name: ScheduleName): number | undefined {
    const [first, second] = this.running.get(name)?.task.getNextRuns(2) ?? [];
    return first === undefined || second === undefined ? undefined : second.getTime() - first.getTime();
  }

  stop(): void {
    for (const { task } of this.running.values()) void task.destroy();
    this.running.clear();
  }

  private start({ name, cron, timeZone, jitterMs }: KnownSchedule): ScheduledTask {
    const task = createTask(cron, () => this.due(name), {
      ...{ name, timezone: timeZone, maxRandomDelay: jitterMs, noOverlap: true },
      ...{ logger: silent, suppressMissedWarning: true },
    });
    // A busy program is late rather than absent: what it missed is one run.
    task.on("execution:missed", () => this.due(name));
    void task.start();
    return task;
  }
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

/**
 * Whether a schedule had a time after the last run, and up to now. Minutes are looked at one by one, as the library
 * tells whether a moment is one of its times but not which was the last.
 *
 * @param lastMs when it ran last
 */
export function hasMissed(schedule: KnownSchedule, lastMs: number, nowMs: number): boolean {
  if (!schedule.catchUp) return false;
  const { cron, timeZone } = schedule;
  const fields = cron.trim().split(/\s+/);
  // Of a schedule with seconds the minute is enough: it is about whether a run was missed, not when.
  const minutes = fields.length === 6 ? fields.slice(1).join(" ") : cron;
  const task = createTask(minutes, () => {}, { timezone: timeZone, logger: silent });
  const first = Math.max(lastMs, nowMs - longestLookBackMs);
  try {
    for (let at = startOfMinute(nowMs); at > first; at -= 60_000) if (task.match(new Date(at))) return true;
    return false;
  } finally {
    void task.destroy();
  }
}

function startOfMinute(ms: number): number {
  return ms - (ms % 60_000);
}
