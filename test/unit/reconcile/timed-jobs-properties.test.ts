/** Each time of a timer is served at most once and none is lost, whatever goes wrong between two calls to the Engine. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { emptyLedger } from "../../../src/model/ledger.ts";
import type { TimerSpec } from "../../../src/model/timer.ts";
import { recordJobs } from "../../../src/reconcile/job-results.ts";
import { desiredState, timedJob, workload } from "../../support/builders.ts";
import { KilledError, SimulatedEngine } from "../../support/simulated-engine.ts";
import { apply, planned } from "../../support/simulation.ts";
import {
  elapsesOf,
  expectEachOnce,
  expectNoneLost,
  type Look,
  look,
  minuteMs,
  runMinutes,
  type Start,
  times,
} from "../../support/timer-looks.ts";

const numRuns = Number(process.env["MYSYSCONFIG_HISTORIES"] ?? 300);
const timeout = 1_000 * 60 * 60;

function engineWith(runMs: number) {
  const engine = new SimulatedEngine();
  engine.addImage("myrepo/web:1-develop");
  for (const build of [1, 2])
    engine.addImage(`myrepo/backup:${build}-develop`, {
      behaviour: { kind: "exits", afterMs: runMs + 500, code: 0 },
    });
  const starts: Start[] = [];
  engine.watch = () => {
    for (const { id, startedAtMs, labels } of engine.containers.values()) {
      if (labels["mysysconfig.workload"] !== "backup" || startedAtMs === undefined) continue;
      if (starts.some((start) => start.id === id && start.startMs === startedAtMs)) continue;
      starts.push({ id, startMs: startedAtMs, endMs: startedAtMs + runMs + 500 });
    }
  };
  return { engine, starts };
}

/** One look after another; the last ones go well. */
async function runHistory(declared: Partial<TimerSpec>, minutes: number, looks: readonly Look[]) {
  const { engine, starts } = engineWith(minutes * minuteMs);
  const last = { ...looks.at(-1), gapMinutes: 1, fault: undefined, at: 0, isLedgerLost: false } as Look;
  const desiredOf = (build: number) =>
    desiredState([
      timedJob("backup", declared, { image: `myrepo/backup:${build}-develop` }),
      workload("web"),
    ]);
  await apply(engine, desiredOf(1), { txn: "00000000" });
  const armedMs = engine.clock.monotonicMs();
  /** When all went well, so that nothing was to be done any more. */
  const settled: number[] = [];
  for (const [index, found] of [...looks, last].entries()) {
    engine.clock.advance(found.gapMinutes * minuteMs);
    if (found.isLedgerLost) engine.store.stored = { ledger: emptyLedger, history: [], warnings: [] };
    const desired = desiredOf(found.build);
    const begun = engine.calls.length;
    engine.faults = (call) => (call === begun + found.at ? found.fault : undefined);
    await survive(async () => {
      await apply(engine, desired, { txn: String(index + 1).padStart(8, "0"), retry: ["backup"] });
      if (found.isRecording) await record(engine, desired);
    });
    engine.revive();
    if (found.fault === undefined) {
      const { plan } = await planned(engine, desired, { retry: ["backup"] });
      expect(plan.steps.map(({ id }) => id)).toEqual([]);
      settled.push(engine.clock.monotonicMs());
    }
  }
  const desired = desiredOf(last.build);
  await record(engine, desired);
  return { engine, starts, armedMs, settled, nowMs: engine.clock.monotonicMs() };
}

async function survive(act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!(error instanceof KilledError) && (error as Error).message !== "killed") throw error;
  }
}

async function record(engine: SimulatedEngine, desired: ReturnType<typeof desiredState>): Promise<void> {
  const deps = { backend: engine, store: engine.store, newTxn: () => "ffffffff", waiting: () => {} };
  await recordJobs(desired, deps, new AbortController().signal);
}

test("144: each time must be served at most once and none be lost, with a fault or a kill at any call", {
  timeout,
}, async () => {
  await fc.assert(
    fc.asyncProperty(
      times,
      runMinutes,
      fc.array(look(false), { minLength: 1, maxLength: 12 }),
      async (declared, minutes, looks) => {
        const history = await runHistory(declared, minutes, looks);
        const elapses = elapsesOf(declared, history.nowMs);
        expectEachOnce(history.starts, elapses, declared.overlap);
        expectNoneLost(history, elapses, declared.overlap);
        const ended = history.starts.filter(({ endMs }) => endMs <= history.nowMs);
        const { history: runs } = history.engine.store.stored;
        expect(runs.filter(({ command }) => command === "job")).toHaveLength(ended.length);
      },
    ),
    { numRuns },
  );
});

test("each time must be served at most once and none be lost, even when the ledger is lost too", {
  timeout,
}, async () => {
  await fc.assert(
    fc.asyncProperty(
      times,
      runMinutes,
      fc.array(look(true), { minLength: 1, maxLength: 12 }),
      async (declared, minutes, looks) => {
        const history = await runHistory(declared, minutes, looks);
        const elapses = elapsesOf(declared, history.nowMs);
        expectEachOnce(history.starts, elapses, declared.overlap);
        expectNoneLost(history, elapses, declared.overlap);
      },
    ),
    { numRuns },
  );
});
