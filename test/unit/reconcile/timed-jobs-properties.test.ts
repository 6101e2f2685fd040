/** Each time of a timer is served at most once and none is lost, whatever goes wrong between two calls to the Engine. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { emptyLedger } from "../../../src/model/ledger.ts";
import type { TimerSpec } from "../../../src/model/timer.ts";
import { recordJobs } from "../../../src/reconcile/job-results.ts";
import { desiredState, timedJob, workload } from "../../support/builders.ts";
import { type Fault, KilledError, SimulatedEngine } from "../../support/simulated-engine.ts";
import { apply, planned } from "../../support/simulation.ts";

const numRuns = Number(process.env["MYSYSCONFIG_HISTORIES"] ?? 300);
const timeout = 1_000 * 60 * 60;
const minuteMs = 60_000;

interface Look {
  readonly gapMinutes: number;
  /** Build of the job from here on. */
  readonly build: number;
  readonly fault: Fault | undefined;
  readonly at: number;
  /** What runs remember is gone. */
  readonly isLedgerLost: boolean;
  readonly isRecording: boolean;
}

const look = (mayLose: boolean): fc.Arbitrary<Look> =>
  fc.record({
    gapMinutes: fc.integer({ min: 1, max: 200 }),
    build: fc.constantFrom(1, 1, 1, 2),
    fault: fc.option(fc.constantFrom<Fault>("before", "after", "doubled", "killed-before", "killed-after"), {
      nil: undefined,
    }),
    at: fc.nat({ max: 5 }),
    isLedgerLost: mayLose ? fc.nat({ max: 3 }).map((value) => value === 0) : fc.constant(false),
    isRecording: fc.boolean(),
  });

const times: fc.Arbitrary<Partial<TimerSpec>> = fc.record({
  calendars: fc.constantFrom(["*:0/30"], ["hourly"], ["00/3:10:00"]),
  overlap: fc.constantFrom("skip" as const, "wait" as const),
});
const runMinutes = fc.constantFrom(0, 0, 5, 45, 190);

interface Start {
  readonly id: string;
  readonly startMs: number;
  readonly endMs: number;
}

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

/** Times of the calendars of these tests, in virtual milliseconds after the first, which is at 10:00 UTC. */
function elapsesOf({ calendars }: Partial<TimerSpec>, untilMs: number): readonly number[] {
  const [stepMinutes, firstMinutes] =
    calendars?.[0] === "*:0/30" ? [30, 30] : calendars?.[0] === "hourly" ? [60, 60] : [180, 130];
  const found: number[] = [];
  for (let ms = firstMinutes * minuteMs; ms <= untilMs; ms += stepMinutes * minuteMs) found.push(ms);
  return found;
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

function expectEachOnce(
  starts: readonly Start[],
  elapses: readonly number[],
  overlap: TimerSpec["overlap"] | undefined,
): void {
  for (const [index, start] of starts.entries()) {
    const before = starts[index - 1];
    const baseMs = before === undefined ? -1 : overlap === "wait" ? before.startMs : before.endMs;
    if (before !== undefined) expect(start.startMs).toBeGreaterThan(before.endMs);
    const served = elapses.filter((elapse) => elapse > baseMs && elapse <= start.startMs);
    expect(served, `start at minute ${start.startMs / minuteMs}`).not.toEqual([]);
  }
}

/** Whenever a run has gone well, every time until then is served. */
function expectNoneLost(
  { starts, armedMs, settled }: Awaited<ReturnType<typeof runHistory>>,
  elapses: readonly number[],
  overlap: TimerSpec["overlap"] | undefined,
): void {
  for (const nowMs of settled) {
    const elapse = elapses.findLast((ms) => ms > armedMs && ms <= nowMs);
    if (elapse === undefined) continue;
    const known = starts.filter(({ startMs }) => startMs <= nowMs);
    const isServed = known.some(({ startMs }) => startMs >= elapse);
    const during = known.find(({ startMs, endMs }) => startMs <= elapse && elapse <= Math.min(endMs, nowMs));
    const isExcused = during !== undefined && (overlap === "skip" || during.endMs >= nowMs);
    expect(isServed || isExcused, `minute ${elapse / minuteMs} at minute ${nowMs / minuteMs}`).toBe(true);
  }
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
