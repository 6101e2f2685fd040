import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ActualState } from "../../../src/model/actual-state.ts";
import type { DesiredState } from "../../../src/model/desired-state.ts";
import { formatPlan } from "../../../src/plan/format-plan.ts";
import { desiredState, workload } from "../../support/builders.ts";
import { drift, history, makeDrift } from "../../support/generated-systems.ts";
import {
  addStrangers,
  isInsoluble,
  lostNamespaces,
  serving,
  unchangedContainers,
  watchInvariants,
} from "../../support/invariants.ts";
import { type Fault, SimulatedEngine } from "../../support/simulated-engine.ts";
import { apply, plan, provideImages } from "../../support/simulation.ts";

/** Histories for each property; `MYSYSCONFIG_HISTORIES=100000` for a long night. A failure prints its seed. */
const numRuns = Number(process.env["MYSYSCONFIG_HISTORIES"] ?? 500);
const parameters = { numRuns };
const timeout = 1_000 * 60 * 60;

async function expectConverged(engine: SimulatedEngine, desired: DesiredState): Promise<void> {
  const second = await plan(engine, desired, { txn: "dddddddd" });
  expect(
    second.steps.map((step) => step.id),
    formatPlan(second),
  ).toEqual([]);
  const again = await apply(engine, desired, { txn: "eeeeeeee" });
  expect(again.calls).toBe(0);
}

describe("for any history of configurations and drift", () => {
  test("a run converges, the second one makes no call, and only what changed is touched", {
    timeout,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(history, fc.array(drift, { maxLength: 2 }), async (states, drifts) => {
        const engine = new SimulatedEngine();
        const strangers = addStrangers(engine);
        for (const [index, desired] of states.entries()) {
          if (desired.workloads.length === 0) return;
          provideImages(engine, desired);
          // Drift once in a while is put right; drift again and again is a fight, which has tests of its own.
          engine.clock.advance(2 * 60 * 60_000);
          if (index > 0) for (const found of drifts) makeDrift(engine, found);
          const options = { txn: String(index).repeat(8) };
          const made = await plan(engine, desired, options);
          if (isInsoluble(made)) return;
          const untouched = unchangedContainers(engine, made, desired);
          const broken = watchInvariants(engine, made, desired);
          const run = await apply(engine, desired, options);
          engine.watch = () => {};
          expect(broken, formatPlan(run.plan)).toEqual([]);
          expect(
            run.report.changes.filter(({ outcome }) => !["done", "unchanged"].includes(outcome)),
            formatPlan(run.plan),
          ).toEqual([]);
          for (const [container, startedAtMs] of untouched)
            expect([engine.find(container.id) === container, container.startedAtMs]).toEqual([
              true,
              startedAtMs,
            ]);
          await expectConverged(engine, desired);
          for (const id of strangers) expect(engine.find(id)?.isServing).toBe(true);
        }
      }),
      parameters,
    );
  });

  test("a bad build is taken back and the old one serves; with good builds again the system converges", {
    timeout,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(history, fc.nat(), fc.nat({ max: 3 }), async (states, choice, how) => {
        const [first, second] = states;
        if (first === undefined || second === undefined || first.workloads.length === 0) return;
        if (second.workloads.length === 0) return;
        const engine = new SimulatedEngine();
        provideImages(engine, first);
        await apply(engine, first, { txn: "00000000" });
        const victim = second.workloads[choice % second.workloads.length];
        // Nobody waits for what becomes of a job with a timer.
        if (victim === undefined || victim.timer !== undefined) return;
        const bad = {
          ...second,
          workloads: second.workloads.map((found) => (found === victim ? spoilt(victim) : found)),
        };
        provideImages(engine, second);
        engine.addImage("myrepo/bad:1-develop", { behaviour: badBehaviour(how) });
        const served = serving(engine);
        if (isInsoluble(await plan(engine, bad)) || isInsoluble(await plan(engine, second))) return;
        const run = await apply(engine, bad, { txn: "11111111" });
        expect(run.report.converged).toBe(false);
        const now = serving(engine);
        const lost = lostNamespaces(run.plan, second);
        for (const { key, kind } of second.workloads)
          if (kind === "service" && served.has(key) && !lost.has(key))
            expect(now.has(key), `${key}\n${formatPlan(run.plan)}`).toBe(true);
        const good = await apply(engine, second, { txn: "22222222" });
        expect(
          good.report.changes.filter(({ outcome }) => !["done", "unchanged"].includes(outcome)),
          formatPlan(good.plan),
        ).toEqual([]);
        await expectConverged(engine, second);
      }),
      parameters,
    );
  });

  test("any single fault at any step leaves every service served, and the next run converges", {
    timeout,
  }, async () => {
    const fault = fc.constantFrom<Fault>("before", "after", "doubled");
    await fc.assert(
      fc.asyncProperty(history, fc.nat({ max: 25 }), fault, async (states, at, kind) => {
        await expectRecovery(states, at, kind);
      }),
      parameters,
    );
  });

  test("killed at any step, the next run converges by itself", { timeout }, async () => {
    const fault = fc.constantFrom<Fault>("killed-before", "killed-after");
    await fc.assert(
      fc.asyncProperty(history, fc.nat({ max: 25 }), fault, async (states, at, kind) => {
        await expectRecovery(states, at, kind);
      }),
      parameters,
    );
  });

  test("a list that is out of date, and a change by hand between plan and execution, cost at most one run more", {
    timeout,
  }, async () => {
    const drifts = fc.array(drift, { maxLength: 2 });
    await fc.assert(
      fc.asyncProperty(history, drifts, fc.integer({ min: 1, max: 3 }), async (states, changes, at) => {
        const [first, second] = states;
        if (first === undefined || second === undefined) return;
        if (first.workloads.length === 0 || second.workloads.length === 0) return;
        const engine = new SimulatedEngine();
        const strangers = addStrangers(engine);
        provideImages(engine, first);
        await apply(engine, first, { txn: "00000000" });
        provideImages(engine, second);
        if (isInsoluble(await plan(engine, second))) return;
        const volumes = [...engine.volumes.keys()].filter((name) => !name.includes("-files-"));
        showOutdated(engine, at, () => {
          for (const change of changes) makeDrift(engine, change);
        });
        await apply(engine, second, { txn: "11111111" });
        engine.show = (fresh) => fresh;
        for (const id of strangers) expect(engine.find(id)?.isServing).toBe(true);
        for (const name of volumes) expect(engine.volumes.has(name), name).toBe(true);
        const recoveryPlan = await plan(engine, second, { txn: "22222222" });
        if (isInsoluble(recoveryPlan)) return;
        const recovery = await apply(engine, second, { txn: "22222222" });
        expect(
          recovery.report.changes.filter(({ outcome }) => !["done", "unchanged"].includes(outcome)),
          formatPlan(recoveryPlan),
        ).toEqual([]);
        await expectConverged(engine, second);
      }),
      parameters,
    );
  });

  test("planning twice gives the same text", { timeout }, async () => {
    await fc.assert(
      fc.asyncProperty(history, async (states) => {
        const engine = new SimulatedEngine();
        for (const desired of states) {
          provideImages(engine, desired);
          const one = formatPlan(await plan(engine, desired, { txn: "aaaaaaaa" }));
          const two = formatPlan(await plan(engine, desired, { txn: "bbbbbbbb" }));
          expect(two).toBe(one);
          await apply(engine, desired);
        }
      }),
      { ...parameters, numRuns: Math.min(numRuns, 100) },
    );
  });
});

