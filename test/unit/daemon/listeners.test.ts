import { describe, expect, test } from "vitest";
import type { DaemonEvent } from "../../../src/daemon/daemon-event.ts";
import { Health } from "../../../src/daemon/health.ts";
import { logListener } from "../../../src/daemon/log-listener.ts";
import { metricsListener } from "../../../src/daemon/metrics-listener.ts";
import { NoticeListener } from "../../../src/daemon/notice-listener.ts";
import { type Trigger, triggerKey, triggerText } from "../../../src/daemon/trigger.ts";
import { createMetrics } from "../../../src/metrics/metrics.ts";
import { ReconcilerError } from "../../../src/model/errors.ts";
import type { Notice } from "../../../src/model/notice.ts";
import { noticeStateFrom } from "../../../src/notify/notice-state.ts";
import type { Log } from "../../../src/ports.ts";
import type { HookOutcome } from "../../../src/webhook/judge.ts";
import { type SimulatedDaemon, service, simulateDaemon } from "../../support/simulated-daemon.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

const error = (code: ConstructorParameters<typeof ReconcilerError>[0]) =>
  new ReconcilerError(code, `it is ${code}`);
const failed = (code: ConstructorParameters<typeof ReconcilerError>[0]): DaemonEvent => ({
  ...{ kind: "run-failed", triggers: [{ kind: "start" }], error: error(code), durationMs: 1 },
});
const started: DaemonEvent = { kind: "run-started", triggers: [{ kind: "start" }] };

/** The event of a run that really came to its end. */
async function finishedRun(): Promise<DaemonEvent> {
  const simulated = simulateDaemon();
  await simulated.until("a run", () => simulated.of("run-finished").length > 0);
  simulated.stop();
  await simulated.ended;
  const [event] = simulated.of("run-finished");
  if (event === undefined) throw new Error("no run came to its end");
  return event;
}

describe("health", () => {
  test("must be unready until the Engine was looked at, and whenever it cannot be", async () => {
    const finished = await finishedRun();
    const health = new Health(new VirtualClock(), (text) => text);
    const story: readonly (readonly [DaemonEvent, boolean])[] = [
      [started, false],
      [failed("configuration-invalid"), false],
      [failed("busy"), false],
      [finished, true],
      [started, true],
      [failed("busy"), true],
      [failed("configuration-invalid"), true],
      [failed("engine-unreachable"), false],
      [failed("busy"), false],
      [finished, true],
      [failed("engine-unsupported"), false],
      [finished, true],
      [{ kind: "stopping", reason: "SIGTERM" }, false],
    ];
    for (const [event, isReady] of story) {
      health.listen(event);
      expect(health.readiness().ok, JSON.stringify(event.kind)).toBe(isReady);
      expect(health.live().ok).toBe(true);
    }
  });

  test("must be no longer alive when a run does not come to its end", async () => {
    const clock = new VirtualClock();
    const health = new Health(clock, (text) => text);
    health.listen(started);
    clock.advance(6 * 3_600_000);
    expect(health.live().ok).toBe(true);
    clock.advance(1);
    expect(health.live().ok).toBe(false);
    health.listen(await finishedRun());
    expect(health.live().ok).toBe(true);
  });
});

function recordingLog() {
  const lines: string[] = [];
  const log: Log = {
    info: (fact) => void lines.push(fact),
    warn: (fact) => void lines.push(fact),
    error: (fact) => void lines.push(fact),
    child: () => log,
  };
  return { lines, log };
}

/** What a daemon says while the source has a problem and looks again and again. */
async function storyOf(simulated: SimulatedDaemon, trouble: () => void, end: () => void): Promise<void> {
  await simulated.until("the first runs", () => simulated.of("run-finished").length >= 2);
  trouble();
  for (let n = 0; n < 5; n++) {
    simulated.daemon.agenda.add({ kind: "schedule", name: "reconcile" });
    await simulated.pass(60_000);
  }
  end();
  simulated.daemon.agenda.add({ kind: "schedule", name: "reconcile" });
  await simulated.pass(600_000);
  simulated.stop();
  await simulated.ended;
}

const count = (lines: readonly string[], start: string) =>
  lines.filter((line) => line.startsWith(start)).length;

