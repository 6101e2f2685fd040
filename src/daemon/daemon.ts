import {
  type ExitCode,
  exitCodes,
  isReconcilerError,
  ReconcilerError,
  toReconcilerError,
} from "../model/errors.ts";
import type { Mark } from "../model/mark.ts";
import type { Watch } from "../plan/world.ts";
import type { Clock, ConnectedBackend } from "../ports.ts";
import { looksAtRuns, nextTimes } from "../reconcile/next-times.ts";
import { Agenda } from "./agenda.ts";
import { watchClock } from "./clock-watch.ts";
import { type Configuration, ConfigurationWatch } from "./configuration-watch.ts";
import type { DaemonApp, Followed } from "./daemon-app.ts";
import type { Listener } from "./daemon-event.ts";
import { type Ours, oursOf } from "./drift.ts";
import { watchEngine } from "./engine-watch.ts";
import { concerns } from "./followed.ts";
import { Hearing } from "./hearing.ts";
import { isPassing, mayPass } from "./may-pass.ts";
import { retryDelayMs } from "./pace.ts";
import { ProgramWatch } from "./program-watch.ts";
import { type RunOutcome, runOnce } from "./run-once.ts";
import type { Trigger } from "./trigger.ts";

export interface DaemonOptions {
  readonly clock: Clock;
  readonly random: () => number;
  /** Of this program. */
  readonly version: string;
  readonly listener: Listener;
  /** The wired program for one run, for what is followed. */
  readonly openApp: (followed: Followed | undefined, options?: OpenOptions) => Promise<DaemonApp>;
  /** What is followed when only the Engine can tell: the image of the own container, else the own files. */
  readonly findFollowed: (backend: ConnectedBackend, signal: AbortSignal) => Promise<Followed>;
  /** Applies what a configuration says about schedules, hooks and notifications. */
  readonly configure: (configuration: Configuration, app: DaemonApp) => void;
  /** Called after each run that came to an end, with the times of its jobs. */
  readonly finished: (outcome: RunOutcome, nextTimes: ReadonlyMap<string, string>) => void;
}

export interface OpenOptions {
  /** The image that the Engine has by the followed name is what is asked for; nothing is pulled. */
  readonly isLocal?: boolean;
}

/** A run in progress may take this long to come to its end once the program is told to stop. */
const drainMs = 8_000;

/**
 * Keeps a system true until it is told to stop: one loop that waits for triggers and makes one run of all that are due.
 * Nothing else touches the Engine, so that runs never overlap.
 */
export class Daemon {
  readonly agenda: Agenda;
  private readonly options: DaemonOptions;
  private readonly watch = new ConfigurationWatch();
  private readonly fatal = new AbortController();
  private readonly hearing: Hearing;
  private readonly program: ProgramWatch;
  private followed: Followed | undefined;
  private ours: Ours | undefined;
  private failures = 0;
  private isFollowing = false;
  /** What fell due before is missed; the clocks of this machine and of the Engine's are one, or nearly so. */
  private watchedSince: string;

  constructor(options: DaemonOptions) {
    this.options = options;
    this.agenda = new Agenda(options.clock);
    this.hearing = new Hearing({ ...options, agenda: this.agenda });
    this.program = new ProgramWatch(options);
    this.watchedSince = options.clock.now().toISOString();
  }

  /** Resolves with the exit code: 0 when it was told to stop, 5 when the Engine cannot come back. */
  async run(signal: AbortSignal): Promise<ExitCode> {
    const { clock, listener } = this.options;
    const ending = AbortSignal.any([signal, this.fatal.signal]);
    this.agenda.add({ kind: "start" });
    const watching = Promise.all([
      watchEngine(
        {
          clock,
          connect: (until) => this.connectToFollow(until),
          happened: (event) => {
            if (this.ours !== undefined) this.hearing.heard(event, this.ours);
          },
          opened: () => {
            listener({ kind: "events-opened" });
            this.isFollowing = true;
            this.hearing.resync();
          },
          closed: (why) => {
            listener({ kind: "events-closed", why });
            // Whether the Engine is still there is to be known now, not when the next run is due.
            if (this.isFollowing) this.hearing.resync();
            this.isFollowing = false;
          },
        },
        ending,
      ),
      watchClock(clock, (byMs) => this.clockWasSet(byMs), ending),
    ]);
    const looping = this.loop(ending);
    // A mistake of ours in a watcher ends the program: a daemon that is half alive would lie.
    watching.catch((error: unknown) => this.fatal.abort(error));
    await this.ended(looping, ending, signal);
    if (signal.aborted) return exitCodes.converged;
    throw toReconcilerError(this.fatal.signal.reason);
  }

