import { describe, expect, test } from "vitest";
import type { ActualContainer, ContainerState } from "../../../src/model/actual-state.ts";
import { emptyLedger, type Hold, type Ledger, type TimerRecord } from "../../../src/model/ledger.ts";
import type { Plan } from "../../../src/model/plan.ts";
import type { WorkloadSpec } from "../../../src/model/workload.ts";
import { buildPlan, type PlanOptions } from "../../../src/plan/build-plan.ts";
import { formatPlan } from "../../../src/plan/format-plan.ts";
import { buildRollbackPlan } from "../../../src/plan/rollback-plan.ts";
import { settingChanges } from "../../../src/plan/setting-changes.ts";
import { timerState } from "../../../src/plan/timer-state.ts";
import { guardPlan } from "../../../src/policy/guard.ts";
import {
  actualState,
  desiredState,
  image,
  job,
  runningContainer,
  timedJob,
  timer,
  txn,
  workload,
} from "../../support/builders.ts";

const backup = timedJob("backup", { calendars: ["*-*-* 03:00:00"] });
const second = "myrepo/backup:2-develop";
const changed = { ...backup, container: { ...backup.container, image: second } };
const day = (time: string) => `2026-01-02T${time}:00.000Z`;
const zero = "0001-01-01T00:00:00Z";

const armed: Partial<ContainerState> = { status: "created", startedAt: zero };
const finished: Partial<ContainerState> = {
  ...{ status: "exited", exitCode: 0 },
  ...{ startedAt: "2026-01-01T03:00:02.5Z", finishedAt: "2026-01-01T03:00:14.5Z" },
};
const running: Partial<ContainerState> = { status: "running", startedAt: "2026-01-01T03:00:02Z" };

function container(
  state: Partial<ContainerState>,
  overrides: { spec?: WorkloadSpec; name?: string; due?: string; plain?: boolean; created?: string } = {},
): ActualContainer {
  const { spec = backup, name, due, plain, created = "2026-01-01T01:00:00Z" } = overrides;
  return runningContainer(spec, {
    state,
    createdAt: created,
    ...(name === undefined ? {} : { name }),
    record: { ...(plain ? {} : { timer: "backup.timer" }), ...(due === undefined ? {} : { due }) },
  });
}

interface Situation {
  readonly desired?: readonly WorkloadSpec[];
  readonly containers?: readonly ActualContainer[];
  readonly now: string;
  readonly ledger?: Partial<Ledger>;
  readonly options?: Partial<PlanOptions>;
}

function planAt({ desired = [backup], containers = [], now, ledger, options }: Situation): Plan {
  const references = [backup.container.image, second, "myrepo/web:1-develop", "myrepo/web:2-develop"];
  const images = new Map(references.map((reference) => [reference, image(reference)]));
  const actual = actualState(containers, { images });
  const engine = { ...actual.engine, systemTime: now };
  return buildPlan(
    desiredState(desired),
    { ...actual, engine },
    { adopt: new Set(), txn, ledger: { ...emptyLedger, ...ledger }, ...options },
  );
}

const textAt = (situation: Situation) => `\n${formatPlan(planAt(situation))}\n`;

