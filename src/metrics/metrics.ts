import type { Clock } from "../ports.ts";
import { openMetricRegistry } from "./metric-registry.ts";

export type RunOutcome = "converged" | "failed" | "refused" | "error" | "interrupted";
export type WebhookResult = "accepted" | "ignored" | "duplicate" | "refused" | "busy" | "gone" | "failed";
export type DeliveryResult = "delivered" | "failed" | "dropped";

export interface MetricsOptions {
  readonly clock: Pick<Clock, "now" | "monotonicMs">;
  /** Label values come from configurations: whatever they hold, no secret shows. */
  readonly redact: (text: string) => string;
  /** Asked at each scrape. */
  readonly usage: () => ProcessUsage;
}

export interface ProcessUsage {
  readonly residentBytes: number;
  readonly heapBytes: number;
  readonly openFiles?: number;
  /** Timers that will fire. */
  readonly activeTimers: number;
}

export interface WorkloadCondition {
  readonly workload: string;
  readonly isHealthy: boolean;
  readonly hasDrifted: boolean;
}

export interface EnvironmentCondition {
  readonly workloads: readonly WorkloadCondition[];
  readonly setAsideBuilds: number;
  readonly holds: number;
}

/** What the daemon counts and measures. Nothing here throws. */
export interface Metrics {
  /** @param run `durationMs` in milliseconds; `trigger` is a word, such as `schedule` or `webhook` */
  runEnded(run: {
    readonly outcome: RunOutcome;
    readonly trigger: string;
    readonly durationMs: number;
  }): void;
  /** Takes the place of all that was said about the environment before: what is gone vanishes. */
  setCondition(condition: EnvironmentCondition): void;
  /** @param revision full or short; seven characters are shown */
  setRevision(environment: string, revision: string): void;
  webhookAnswered(endpoint: string, result: WebhookResult): void;
  setEventsConnected(isConnected: boolean): void;
  /** Takes the place of all timers that were known before. */
  setTimers(nextDue: ReadonlyMap<string, Date>): void;
  notificationEnded(target: string, result: DeliveryResult): void;
  readonly contentType: string;
  /** The text that Prometheus reads (exposition format 0.0.4). */
  render(): Promise<string>;
}

/** Metrics in a registry of their own; the library is loaded now, and only where there is a daemon. */
export async function createMetrics({ clock, redact, usage }: MetricsOptions): Promise<Metrics> {
  const { contentType, exposition, counter, gauge, histogram } = await openMetricRegistry(redact);
  const runs = counter("mysysconfig_runs_total");
  const durations = histogram("mysysconfig_run_duration_seconds");
  const converged = gauge("mysysconfig_converged");
  const healthy = gauge("mysysconfig_workload_healthy");
  const drifted = gauge("mysysconfig_workload_drift");
  const setAside = gauge("mysysconfig_set_aside_builds");
  const holds = gauge("mysysconfig_holds");
  const revisions = gauge("mysysconfig_revision_info");
  const webhooks = counter("mysysconfig_webhooks_total");
  const events = gauge("mysysconfig_events_connected");
  const timers = gauge("mysysconfig_timer_next_seconds");
  const notifications = counter("mysysconfig_notifications_total");
  const lastSuccessAge = gauge("mysysconfig_last_success_age_seconds");
  const memory = gauge("mysysconfig_memory_bytes");
  const files = gauge("mysysconfig_open_files");
  const active = gauge("mysysconfig_active_timers");
  // A wall clock that is set must not look like silence.
  let lastSuccessMs = clock.monotonicMs();
  let nextDue: ReadonlyMap<string, Date> = new Map();
  return {
    contentType,
    runEnded: ({ outcome, trigger, durationMs }) => {
      runs.add({ outcome, trigger });
      durations.observe({ outcome }, durationMs / 1000);
      if (outcome === "converged") lastSuccessMs = clock.monotonicMs();
      converged.set({}, outcome === "converged" ? 1 : 0);
    },
    setCondition: ({ workloads, setAsideBuilds, holds: held }) => {
      healthy.replace(workloads.map(({ workload, isHealthy }) => [{ workload }, isHealthy ? 1 : 0]));
      drifted.replace(workloads.map(({ workload, hasDrifted }) => [{ workload }, hasDrifted ? 1 : 0]));
      setAside.set({}, setAsideBuilds);
      holds.set({}, held);
    },
    setRevision: (environment, revision) =>
      revisions.replace([[{ environment, revision: revision.slice(0, 7) }, 1]]),
    webhookAnswered: (endpoint, result) => webhooks.add({ endpoint, result }),
    setEventsConnected: (isConnected) => events.set({}, isConnected ? 1 : 0),
    setTimers: (due) => {
      nextDue = due;
    },
    notificationEnded: (target, result) => notifications.add({ target, result }),
    render: async () => {
      const now = clock.now();
      const { residentBytes, heapBytes, openFiles, activeTimers } = usage();
      lastSuccessAge.set({}, (clock.monotonicMs() - lastSuccessMs) / 1000);
      memory.replace([
        [{ kind: "resident" }, residentBytes],
        [{ kind: "heap" }, heapBytes],
      ]);
      active.set({}, activeTimers);
      files.replace(openFiles === undefined ? [] : [[{}, openFiles]]);
      timers.replace([...nextDue].map(([timer, due]) => [{ timer }, secondsFrom(now, due)]));
      return exposition();
    },
  };
}

function secondsFrom(start: Date, end: Date): number {
  return (end.getTime() - start.getTime()) / 1000;
}