  /** What a verified hook says; it never decides anything by itself. */
  mark(mark: Mark, endpoint: string): void {
    if (this.followed === undefined || concerns(mark, this.followed, this.ours?.images))
      this.hearing.marked(mark, endpoint);
  }

  private async loop(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const triggers = await this.agenda.take(signal);
      await this.once(triggers, signal);
      this.hearing.noteEnd(triggers);
    }
  }

  /** Waits for the loop, but after the signal only as long as a drain may take. */
  private async ended(looping: Promise<void>, ending: AbortSignal, signal: AbortSignal): Promise<void> {
    const { clock, listener } = this.options;
    const done = looping.catch((error: unknown) => {
      if (!ending.aborted) this.fatal.abort(error);
    });
    if (!ending.aborted)
      await new Promise<void>((resolve) => ending.addEventListener("abort", () => resolve(), { once: true }));
    if (signal.aborted) listener({ kind: "stopping", reason: messageOf(signal.reason) });
    const drained = new AbortController();
    const late = clock.sleep(drainMs, drained.signal).then(
      () => listener({ kind: "abandoned", afterMs: drainMs }),
      () => undefined,
    );
    await Promise.race([done, late]);
    drained.abort();
  }

  private async once(triggers: readonly Trigger[], signal: AbortSignal): Promise<void> {
    const { clock, listener } = this.options;
    const startedMs = clock.monotonicMs();
    this.hearing.noteRun(triggers);
    listener({ kind: "run-started", triggers });
    let app: DaemonApp | undefined;
    try {
      // The Engine tells of each pull: one that is made because it has told of one would go on for ever.
      const isLocal = triggers.every(({ kind }) => kind === "image");
      app = await this.options.openApp(this.followed, { isLocal });
      const outcome = await this.reconcile(app, triggers, signal);
      const durationMs = clock.monotonicMs() - startedMs;
      const kind = signal.aborted ? "run-interrupted" : "run-finished";
      this.failures = mayPass(outcome) ? this.failures + 1 : 0;
      const again = this.failures === 0 ? {} : { retryInMs: this.tryAgain(triggers) };
      listener({ kind, triggers, outcome, durationMs, ...again });
    } catch (error) {
      if (signal.aborted) return;
      await this.failed(error, { app, triggers, durationMs: clock.monotonicMs() - startedMs });
    }
  }

  private async reconcile(
    opened: DaemonApp,
    triggers: readonly Trigger[],
    signal: AbortSignal,
  ): Promise<RunOutcome> {
    const { clock, listener } = this.options;
    const backend = await opened.connect(signal);
    try {
      const app = await this.follow(opened, backend, signal);
      const followed = this.followed ?? { kind: "folder" };
      let lookedMs = clock.monotonicMs();
      const outcome = await runOnce(
        {
          ...{ app, backend, watch: this.watch, followed, triggers },
          timeWatch: this.timeWatch(app),
          emit: (event) => listener({ kind: "run-event", event }),
          looking: () => {
            lookedMs = clock.monotonicMs();
          },
          configured: (configuration) => this.options.configure(configuration, app),
        },
        signal,
      );
      this.learn(outcome, lookedMs, app);
      await this.program.compare(
        backend,
        { followed: this.followed, configuration: outcome.configuration },
        signal,
      );
      return outcome;
    } finally {
      await backend.close();
    }
  }

  /** What is followed is known after the first contact with the Engine, and stays the same. */
  private async follow(app: DaemonApp, backend: ConnectedBackend, signal: AbortSignal): Promise<DaemonApp> {
    if (this.followed !== undefined) return app;
    this.followed = await this.options.findFollowed(backend, signal);
    this.options.listener({ kind: "following", followed: this.followed });
    return await this.options.openApp(this.followed);
  }

  private learn(outcome: RunOutcome, lookedMs: number, app: DaemonApp): void {
    const image = this.followed?.kind === "image" ? this.followed.reference : undefined;
    // What was heard before the last look began is over, unless that look has found something to do; and of what
    // happened while it was not known what is ours, nothing was heard.
    if (outcome.isSettled && this.ours !== undefined) this.agenda.settle("resync", lookedMs);
    if (outcome.isSettled) for (const kind of ["drift", "job"] as const) this.agenda.settle(kind, lookedMs);
    this.ours = oursOf(outcome, image);
    this.planTimers(outcome, app);
  }

  private planTimers(outcome: RunOutcome, app: DaemonApp): void {
    const { run, actual, ledger } = outcome;
    const times = nextTimes(run.desired, actual, ledger, this.timeWatch(app));
    this.agenda.drop("timer");
    // What was due when the run was planned and was not started is held back: the next trigger looks again.
    const plannedAt = Date.parse(run.actual.engine.systemTime);
    const [due] = [...times.values()].filter((time) => Date.parse(time) > plannedAt).sort();
    if (due !== undefined) {
      const inMs = Date.parse(due) - Date.parse(actual.engine.systemTime);
      this.agenda.add({ kind: "timer", due }, Math.max(0, inMs));
    }
    for (const [job, inMs] of looksAtRuns(run.desired, actual, ledger))
      this.agenda.add({ kind: "job", job }, inMs);
    this.options.finished(outcome, times);
  }

  private timeWatch(app: DaemonApp): Watch {
    const bootedAt = app.bootedAt();
    return {
      watchedSince: this.watchedSince,
      ...(bootedAt === undefined ? {} : { bootedAt }),
    };
  }

  private async failed(
    thrown: unknown,
    run: { app: DaemonApp | undefined; triggers: readonly Trigger[]; durationMs: number },
  ): Promise<void> {
    const { listener } = this.options;
    const error = toReconcilerError(thrown);
    const { triggers, durationMs } = run;
    this.failures += 1;
    const canPass = isPassing(error.code) || this.ours === undefined;
    const again = canPass ? { retryInMs: this.tryAgain(triggers) } : {};
    listener({ kind: "run-failed", triggers, error, durationMs, ...again });
    if (run.app !== undefined) await this.giveUpIfLost(run.app, error);
  }

  /** What led to a run is not forgotten: pushes and prunes are asked for again by the next try. */
  private tryAgain(triggers: readonly Trigger[]): number {
    const inMs = retryDelayMs(this.failures, this.options.random());
    this.agenda.add({ kind: "retry" }, inMs);
    for (const trigger of triggers)
      if (trigger.kind === "hook" || trigger.kind === "schedule") this.agenda.add(trigger, inMs);
    return inMs;
  }

  /** Ends the program when the Engine cannot come back for it. */
  private async giveUpIfLost(app: DaemonApp, error: unknown): Promise<void> {
    if (!isReconcilerError(error) || error.code !== "engine-unreachable" || this.fatal.signal.aborted) return;
    const lost = await app.engineLost();
    if (lost === undefined || this.fatal.signal.aborted) return;
    this.options.listener({ kind: "engine-lost", why: lost });
    const hint = "start this container again: it then gets the socket that is there now";
    this.fatal.abort(new ReconcilerError("engine-unreachable", lost, { hint, cause: error }));
  }

  private async connectToFollow(signal: AbortSignal): Promise<ConnectedBackend> {
    const app = await this.options.openApp(this.followed);
    try {
      return await app.connect(signal);
    } catch (error) {
      await this.giveUpIfLost(app, error);
      throw error;
    }
  }

  private clockWasSet(byMs: number): void {
    const { clock, listener } = this.options;
    listener({ kind: "clock-set", byMs });
    // By the new clock nobody watched the time that was leapt over.
    if (byMs < 0) this.watchedSince = clock.now().toISOString();
    this.agenda.add({ kind: "clock" });
  }
}

function messageOf(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}