describe("a job with a timer", () => {
  test("141: must be armed: created under its name, and not started", () => {
    expect(textAt({ now: day("01:00") })).toMatchInlineSnapshot(`
      "
        + backup  armed: next run 2026-01-02 03:00 UTC  units/backup.service:1
            create   backup

      1 to create. Expected downtime: none.
      "
    `);
  });

  test("must stay armed until its time, and say when that is", () => {
    expect(
      textAt({ containers: [container(armed)], now: "2026-01-01T02:59:59.000Z" }),
    ).toMatchInlineSnapshot(`
      "
          backup  as desired  units/backup.service:1
            note: next run 2026-01-01 03:00 UTC

      Nothing to do: 1 workload is as desired.
      "
    `);
  });

  test("must be started when it is due, in its armed container", () => {
    expect(
      textAt({ containers: [container(armed)], now: "2026-01-01T03:00:00.000Z" }),
    ).toMatchInlineSnapshot(`
      "
        > backup  due since 2026-01-01 03:00 UTC  units/backup.service:1
            start    backup

      1 to run. Expected downtime: none.
      "
    `);
  });

  test("must keep the container that has run until the next run", () => {
    expect(textAt({ containers: [container(finished)], now: day("02:00") })).toMatchInlineSnapshot(`
      "
          backup  as desired  units/backup.service:1
            note: next run 2026-01-02 03:00 UTC; last run 2026-01-01 03:00 UTC: exit code 0, 12 s

      Nothing to do: 1 workload is as desired.
      "
    `);
  });

  test("142: must run in a fresh container, which takes the place of the last one before it starts", () => {
    expect(textAt({ containers: [container(finished)], now: day("03:00") })).toMatchInlineSnapshot(`
      "
        > backup  due since 2026-01-02 03:00 UTC  units/backup.service:1
            create   backup (next)
            remove   backup
            rename   backup (next) to backup
            start    backup

      1 to run. Expected downtime: none.
      "
    `);
  });

  test("must keep the container of a failed run, and run again at its next time", () => {
    const failed = container({ ...finished, exitCode: 7 });
    expect(textAt({ containers: [failed], now: day("02:00") })).toMatchInlineSnapshot(`
      "
          backup  as desired  units/backup.service:1
            note: next run 2026-01-02 03:00 UTC; last run 2026-01-01 03:00 UTC: exit code 7, 12 s

      Nothing to do: 1 workload is as desired.
      "
    `);
    expect(planAt({ containers: [failed], now: day("03:00") }).steps.at(-1)?.id).toBe("start backup");
  });

  test("143: must be let run, past its next time and although its spec changed", () => {
    const situation = { desired: [changed], containers: [container(running)], now: day("03:30") };
    expect(textAt(situation)).toMatchInlineSnapshot(`
      "
          backup  as desired  units/backup.service:1
            note: is running since 2026-01-01 03:00 UTC; next run 2026-01-03 03:00 UTC
            note: it changes as soon as the run has ended

      Nothing to do: 1 workload is as desired.
      "
    `);
  });

  test("must say that it runs again when its overlap waits", () => {
    const waiting = timedJob("backup", { calendars: ["*-*-* 03:00:00"], overlap: "wait" });
    const situation = { desired: [waiting], containers: [container(running)], now: day("03:30") };
    expect(planAt(situation).changes[0]?.notes).toEqual([
      "is running since 2026-01-01 03:00 UTC, and runs again as soon as it has ended",
    ]);
  });

  test("must be armed anew at once when its spec changes", () => {
    expect(
      textAt({ desired: [changed], containers: [container(armed)], now: "2026-01-01T02:00:00.000Z" }),
    ).toMatchInlineSnapshot(`
      "
        ~ backup  image  myrepo/backup:1-develop → 2-develop  units/backup.service:1
            cause: the configuration changed
            note: armed: next run 2026-01-01 03:00 UTC
            create   backup (next)
            remove   backup
            rename   backup (next) to backup

      1 to replace. Expected downtime: none.
      "
    `);
    expect(
      planAt({ desired: [changed], containers: [container(finished)], now: day("02:00") }).steps.map(
        ({ id }) => id,
      ),
    ).toEqual(["create backup", "remove old backup", "commit backup"]);
  });

  test("must run the new spec when it is due at the same time", () => {
    const plan = planAt({ desired: [changed], containers: [container(finished)], now: day("03:00") });
    expect(plan.changes[0]).toMatchObject({
      kind: "replace",
      notes: ["due since 2026-01-02 03:00 UTC"],
      timer: { unit: "backup.timer", due: day("03:00"), next: "2026-01-03T03:00:00.000Z" },
    });
    expect(plan.steps.at(-1)?.id).toBe("start backup");
  });

  test("must be unpaused and renamed, and not started again", () => {
    const paused = container({ ...running, status: "paused" }, { name: "backup-old" });
    expect(planAt({ containers: [paused], now: day("03:30") }).steps.map(({ id }) => id)).toEqual([
      "unpause backup",
      "rename backup",
    ]);
  });

  test("must be removed as any orphan, stopped as any if it runs", () => {
    const others = [workload("web"), workload("api")];
    const kept = others.map((spec) => runningContainer(spec));
    const plan = planAt({ desired: others, containers: [...kept, container(running)], now: day("03:30") });
    expect(plan.steps.map(({ id }) => id)).toEqual(["stop backup", "remove backup"]);
    expect(guardPlan(plan, desiredState(others), false).violations).toEqual([]);
  });

  test("must be created anew, and keep its last run in mind, when its container was removed by hand", () => {
    const known = { since: day("01:00"), startedAt: day("03:00"), endedAt: day("03:01") };
    const ledger = { timers: [record({ ...known, container: "gone" })] };
    expect(planAt({ now: day("04:00"), ledger }).steps.map(({ id }) => id)).toEqual(["create backup"]);
    const next = planAt({ now: "2026-01-03T03:00:00.000Z", ledger });
    expect(next.steps.map(({ id }) => id)).toEqual(["create backup", "start backup"]);
  });
});

function record(fields: Partial<TimerRecord>): TimerRecord {
  const { timer: times = timer() } = backup;
  const actual = timerState(
    { key: "backup", workload: backup, timer: times, containers: [] },
    emptyLedger,
    day("00:00"),
  );
  return { ...actual.record, ...fields };
}

