import type { NotificationSettings } from "../model/daemon-settings.ts";
import { toFailure } from "../model/run-event.ts";
import { type NoticeState, nothingTold, stateOf, toldBefore } from "../notify/notice-state.ts";
import { type EndedRun, jobsEnd, noticesOf, silenceNotices, type Told } from "../notify/notices.ts";
import type { Notifier } from "../notify/notifier.ts";
import type { NoticeContext } from "../notify/teller.ts";
import type { Clock } from "../ports.ts";
import type { DaemonEvent } from "./daemon-event.ts";
import type { RunOutcome } from "./run-once.ts";

export interface NoticeListenerOptions {
  readonly clock: Clock;
  readonly notifier: Pick<Notifier, "tell">;
  readonly redact: (text: string) => string;
  /** Of the reconcile schedule, in milliseconds. */
  readonly intervalMs: () => number | undefined;
}

/** How often silence is listened for. */
const silenceEveryMs = 30_000;

/** Turns what happens into notices, each trouble and its end once. */
export class NoticeListener {
  private readonly options: NoticeListenerOptions;
  private state: NoticeState = nothingTold;
  /** What runs before this program told is known: the first run that looked at the Engine brought its history. */
  private isSeeded = false;
  /** Before the first configuration it is not known whom to tell. */
  private isConfigured = false;
  private context: NoticeContext;
  private thresholds: readonly number[] = [];
  private readonly startedAt: string;
  /** When the last run succeeded, or else the start: a wall clock that is set must not look like silence. */
  private lastSuccessMs: number;

  constructor(options: NoticeListenerOptions) {
    this.options = options;
    this.startedAt = options.clock.now().toISOString();
    this.lastSuccessMs = options.clock.monotonicMs();
    this.context = { project: "", environment: "", host: "", redact: options.redact };
  }

  /** What of it is listened for depends on the settings of the targets. */
  configure(settings: readonly NotificationSettings[]): void {
    this.thresholds = settings.flatMap(({ on, silentIntervals }) =>
      on.includes("silence") ? [silentIntervals] : [],
    );
  }

  listen(event: DaemonEvent): void {
    const at = this.options.clock.now().toISOString();
    if (event.kind === "configured") {
      const { project, name } = event.configuration.desired.environment;
      this.context = { ...this.context, project, environment: name };
      this.isConfigured = true;
    } else if (event.kind === "run-failed") {
      // Nobody could be told, and what was not told must not be told to be over.
      if (!this.isConfigured) return;
      this.tell({ at, end: { kind: "ended", failure: toFailure(event.error) }, isRemembered: true });
    } else if (event.kind === "run-finished") {
      const { run, report, problem, actual } = event.outcome;
      this.seed(event.outcome);
      this.context = { ...this.context, host: actual.engine.hostName };
      if (report.converged) this.lastSuccessMs = this.options.clock.monotonicMs();
      const known = { at, run: run.txn, revision: report.revision, isRemembered: true };
      const judged = { kind: "judged", command: "apply", report, changes: run.plan.changes } as const;
      const stale = problem && { ...toFailure(problem.error), details: problem.findings };
      this.tell({ ...known, end: { ...judged, ...(stale === undefined ? {} : { problem: stale }) } });
      if (report.jobs !== undefined) this.tell({ ...known, end: jobsEnd(report, report.jobs) });
    }
  }

  /** Listens for silence until the signal fires. */
  async watchSilence(signal: AbortSignal): Promise<void> {
    const { clock, intervalMs } = this.options;
    while (!signal.aborted) {
      await clock.sleep(silenceEveryMs, signal).catch(() => undefined);
      const interval = intervalMs();
      if (signal.aborted || interval === undefined) continue;
      const watch = {
        ...{ at: clock.now().toISOString(), watchedSince: this.startedAt, intervalMs: interval },
        silentMs: clock.monotonicMs() - this.lastSuccessMs,
        thresholds: this.thresholds,
      };
      this.take(silenceNotices(this.state, watch, this.context));
    }
  }

  /** Of an earlier program nothing but the history is left; what was told since the start stays told. */
  private seed({ run, report }: RunOutcome): void {
    if (this.isSeeded) return;
    this.isSeeded = true;
    const before = toldBefore(run.stored.history, report);
    const open = new Map([...before.open, ...this.state.open].map((trouble) => [trouble.key, trouble]));
    this.state = stateOf(open, before.lastSuccess);
  }

  private tell(run: EndedRun): void {
    this.take(noticesOf(this.state, run, this.context));
  }

  private take({ notices, state }: Told): void {
    this.state = state;
    if (notices.length > 0) this.options.notifier.tell(notices);
  }
}
