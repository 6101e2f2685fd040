/** Jobs with a timer: started by a run, recorded after their end. */
import { describe, expect, test } from "vitest";
import { formatReport } from "../../../src/cli/report.ts";
import { plainPaint } from "../../../src/lib/paint.ts";
import type { DesiredState } from "../../../src/model/desired-state.ts";
import { addRun, type History, type RunRecord } from "../../../src/model/history.ts";
import { emptyLedger } from "../../../src/model/ledger.ts";
import type { JobReport, RunReport } from "../../../src/model/run-report.ts";
import { finishJobs } from "../../../src/reconcile/finish-jobs.ts";
import { recordJobs } from "../../../src/reconcile/job-results.ts";
import { desiredState, timedJob, workload } from "../../support/builders.ts";
import type { Behaviour } from "../../support/simulated-container.ts";
import { SimulatedEngine } from "../../support/simulated-engine.ts";
import { apply, type RunOptions } from "../../support/simulation.ts";

const minuteMs = 60_000;
const idle = new AbortController().signal;
const backup = timedJob("backup", { calendars: ["hourly"] });
const desired = desiredState([backup, workload("web")]);

/** At 10:00, with everything deployed. */
async function armed(behaviour: Behaviour = { kind: "exits", afterMs: 12_000, code: 0 }) {
  const engine = new SimulatedEngine();
  engine.addImage("myrepo/web:1-develop");
  engine.addImage("myrepo/backup:1-develop", { behaviour });
  const run = await applied(engine, desired, { txn: "00000000" });
  return { engine, run };
}

function depsOf(engine: SimulatedEngine) {
  return { backend: engine, store: engine.store, newTxn: () => "ffffffff", waiting: () => {} };
}

/** A run by hand, as the command line does it. */
async function applied(
  engine: SimulatedEngine,
  wanted: DesiredState = desired,
  options: RunOptions = {},
  signal: AbortSignal = idle,
): Promise<{ report: RunReport; calls: number; text: string }> {
  const { planned: run, report, jobs, calls } = await apply(engine, wanted, options);
  const finished = await finishJobs(
    {
      ...{ kind: "done", run, report, jobs },
      actual: run.actual,
      ledger: run.stored.ledger,
      isSettled: true,
    },
    depsOf(engine),
    signal,
  );
  return { report: finished, calls, text: formatReport(finished, plainPaint) };
}

const jobOf = ({ jobs }: RunReport): JobReport | undefined => jobs?.[0];
const jobRuns = (engine: SimulatedEngine) =>
  engine.store.stored.history.filter(({ command }) => command === "job");