describe("an interrupted run of a job with a timer", () => {
  const due = day("03:00");
  const next = (overrides: { due?: string; state?: Partial<ContainerState> } = {}) =>
    container(overrides.state ?? armed, {
      name: "backup.next-22222222",
      ...overrides,
      created: day("03:00"),
    });
  const old = container(finished);
  const after = day("03:05");

  test("left the fresh container beside the old one: it must make room for another", () => {
    const plan = planAt({ containers: [old, next({ due })], now: after });
    expect(plan.steps.map(({ id }) => id)).toEqual([
      "remove backup leftover 1",
      "create backup",
      "remove old backup",
      "commit backup",
      "start backup",
    ]);
  });

  test("left the fresh container alone: it must be started and named, whoever knows of it", () => {
    const plan = planAt({
      containers: [next({ due })],
      now: after,
      options: { watch: { watchedSince: after } },
    });
    expect(plan.steps.map(({ id }) => id)).toEqual(["start backup", "rename backup"]);
    expect(plan.changes[0]?.cause).toBe("due since 2026-01-02 03:00 UTC");
  });

  test("left the fresh container in its place: it must be started", () => {
    const fresh = container(armed, { due, created: day("03:00") });
    expect(planAt({ containers: [fresh], now: after }).steps.map(({ id }) => id)).toEqual(["start backup"]);
  });

  test("had started it: nothing must be done", () => {
    const started = {
      status: "exited",
      exitCode: 1,
      startedAt: day("03:00"),
      finishedAt: day("03:01"),
    } as const;
    const fresh = container(started, { due, created: day("03:00") });
    expect(planAt({ containers: [fresh], now: after }).steps).toEqual([]);
  });

  test("was armed only: it must be named, and not started", () => {
    const plan = planAt({ containers: [next()], now: day("04:00") });
    expect(plan.steps.map(({ id }) => id)).toEqual(["rename backup"]);
  });

  test("must not be taken back once it may have started", () => {
    const plan = planAt({ containers: [old], now: after });
    expect(buildRollbackPlan("backup", plan.steps)).toEqual([]);
    expect(buildRollbackPlan("backup", plan.steps.slice(0, 1)).map(({ kind }) => kind)).toEqual([
      "remove-container",
    ]);
  });
});

describe("what keeps a job with a timer from running", () => {
  const hold: Hold = { workload: "backup", by: "ann", reason: "freeze", since: day("00:00") };
  const containers = [container(finished)];

  test("must be told when a person holds it", () => {
    expect(textAt({ containers, now: day("03:05"), ledger: { holds: [hold] } })).toMatchInlineSnapshot(`
      "
        = backup  held by ann since 2026-01-02 00:00 UTC until it is released: freeze; due since 2026-01-02 03:00 UTC, it is not run  units/backup.service:1

      1 held. Expected downtime: none.
      "
    `);
  });

  test("149: must be over when it is released: one run for all that it missed", () => {
    const released = { ...hold, until: "2026-01-05T00:00:00.000Z" };
    const plan = planAt({ containers, now: "2026-01-05T01:00:00.000Z", ledger: { holds: [released] } });
    expect(plan.changes[0]?.cause).toBe("due since 2026-01-02 03:00 UTC");
  });

  test("must be a watch that began later, unless the timer is persistent", () => {
    const options = { watch: { watchedSince: day("08:00") } };
    const missed = { containers, now: day("08:01"), options };
    expect(planAt(missed).steps).toEqual([]);
    const persistent = timedJob("backup", { calendars: ["*-*-* 03:00:00"], persistent: true });
    expect(planAt({ ...missed, desired: [persistent] }).steps.at(-1)?.id).toBe("start backup");
  });

  test("must be other times since it ran", () => {
    const other = timedJob("backup", { calendars: ["*-*-* 04:00:00"] });
    const ledger = { timers: [record({ since: "2026-01-01T01:00:00.000Z" })] };
    const plan = planAt({ desired: [other], containers, now: day("05:00"), ledger });
    expect(plan.changes[0]).toMatchObject({ kind: "unchanged", timer: { next: "2026-01-03T04:00:00.000Z" } });
  });
});