test("the log must say a problem of the source once, and once that it is over", async () => {
  const { lines, log } = recordingLog();
  const simulated = simulateDaemon({ listener: logListener(log) });
  const { source } = simulated;
  await storyOf(
    simulated,
    () => {
      source.error = error("git-unreachable");
    },
    () => {
      source.error = undefined;
    },
  );
  expect(count(lines, "source cannot be used")).toBe(1);
  expect(count(lines, "source is fine again")).toBe(1);
  expect(count(lines, "run converged")).toBeLessThanOrEqual(2);
});

test("the log must not repeat that the events are not followed", () => {
  const { lines, log } = recordingLog();
  const listen = logListener(log);
  for (let n = 0; n < 100; n++) listen({ kind: "events-closed", why: "nobody answers" });
  listen({ kind: "events-opened" });
  listen({ kind: "events-closed", why: "nobody answers" });
  expect(lines).toEqual([
    "events of the Engine are not followed",
    "events of the Engine are followed",
    "events of the Engine are not followed",
  ]);
});

test("hooks that prove nothing must leave one line for each endpoint and reason, until one is proven", () => {
  const { lines, log } = recordingLog();
  const listen = logListener(log);
  const hook = (result: HookOutcome, reason?: string, endpoint = "push") =>
    listen({
      ...{ kind: "hook", endpoint },
      result: { endpoint, result, status: 401, ...(reason === undefined ? {} : { reason }) },
    });
  for (const result of ["gone", "duplicate"] as const) hook(result);
  listen({ kind: "hook", endpoint: "", result: { result: "refused", status: 404 } });
  expect(lines).toEqual([]);
  for (let sent = 0; sent < 100; sent += 1) hook("refused", "a wrong signature");
  hook("refused", "no signature");
  hook("refused", "no signature", "other");
  expect(lines).toEqual(["hook refused", "hook refused", "hook refused"]);
  hook("accepted");
  hook("refused", "no signature");
  expect(lines.slice(3)).toEqual(["hook", "hook refused"]);
});

test("hooks that there is no room for must leave one line, and clear nothing away", () => {
  const { lines, log } = recordingLog();
  const listen = logListener(log);
  const hook = (result: HookOutcome, reason: string) =>
    listen({ kind: "hook", endpoint: "push", result: { endpoint: "push", result, status: 503, reason } });
  for (let sent = 0; sent < 100; sent += 1) {
    hook("refused", "a wrong signature");
    hook("busy", "too many bodies at once");
    hook("failed", "a mistake of this program");
  }
  expect(lines).toEqual(["hook refused", "hook busy", "hook failed"]);
  hook("duplicate", "delivered before");
  hook("busy", "too many bodies at once");
  expect(lines.slice(3)).toEqual(["hook busy"]);
});

async function measuredDaemon() {
  const metrics = await createMetrics({
    clock: new VirtualClock(),
    redact: (text) => text,
    usage: () => ({ residentBytes: 1, heapBytes: 1, activeTimers: 1 }),
  });
  const simulated = simulateDaemon({ listener: metricsListener(metrics) });
  const samples = async (name: string) => {
    const lines = (await metrics.render()).split("\n");
    return lines.filter((line) => line.startsWith(`${name}{`)).map((line) => line.slice(name.length));
  };
  return { simulated, samples };
}

/** Waits for the next run that comes to its end. */
async function nextRun(simulated: SimulatedDaemon, trigger: () => void): Promise<void> {
  const before = simulated.of("run-finished").length;
  trigger();
  await simulated.until("the next run", () => simulated.of("run-finished").length > before);
}

const lookAgain = (simulated: SimulatedDaemon) =>
  nextRun(simulated, () => simulated.daemon.agenda.add({ kind: "schedule", name: "reconcile" }));

test("the metric of drift must tell what was changed by hand, and not a build that fails", async () => {
  const { simulated, samples } = await measuredDaemon();
  const drift = () => samples("mysysconfig_workload_drift");
  await simulated.until("the first runs", () => simulated.of("run-finished").length >= 2);
  await simulated.pass(2_000);
  expect(await drift()).toEqual(['{workload="web"} 0']);
  await nextRun(simulated, () => simulated.break("web"));
  expect(await drift()).toEqual(['{workload="web"} 1']);
  await simulated.pass(60_000);
  simulated.source.commit(service("web", "lab/none:9"));
  await lookAgain(simulated);
  expect(simulated.of("run-finished").at(-1)?.outcome.report.converged).toBe(false);
  expect(await drift()).toEqual(['{workload="web"} 0']);
  simulated.stop();
  await simulated.ended;
});

