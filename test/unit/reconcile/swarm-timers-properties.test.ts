/** Each time of a timer is served at most once and none is lost, whatever goes wrong between two calls to a manager. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { emptyLedger } from "../../../src/model/ledger.ts";
import type { TimerSpec } from "../../../src/model/timer.ts";
import { recordJobs } from "../../../src/reconcile/job-results.ts";
import { timedJob, workload } from "../../support/builders.ts";
import { clusterState, killed, run } from "../../support/clusters.ts";
import { KilledError } from "../../support/simulated-engine.ts";
import { SimulatedSwarm } from "../../support/simulated-swarm.ts";
import { planned } from "../../support/simulation.ts";
import {
  elapsesOf,
  expectEachOnce,
  expectNoneLost,
  type Look,
  look,
  minuteMs,
  runMinutes,
  times,
} from "../../support/timer-looks.ts";

const numRuns = Math.ceil(Number(process.env["MYSYSCONFIG_HISTORIES"] ?? 300) / 3);
const timeout = 1_000 * 60 * 60;
const retry = { retry: ["backup"] };

/** One look after another; the last ones go well. */
async function runHistory(declared: Partial<TimerSpec>, minutes: number, looks: readonly Look[]) {
  const swarm = new SimulatedSwarm();
  const runMs = minutes * minuteMs + 500;
  swarm.addImage("myrepo/web:1-develop");
  for (const build of [1, 2])
    swarm.addImage(`myrepo/backup:${build}`, { behaviour: { kind: "exits", afterMs: runMs, code: 0 } });
  const last = { ...looks.at(-1), gapMinutes: 1, fault: undefined, at: 0, isLedgerLost: false } as Look;
  const desiredOf = (build: number) =>
    clusterState([timedJob("backup", declared, { image: `myrepo/backup:${build}` }), workload("web")]);
  await run(swarm, desiredOf(1));
  const armedMs = swarm.clock.monotonicMs();
  const settled: number[] = [];
  for (const found of [...looks, last]) {
    swarm.pass(found.gapMinutes * minuteMs);
    if (found.isLedgerLost) swarm.store.stored = { ledger: emptyLedger, history: [], warnings: [] };
    const desired = desiredOf(found.build);
    if (found.fault === undefined) await run(swarm, desired, retry);
    else await killed(swarm, desired, { at: found.at, fault: found.fault, ...retry });
    if (found.fault === undefined) {
      const { plan } = await planned(swarm, desired, retry);
      expect(plan.steps.map(({ id }) => id)).toEqual([]);
      settled.push(swarm.clock.monotonicMs());
    }
    // A task begins to run a moment after the update that asks for it.
    swarm.pass(200);
    if (found.isRecording) await record(swarm, desired);
  }
  swarm.pass(1_000);
  await record(swarm, desiredOf(last.build));
  const starts = swarm.state.runs.map(({ madeMs, begunMs }, index) => ({
    ...{ id: String(index), startMs: madeMs, endMs: begunMs + runMs },
  }));
  return { swarm, starts, armedMs, settled, nowMs: swarm.clock.monotonicMs() };
}

async function record(swarm: SimulatedSwarm, desired: ReturnType<typeof clusterState>): Promise<void> {
  const deps = { backend: swarm, store: swarm.store, newTxn: () => "ffffffff", waiting: () => {} };
  try {
    await recordJobs(desired, deps, new AbortController().signal);
  } catch (error) {
    if (!(error instanceof KilledError)) throw error;
  }
}

test("144: each time must be served at most once and none be lost, with a fault or a kill at any call", {
  timeout,
}, async () => {
  await fc.assert(
    fc.asyncProperty(
      ...([times, runMinutes, fc.array(look(false), { minLength: 1, maxLength: 10 })] as const),
      async (declared, minutes, looks) => {
        const history = await runHistory(declared, minutes, looks);
        const elapses = elapsesOf(declared, history.nowMs);
        expectEachOnce(history.starts, elapses, declared.overlap);
        expectNoneLost(history, elapses, declared.overlap);
        const ended = history.starts.filter(({ endMs }) => endMs <= history.nowMs);
        const { history: runs } = history.swarm.store.stored;
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
      ...([times, runMinutes, fc.array(look(true), { minLength: 1, maxLength: 10 })] as const),
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