describe("a run by hand", () => {
  test("must arm a job, and say so", async () => {
    const { engine, run } = await armed();
    expect(run.report.converged).toBe(true);
    expect(run.text).toMatch(/✓ backup \s+armed/);
    expect(engine.byName("backup")?.status).toBe("created");
    expect(engine.store.stored.ledger.timers).toMatchObject([{ job: "backup" }]);
  });

  test("must do nothing and take no lock when nothing is due and nothing to record", async () => {
    const { engine } = await armed();
    engine.store.deeds.length = 0;
    expect(await applied(engine)).toMatchObject({ calls: 0, report: { converged: true } });
    expect(engine.store.deeds).toEqual([]);
  });

  test("must start a job that is due, wait for its end and record it", async () => {
    const { engine } = await armed();
    engine.clock.advance(61 * minuteMs);
    const { report, text } = await applied(engine);
    expect(report).toMatchObject({ converged: true, exitCode: 0 });
    expect(report.verdict).toBe("Converged: 1 changed, 1 unchanged.");
    expect(text).toContain("✓ backup  started");
    expect(text).toContain("✓ backup  exit code 0  12 s");
    expect(jobRuns(engine)).toMatchObject([
      {
        by: "backup.timer",
        exitCode: 0,
        durationMs: 12_000,
        verdict: "backup: exit code 0.",
        changes: [
          {
            key: "backup",
            kind: "run",
            cause: "due since 2026-10-19 11:00 UTC",
            position: "units/backup.timer:1",
            outcome: "done",
            details: ["last log line of backup"],
          },
        ],
      },
    ]);
    const [timer] = engine.store.stored.ledger.timers;
    expect(timer).toMatchObject({ served: "2026-10-19T11:00:00.000Z", exitCode: 0 });
    expect((await applied(engine)).calls).toBe(0);
    expect(jobRuns(engine)).toHaveLength(1);
  });

  test("145: must fail when the job fails, name it, and run it again at its next time", async () => {
    const { engine } = await armed({ kind: "exits", afterMs: 2_000, code: 7 });
    engine.clock.advance(61 * minuteMs);
    const { report, text } = await applied(engine);
    expect(report).toMatchObject({ converged: false, exitCode: 1 });
    expect(report.verdict).toBe("Converged: 1 changed, 1 unchanged. A job failed: backup (exit code 7).");
    expect(text).toContain("✗ backup  exit code 7  2 s");
    expect(text).toContain("last log line of backup");
    expect(engine.store.stored.ledger.failures).toEqual([]);
    expect(jobRuns(engine)).toMatchObject([{ exitCode: 1, changes: [{ outcome: "failed" }] }]);
    expect(await applied(engine)).toMatchObject({ calls: 0, report: { exitCode: 0 } });
    engine.clock.advance(60 * minuteMs);
    const again = await applied(engine);
    expect(again.report.changes).toMatchObject([{ key: "backup", outcome: "done" }, { key: "web" }]);
    expect(jobRuns(engine)).toHaveLength(2);
  });

  test("must say what still runs when it is interrupted, and leave the record to a later run", async () => {
    const { engine } = await armed({ kind: "exits", afterMs: 30 * minuteMs, code: 3 });
    engine.clock.advance(61 * minuteMs);
    const interrupted = await applied(engine, desired, {}, AbortSignal.abort(new Error("stopped")));
    expect(interrupted.report).toMatchObject({ exitCode: 0, jobs: [{ outcome: "running" }] });
    expect(interrupted.text).toContain("… backup  still runs");
    expect(jobRuns(engine)).toEqual([]);
    engine.clock.advance(40 * minuteMs);
    const later = await applied(engine);
    expect(later).toMatchObject({ calls: 0, report: { exitCode: 1, converged: false } });
    expect(later.report.verdict).toBe("Nothing to do: 2 as desired. A job failed: backup (exit code 3).");
    expect(jobOf(later.report)).toMatchObject({ exitCode: 3, durationMs: 30 * minuteMs });
    expect(jobRuns(engine)).toHaveLength(1);
  });

  test("must record a run before the container that tells of it goes", async () => {
    const { engine } = await armed({ kind: "exits", afterMs: 30 * minuteMs, code: 3 });
    engine.clock.advance(61 * minuteMs);
    await apply(engine, desired);
    engine.clock.advance(60 * minuteMs);
    const { report } = await applied(engine, desired, {}, AbortSignal.abort(new Error("stopped")));
    expect(report.jobs).toMatchObject([{ outcome: "failed", exitCode: 3 }, { outcome: "running" }]);
    expect(jobRuns(engine)).toHaveLength(1);
  });

  test("must tell of a job that cannot be started, and not try it again and again", async () => {
    const { engine } = await armed({ kind: "not-found" });
    engine.clock.advance(61 * minuteMs);
    const { report } = await applied(engine);
    expect(report.changes).toMatchObject([
      { key: "backup", outcome: "failed", summary: "executable file not found in $PATH" },
      { outcome: "unchanged" },
    ]);
    const second = await applied(engine);
    expect(second).toMatchObject({ calls: 0, report: { exitCode: 1 } });
    expect(second.report.changes[0]?.summary).toContain("this build failed at 2026-10-19 11:01 UTC");
  });

  test("must never write a secret into the history", async () => {
    const { engine } = await armed();
    engine.clock.advance(61 * minuteMs);
    const secretive = desiredState([backup, workload("web")], { secretValues: ["log line"] });
    await applied(engine, secretive);
    expect(jobRuns(engine)[0]?.changes[0]?.details).toEqual(["last *** of backup"]);
  });

  test("must know from the containers alone what was run, when the ledger was lost", async () => {
    const { engine } = await armed();
    engine.clock.advance(61 * minuteMs);
    await applied(engine);
    engine.store.stored = { ledger: emptyLedger, history: [], warnings: [] };
    expect(await applied(engine)).toMatchObject({ calls: 0, report: { exitCode: 0 } });
    expect(jobRuns(engine)).toHaveLength(1);
    engine.clock.advance(60 * minuteMs);
    expect((await applied(engine)).report.jobs).toMatchObject([{ due: "2026-10-19T12:00:00.000Z" }]);
  });
});

describe("the record of jobs", () => {
  test("must be written once, by whoever comes first", async () => {
    const { engine } = await armed();
    engine.clock.advance(61 * minuteMs);
    await apply(engine, desired);
    const both = () => recordJobs(desired, depsOf(engine), idle);
    expect(await both()).toEqual([]);
    engine.clock.advance(minuteMs);
    const recorded = await both();
    expect(recorded).toMatchObject([{ key: "backup", outcome: "done", exitCode: 0, durationMs: 12_000 }]);
    expect(await both()).toEqual([]);
    expect(jobRuns(engine)).toHaveLength(1);
  });

  test("must not push out what changed the system", () => {
    const record = (txn: string, kind: "run" | "replace"): RunRecord => ({
      ...{ txn, at: "2026-10-19T11:00:00.000Z", durationMs: 0, command: "job", by: "backup.timer" },
      ...{ revision: { id: "3f2c1ab" }, exitCode: 0, verdict: "" },
      changes: [
        {
          key: "backup",
          kind,
          cause: "",
          fields: [],
          outcome: "done",
          summary: "",
          details: [],
          durationMs: 0,
        },
      ],
    });
    let history: History = [record("first", "replace")];
    for (let index = 0; index < 500; index++) history = addRun(history, record(`run ${index}`, "run"));
    expect(history).toHaveLength(101);
    expect(history[0]?.txn).toBe("first");
    expect(history.at(-1)?.txn).toBe("run 499");
  });

  test("must forget a job that is no longer there", async () => {
    const { engine } = await armed();
    await apply(engine, desiredState([workload("web")]));
    expect(engine.byName("backup")).toBeUndefined();
    expect(engine.store.stored.ledger.timers).toEqual([]);
  });
});

describe("a run that watches", () => {
  const watch = { watchedSince: "2026-10-19T11:30:00.000Z" };

  test("must not make up for what fell due before, unless the timer is persistent", async () => {
    const { engine } = await armed();
    engine.clock.advance(95 * minuteMs);
    expect((await applied(engine, desired, { watch })).calls).toBe(0);
    const persistent = timedJob("backup", { calendars: ["hourly"], persistent: true });
    const run = await applied(engine, desiredState([persistent, workload("web")]), { watch });
    expect(run.report.jobs).toMatchObject([{ due: "2026-10-19T11:00:00.000Z" }]);
  });
});