test("a run that was told to stop must be counted as interrupted", async () => {
  const { simulated, samples } = await measuredDaemon();
  await simulated.until("a step", () => simulated.of("run-event").length > 0);
  simulated.stop();
  await simulated.ended;
  expect(await samples("mysysconfig_runs_total")).toEqual(['{outcome="interrupted",trigger="start"} 1']);
});

function noticesOf(simulatedOptions: Parameters<typeof simulateDaemon>[0] = {}) {
  const told: Notice[] = [];
  const simulated = simulateDaemon({ ...simulatedOptions, listener: (event) => listener.listen(event) });
  const { clock } = simulated.engine;
  let listener: NoticeListener;
  const start = () => {
    listener = new NoticeListener({
      clock,
      notifier: { tell: (notices) => void told.push(...notices) },
      redact: (text) => text,
      intervalMs: () => 300_000,
    });
    return listener;
  };
  return { told, simulated, listener: start(), start, clock };
}

test("an invalid configuration must be told once while it lasts, and its end once", async () => {
  const { told, simulated } = noticesOf();
  const { source } = simulated;
  await storyOf(
    simulated,
    () => source.commit({ "units/web.service": "[Unit]\n" }),
    () => source.commit(service("web")),
  );
  expect(told.map(({ kind }) => kind)).toEqual(["failure", "recovery"]);
});

test("an image that only stands in must be told once, in the log as well, and its end once", async () => {
  const { told, simulated } = noticesOf();
  const { lines, log } = recordingLog();
  const listen = logListener(log);
  const { source } = simulated;
  await storyOf(
    simulated,
    () => {
      source.standIn = error("pull-failed");
      source.commit(service("web", "lab/web:2"));
    },
    () => {
      source.standIn = undefined;
    },
  );
  expect(told.map(({ kind, key }) => `${kind} ${key}`)).toEqual([
    "failure run pull-failed",
    "recovery run pull-failed",
  ]);
  const standingIn = simulated.of("run-finished").filter(({ outcome }) => outcome.problem !== undefined);
  expect(standingIn[0]?.outcome.report.changes).toMatchObject([{ key: "web", outcome: "done" }]);
  for (const event of simulated.told) listen(event);
  expect([count(lines, "source cannot be used"), count(lines, "source is fine again")]).toEqual([1, 1]);
});

test("a daemon that is started again must not repeat a trouble, and must tell its end once", async () => {
  const { told, simulated, start } = noticesOf({ files: service("web") });
  const { source } = simulated;
  await simulated.until("the first runs", () => simulated.of("run-finished").length >= 2);
  await simulated.pass(2_000);
  source.commit(service("web", "lab/none:9"));
  await lookAgain(simulated);
  const keys = () => told.map(({ kind, key }) => `${kind} ${key}`);
  expect(keys()).toEqual(["rollback failure web"]);
  for (let n = 0; n < 2; n++) {
    start();
    await lookAgain(simulated);
    expect(keys()).toEqual(["rollback failure web"]);
  }
  // Before its first configuration it knows nobody to tell, so that its end is nobody's business either.
  start().listen(failed("git-unreachable"));
  source.commit(service("web"));
  for (let n = 0; n < 3; n++) await lookAgain(simulated);
  expect(keys()).toEqual(["rollback failure web", "recovery failure web"]);
  simulated.stop();
  await simulated.ended;
});

