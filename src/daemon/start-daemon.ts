import { createMetrics, type Metrics, type ProcessUsage } from "../metrics/metrics.ts";
import type { ScheduleName } from "../model/daemon-settings.ts";
import type { ExitCode } from "../model/errors.ts";
import type { Redactor } from "../model/redactor.ts";
import { createNotifier, type Notifier } from "../notify/notifier.ts";
import { resolveTargets } from "../notify/targets.ts";
import type { Clock, ConnectedBackend, Log } from "../ports.ts";
import { resolveEndpoints } from "../webhook/endpoints.ts";
import { createHookReceiver, type HookReceiver } from "../webhook/receiver.ts";
import type { Configuration } from "./configuration-watch.ts";
import { Daemon, type DaemonOptions } from "./daemon.ts";
import type { Followed } from "./daemon-app.ts";
import type { Listener } from "./daemon-event.ts";
import { Health } from "./health.ts";
import { logListener } from "./log-listener.ts";
import { metricsListener } from "./metrics-listener.ts";
import { NoticeListener } from "./notice-listener.ts";
import type { RunOutcome } from "./run-once.ts";
import { hasMissed, Schedules } from "./schedules.ts";
import { type ListenAddress, startServers } from "./server.ts";

export interface StartOptions {
  readonly listen: ListenAddress;
  /** An address of its own for `/metrics`, which is then at no other. */
  readonly metricsListen?: ListenAddress;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly redactor: Redactor;
  readonly usage: () => ProcessUsage;
  /** Of this program. */
  readonly version: string;
  readonly openApp: DaemonOptions["openApp"];
  readonly findFollowed: (backend: ConnectedBackend, signal: AbortSignal) => Promise<Followed>;
}

/** For notices that are under way when the program ends; with the longest drain it is less than ten seconds. */
const lastWordsMs = 1_000;

/** `run`: a daemon with its addresses, schedules, hooks and listeners, until the signal fires. */
export async function startDaemon(options: StartOptions, signal: AbortSignal): Promise<ExitCode> {
  const { clock } = options;
  const schedules = new Schedules({
    ...{ clock, random: options.random },
    due: (name) => daemon.agenda.add({ kind: "schedule", name }),
  });
  const parts = await wireParts(options, () => schedules.intervalMs("reconcile"));
  const { health, metrics, notifier, notices, listener } = parts;
  const hooks = createHookReceiver({
    clock,
    onMark: (mark, { endpoint }) => daemon.mark(mark, endpoint),
    onResult: (result) => listener({ kind: "hook", endpoint: result.endpoint ?? "", result }),
  });
  let hasCaughtUp = false;
  const daemon = new Daemon({
    ...options,
    listener,
    configure: (configuration, { inputs }) =>
      applySettings(configuration, inputs.secrets, { ...options, ...parts, hooks, schedules }),
    finished: (outcome, nextTimes) => {
      metrics.setTimers(timersOf(outcome, nextTimes));
      if (!hasCaughtUp)
        for (const name of missedSchedules(outcome)) daemon.agenda.add({ kind: "schedule", name });
      hasCaughtUp = true;
    },
  });
  await using servers = await startServers(options, {
    live: () => health.live(),
    ready: () => health.readiness(),
    hook: (request, response) => hooks.handle(request, response),
    metrics: async () => ({ contentType: metrics.contentType, text: await metrics.render() }),
  });
  // A timer from here on: without its addresses the daemon is not to stay.
  schedules.configure([]);
  for (const address of servers.addresses) listener({ kind: "listening", address });
  const ending = new AbortController();
  const listening = notices.watchSilence(AbortSignal.any([signal, ending.signal]));
  try {
    return await daemon.run(signal);
  } finally {
    schedules.stop();
    ending.abort();
    await listening;
    await notifier.flush(AbortSignal.timeout(lastWordsMs));
  }
}

interface Parts {
  readonly health: Health;
  readonly metrics: Metrics;
  readonly notifier: Notifier;
  readonly notices: NoticeListener;
  /** Tells each event to everybody who listens. */
  readonly listener: Listener;
}

/**
 * Who listens to what happens.
 *
 * @param intervalMs of the reconcile schedule
 */
async function wireParts(
  { clock, log, redactor, usage }: StartOptions,
  intervalMs: () => number | undefined,
): Promise<Parts> {
  const { redact } = redactor;
  const health = new Health(clock, redact);
  const metrics = await createMetrics({ clock, redact, usage });
  const notifier = createNotifier({
    ...{ fetch, clock, log, redact },
    ended: (target, result) => metrics.notificationEnded(target, result),
  });
  const notices = new NoticeListener({ clock, notifier, redact, intervalMs });
  const listeners: readonly Listener[] = [
    logListener(log),
    (event) => health.listen(event),
    metricsListener(metrics),
    (event) => notices.listen(event),
  ];
  const listener: Listener = (event) => {
    for (const listen of listeners) listen(event);
  };
  return { health, metrics, notifier, notices, listener };
}

interface Configurable extends Pick<Parts, "notifier" | "notices" | "listener"> {
  readonly redactor: Redactor;
  readonly hooks: HookReceiver;
  readonly schedules: Schedules;
}

/** What a configuration says about schedules, hooks and notifications is in force from now on. */
function applySettings(
  configuration: Configuration,
  secrets: ReadonlyMap<string, string>,
  { redactor, hooks, schedules, notifier, notices, listener }: Configurable,
): void {
  redactor.add(secrets.values());
  const settings = configuration.compiled.daemon;
  const { endpoints, problems: wrongHooks } = resolveEndpoints(settings.webhooks, secrets);
  const { targets, problems: wrongTargets } = resolveTargets(settings.notifications, secrets);
  hooks.configure(endpoints);
  notifier.configure(targets);
  notices.configure(settings.notifications);
  schedules.configure(settings.schedules);
  const problems = [
    ...wrongHooks.map(({ message }) => message),
    ...wrongTargets,
    ...idleSchedules(configuration),
  ];
  listener({ kind: "configured", configuration, problems });
}

/** Schedules with a time that passed while nobody was there. A reconcile makes up for itself: the start is one. */
function missedSchedules({ configuration, ledger, actual }: RunOutcome): readonly ScheduleName[] {
  const now = Date.parse(actual.engine.systemTime);
  return configuration.compiled.daemon.schedules.flatMap((schedule) => {
    const last = ledger.lastDone.find(({ name }) => name === schedule.name);
    const isMissed = last !== undefined && hasMissed(schedule, Date.parse(last.at), now);
    return isMissed ? [schedule.name] : [];
  });
}

/** A clean-up that has nothing to clean up is rather a mistake. */
function idleSchedules({ compiled, desired }: Configuration): readonly string[] {
  const isPruned = compiled.daemon.schedules.some(({ name }) => name === "prune");
  if (!isPruned || desired.environment.prune.images === "unused") return [];
  return ['schedules.prune has no effect: prune.images is "keep"; write prune: {images: unused}'];
}

/** By the names of the timer units. */
function timersOf({ run }: RunOutcome, nextTimes: ReadonlyMap<string, string>): ReadonlyMap<string, Date> {
  const units = new Map(run.plan.changes.map(({ key, timer }) => [key, timer?.unit ?? key]));
  return new Map([...nextTimes].map(([key, at]) => [units.get(key) ?? key, new Date(at)]));
}
