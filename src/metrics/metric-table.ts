/** Every metric, its labels and what it tells: the registry and the documentation are made from it. */
export interface MetricRow {
  readonly kind: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds of a histogram. */
  readonly buckets?: readonly number[];
}

export const metricTable = {
  mysysconfig_runs_total: {
    kind: "counter",
    help: "Runs that ended, by what came of them and what began them.",
    labels: ["outcome", "trigger"],
  },
  mysysconfig_run_duration_seconds: {
    kind: "histogram",
    help: "How long runs took, from the revision to the verdict.",
    labels: ["outcome"],
    buckets: [0.1, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800],
  },
  mysysconfig_last_success_age_seconds: {
    kind: "gauge",
    help: "Seconds since a run last found or made everything as desired; since the start where none has yet.",
    labels: [],
  },
  mysysconfig_converged: {
    kind: "gauge",
    help: "1 when the last run found or made everything as desired, else 0.",
    labels: [],
  },
  mysysconfig_workload_healthy: {
    kind: "gauge",
    help: "1 for a workload that is as it should be, else 0.",
    labels: ["workload"],
  },
  mysysconfig_workload_drift: {
    kind: "gauge",
    help: "1 for a workload that the last look found changed by hand on the Engine, also when it was put right, else 0.",
    labels: ["workload"],
  },
  mysysconfig_set_aside_builds: {
    kind: "gauge",
    help: "Builds that failed and are not tried again yet.",
    labels: [],
  },
  mysysconfig_holds: {
    kind: "gauge",
    help: "Workloads, or whole environments, that a person holds as they are.",
    labels: [],
  },
  mysysconfig_revision_info: {
    kind: "gauge",
    help: "Always 1; the labels tell which revision was carried out last.",
    labels: ["environment", "revision"],
  },
  mysysconfig_webhooks_total: {
    kind: "counter",
    help: "Requests to webhook endpoints, by what became of them.",
    labels: ["endpoint", "result"],
  },
  mysysconfig_events_connected: {
    kind: "gauge",
    help: "1 while the Engine's events are listened to, else 0.",
    labels: [],
  },
  mysysconfig_timer_next_seconds: {
    kind: "gauge",
    help: "Seconds until the timer of a job is due; negative when it is late.",
    labels: ["timer"],
  },
  mysysconfig_notifications_total: {
    kind: "counter",
    help: "Notifications, by target and what became of them.",
    labels: ["target", "result"],
  },
  mysysconfig_memory_bytes: {
    kind: "gauge",
    help: "Memory of this process: resident in all, and used by the heap.",
    labels: ["kind"],
  },
  mysysconfig_open_files: {
    kind: "gauge",
    help: "Open file descriptors of this process; 0 where they cannot be counted.",
    labels: [],
  },
  mysysconfig_active_timers: {
    kind: "gauge",
    help: "Timers of this process that will fire.",
    labels: [],
  },
} as const satisfies Record<string, MetricRow>;

export type MetricName = keyof typeof metricTable;