test("a daemon that was stopped in the midst of a rollout must leave nothing to be told of it", async () => {
  const first = noticesOf({ files: service("web") });
  await first.simulated.until("the first runs", () => first.simulated.of("run-finished").length >= 2);
  first.simulated.source.commit(service("web", "lab/web:2"));
  const { length } = first.simulated.of("run-event");
  first.simulated.daemon.agenda.add({ kind: "schedule", name: "reconcile" });
  await first.simulated.until("a gate", () =>
    first.simulated
      .of("run-event")
      .slice(length)
      .some(({ event }) => event.kind === "step-started" && event.step.kind === "gate-container"),
  );
  first.simulated.stop();
  await first.simulated.ended;
  const [stopped] = first.simulated.of("run-interrupted");
  expect(stopped?.outcome.report).toMatchObject({ converged: false, interrupted: true });
  const { history } = await first.simulated.engine.store.read();
  expect(history.at(-1)).toMatchObject({
    interrupted: true,
    changes: [{ key: "web", outcome: "rolled-back" }],
  });
  expect(noticeStateFrom(history).open).toEqual([]);
});

test("an Engine that is away must be told once, and once that it is back", async () => {
  const { told, simulated } = noticesOf();
  await storyOf(
    simulated,
    () => {
      simulated.engineWatch.isAway = true;
      simulated.engineWatch.end();
    },
    () => {
      simulated.engineWatch.isAway = false;
    },
  );
  expect(told.map(({ kind }) => kind)).toEqual(["failure", "recovery"]);
});

test("silence must be told when nothing succeeds for some intervals, and only to who asked", async () => {
  for (const isAsked of [true, false]) {
    const { told, listener, clock } = noticesOf();
    const position = { file: "mysysconfig.yaml", line: 1, column: 1 };
    listener.configure([
      {
        name: "a",
        kind: "slack",
        urlSecret: "URL",
        on: isAsked ? ["silence"] : ["failure"],
        silentIntervals: 3,
        position,
      },
    ]);
    const ending = new AbortController();
    const watching = listener.watchSilence(ending.signal);
    await clock.sleep(2 * 3_600_000);
    ending.abort();
    await watching;
    expect(told.map(({ kind }) => kind)).toEqual(isAsked ? ["silence"] : []);
  }
});

test.for([3_600_000, -3_600_000])(
  "a wall clock that is set by %i ms must neither look like silence nor hide it",
  async (setByMs) => {
    const finished = await finishedRun();
    const told: Notice[] = [];
    const clock = new VirtualClock();
    const listener = new NoticeListener({
      clock,
      notifier: { tell: (notices) => void told.push(...notices) },
      redact: (text) => text,
      intervalMs: () => 300_000,
    });
    const position = { file: "mysysconfig.yaml", line: 1, column: 1 };
    listener.configure([
      { name: "a", kind: "slack", urlSecret: "URL", on: ["silence"], silentIntervals: 3, position },
    ]);
    const ending = new AbortController();
    const watching = listener.watchSilence(ending.signal);
    await clock.sleep(600_000);
    listener.listen(finished);
    clock.set(setByMs);
    await clock.sleep(890_000);
    expect(told).toEqual([]);
    await clock.sleep(60_000);
    expect(told.map(({ kind }) => kind)).toEqual(["silence"]);
    ending.abort();
    await watching;
  },
);

const triggers: readonly (readonly [Trigger, string, string])[] = [
  [{ kind: "start" }, "start", "start"],
  [{ kind: "schedule", name: "prune" }, "schedule prune", "schedule prune"],
  [{ kind: "timer", due: "2026-10-19T12:00:00Z" }, "timer", "a job due at 2026-10-19T12:00:00Z"],
  [{ kind: "drift", source: "web", what: "web: removed" }, "drift web", "web: removed"],
  [{ kind: "image" }, "image", "the followed image has changed on the Engine"],
  [{ kind: "resync" }, "resync", "events may have been missed"],
  [{ kind: "clock" }, "clock", "the clock was set"],
  [{ kind: "retry" }, "retry", "another try"],
  [
    { kind: "hook", endpoint: "ci", mark: { kind: "branch", branch: "develop", repository: "ops/config" } },
    "hook ci push of develop to ops/config",
    "push of develop to ops/config (hook ci)",
  ],
  [
    { kind: "hook", endpoint: "hub", mark: { kind: "image", image: "myrepo/web", tag: "7-develop" } },
    "hook hub push of myrepo/web:7-develop",
    "push of myrepo/web:7-develop (hook hub)",
  ],
];
test.for(triggers)("the trigger $kind must have a key and a text for people", ([trigger, key, text]) => {
  expect([triggerKey(trigger), triggerText(trigger)]).toEqual([key, text]);
});