/** The look with this number (from 0) shows what the one before it showed; people change things after the first. */
function showOutdated(engine: SimulatedEngine, at: number, changeByHand: () => void): void {
  const looks: ActualState[] = [];
  engine.show = (fresh) => {
    const shown = looks.length === at ? (looks.at(-1) ?? fresh) : fresh;
    looks.push(fresh);
    if (looks.length === 1) changeByHand();
    return shown;
  };
}

async function expectRecovery(states: readonly DesiredState[], at: number, kind: Fault): Promise<void> {
  const [first, second] = states;
  if (first === undefined || second === undefined) return;
  if (first.workloads.length === 0 || second.workloads.length === 0) return;
  const engine = new SimulatedEngine();
  const strangers = addStrangers(engine);
  provideImages(engine, first);
  await apply(engine, first, { txn: "00000000" });
  provideImages(engine, second);
  const served = serving(engine);
  const begun = engine.calls.length;
  engine.faults = (index) => (index === begun + at ? kind : undefined);
  const made = await plan(engine, second, { txn: "11111111" });
  if (isInsoluble(made)) return;
  const broken = watchInvariants(engine, made, second);
  const isKilled = kind.startsWith("killed");
  let text = formatPlan(made);
  try {
    await apply(engine, second, { txn: "11111111" });
  } catch (error) {
    if (!isKilled) throw error;
  }
  expect(broken, text).toEqual([]);
  engine.revive();
  const now = serving(engine);
  const lost = lostNamespaces(made, second);
  for (const wanted of isKilled ? [] : second.workloads)
    if (wanted.kind === "service" && served.has(wanted.key) && !lost.has(wanted.key))
      expect(
        now.has(wanted.key),
        `${wanted.key}\n${text}\n${engine.calls
          .slice(begun)
          .map((call) => call.step)
          .join("\n")}`,
      ).toBe(true);
  const recoveryPlan = await plan(engine, second, { txn: "22222222" });
  text = `${text}\n\n${formatPlan(recoveryPlan)}`;
  const brokenLater = watchInvariants(engine, recoveryPlan, second);
  const recovery = await apply(engine, second, { txn: "22222222" });
  expect(brokenLater, text).toEqual([]);
  engine.watch = () => {};
  expect(
    recovery.report.changes.filter(({ outcome }) => !["done", "unchanged"].includes(outcome)),
    text,
  ).toEqual([]);
  await expectConverged(engine, second);
  for (const id of strangers) expect(engine.find(id)?.isServing).toBe(true);
}

function spoilt(victim: DesiredState["workloads"][number]): DesiredState["workloads"][number] {
  const healthcheck = {
    kind: "command",
    test: ["CMD", "ok"],
    intervalMs: 500,
    timeoutMs: 500,
    retries: 2,
  } as const;
  return { ...victim, container: { ...victim.container, image: "myrepo/bad:1-develop", healthcheck } };
}

function badBehaviour(how: number) {
  const all = [
    { kind: "exits", afterMs: 300, code: 1 },
    { kind: "never-healthy" },
    { kind: "sickens", afterMs: 1_500 },
    { kind: "not-found" },
  ] as const;
  return all[how] ?? all[0];
}

test("an Engine with nothing on it needs one run", async () => {
  const engine = new SimulatedEngine();
  const desired = desiredState([workload("web")]);
  provideImages(engine, desired);
  expect((await apply(engine, desired)).report.verdict).toBe("Converged: 2 changed, 0 unchanged.");
  await expectConverged(engine, desired);
});