describe("a job that gets a timer, or loses it", () => {
  const once = job("backup");

  test("must keep the container of its one run, and wait for its first time", () => {
    const situation = { containers: [container(finished, { plain: true })], now: day("03:05") };
    expect(planAt(situation).changes[0]).toMatchObject({
      kind: "unchanged",
      timer: { next: "2026-01-03T03:00:00.000Z" },
    });
  });

  test("must not run again when the timer goes and it has run well for this spec", () => {
    expect(planAt({ desired: [once], containers: [container(finished)], now: day("04:00") }).steps).toEqual(
      [],
    );
  });

  test("150: must run once when the timer goes and it has only been armed", () => {
    const plan = planAt({ desired: [once], containers: [container(armed)], now: day("04:00") });
    expect(plan.steps.map(({ id }) => id)).toEqual(["start backup", "await backup"]);
  });

  test("must be replaced when it becomes a service, and the other way", () => {
    const service = workload("backup");
    const toService = planAt({ desired: [service], containers: [container(armed)], now: day("04:00") });
    expect(toService.changes[0]?.kind).toBe("replace");
    const toJob = planAt({ containers: [runningContainer(service)], now: day("04:00") });
    expect(toJob.steps.map(({ id }) => id)).toEqual([
      "create backup",
      "stop backup",
      "remove old backup",
      "commit backup",
    ]);
  });

  test("must be told between two revisions, and so must other times", () => {
    const at = (spec: WorkloadSpec) => desiredState([spec]);
    const other = timedJob("backup", { calendars: ["hourly"] });
    const later = timedJob("backup", { calendars: ["*-*-* 03:00:00"], persistent: true });
    expect(settingChanges(at(once), at(backup))).toEqual(["backup runs by backup.timer"]);
    expect(settingChanges(at(backup), at(once))).toEqual(["backup no longer runs by backup.timer"]);
    expect(settingChanges(at(backup), at(other))).toEqual([
      "backup runs at other times: *-*-* 03:00:00 → hourly",
    ]);
    expect(settingChanges(at(backup), at(later))).toEqual(["backup runs at other times"]);
  });
});

describe("an armed job that shares the network of a service", () => {
  test("must be armed anew when the service is replaced, because its container could not start any more", () => {
    const web = workload("web");
    const renewed = { ...web, container: { ...web.container, image: "myrepo/web:2-develop" } };
    const spec = timedJob(
      "backup",
      { calendars: ["daily"] },
      { network: { kind: "workload", workload: "web" } },
    );
    const serving = runningContainer(web);
    const live = runningContainer(spec, {
      state: armed,
      record: { timer: "backup.timer" },
      spec: { network: { kind: "container", container: serving.id } },
    });
    const plan = planAt({
      desired: [renewed, spec],
      containers: [serving, live],
      now: "2026-01-01T00:30:00.000Z",
    });
    expect(plan.changes.map(({ key, kind, cause }) => `${key} ${kind}: ${cause}`)).toEqual([
      "backup replace: shares a namespace of web, which is replaced",
      "web replace: the configuration changed",
    ]);
  });
});

describe("a clock that was set back", () => {
  const { timer: times = timer() } = backup;
  const stateAt = (containers: readonly ActualContainer[], ledger: Partial<Ledger>, now: string) =>
    timerState(
      { key: "backup", workload: backup, timer: times, containers },
      { ...emptyLedger, ...ledger },
      now,
    );
  const years: Partial<ContainerState> = {
    ...{ status: "exited", exitCode: 0 },
    ...{ startedAt: "2036-01-01T03:00:02Z", finishedAt: "2036-01-01T03:00:09Z" },
  };

  test("148: by years must not stop the job for years: the timer begins anew, and only once", () => {
    const containers = [container(years)];
    const first = stateAt(
      containers,
      { timers: [record({ since: "2025-12-01T00:00:00.000Z" })] },
      day("01:00"),
    );
    expect(first.record).toMatchObject({ since: day("01:00"), container: containers[0]?.id });
    expect(first.record.startedAt).toBeUndefined();
    const later = stateAt(containers, { timers: [first.record] }, day("02:00"));
    expect(later.record).toEqual(first.record);
    const plan = planAt({ containers, now: day("03:00"), ledger: { timers: [first.record] } });
    expect(plan.changes[0]?.cause).toBe("due since 2026-01-02 03:00 UTC");
  });

  test("by years must not be believed where only the ledger tells of it", () => {
    const future = record({ startedAt: "2036-01-01T03:00:02.000Z", endedAt: "2036-01-01T03:00:09.000Z" });
    const { record: found } = stateAt([], { timers: [future] }, day("01:00"));
    expect(found).toEqual(record({ since: day("01:00") }));
  });

  test("by hours must leave a calendar alone, and let an interval begin anew", () => {
    const known = record({ startedAt: day("03:00"), endedAt: day("03:01"), container: "gone" });
    expect(stateAt([], { timers: [known] }, day("01:00")).record).toEqual(known);
    const interval = timer({ onUnitActiveMs: [60_000] });
    const spec = { key: "backup", workload: backup, timer: interval, containers: [] };
    const { record: begun } = timerState(spec, emptyLedger, day("02:00"));
    const ran = { ...begun, startedAt: day("03:00"), endedAt: day("03:01"), container: "gone" };
    const { record: found } = timerState(spec, { ...emptyLedger, timers: [ran] }, day("01:00"));
    expect(found).toMatchObject({ since: day("01:00"), container: "gone" });
    expect(found.startedAt).toBeUndefined();
  });
});
