import { describe, expect, test } from "vitest";
import { desiredState, port, workload } from "../../support/builders.ts";
import { checked, next } from "../../support/rollouts.ts";
import type { SimulatedImage } from "../../support/simulated-container.ts";
import { type Fault, KilledError, type SimulatedEngine } from "../../support/simulated-engine.ts";
import { apply, engineRunning } from "../../support/simulation.ts";

/** A bad build whose rollout meets a fault as well: at every call, the ones that take it back included. */

const faults: readonly Fault[] = ["before", "after", "doubled", "killed-before", "killed-after"];
const orders = { "start-first": checked, "stop-first": { ...checked, ports: [port("80:80")] } } as const;
const builds: Readonly<Record<string, Partial<SimulatedImage>>> = {
  "keeps exiting": { behaviour: { kind: "exits", afterMs: 150, code: 3 } },
  "never gets healthy": { behaviour: { kind: "never-healthy" } },
  "has no such command": { behaviour: { kind: "not-found" } },
};

const before = (order: keyof typeof orders) => desiredState([workload("web", orders[order])]);
const wanted = (order: keyof typeof orders) =>
  desiredState([workload("web", { ...orders[order], image: next })]);

async function start(order: keyof typeof orders, build: string): Promise<SimulatedEngine> {
  return await engineRunning(before(order), (engine) => engine.addImage(next, builds[build] ?? {}));
}

/** What is wrong when the run after the fault has ended, and the one after that. */
async function recover(
  order: keyof typeof orders,
  build: string,
  at: number,
  fault: Fault,
): Promise<string[]> {
  const engine = await start(order, build);
  engine.faults = (index) => (index === at ? fault : undefined);
  await apply(engine, wanted(order), { txn: "11111111" }).catch((error: unknown) => {
    if (!(error instanceof KilledError)) throw error;
  });
  engine.revive();
  const problems: string[] = [];
  if (!fault.startsWith("killed") && engine.byName("web")?.isServing !== true)
    problems.push("nothing serves after a run that ended by itself");
  const second = await apply(engine, wanted(order), { txn: "22222222" });
  if (second.report.converged) problems.push("the run after the fault said that all is well");
  const web = engine.byName("web");
  if (web?.sent.image === next || web?.isServing !== true) problems.push("the old one does not serve");
  if (web?.restart.name !== "always") problems.push(`its restart policy is ${web?.restart.name}`);
  const third = await apply(engine, wanted(order), { txn: "33333333" });
  if (third.calls > 0)
    problems.push(`${third.calls} calls are left: ${third.plan.steps.map(({ id }) => id)}`);
  const names = [...engine.containers.values()].map(({ name }) => name);
  if (names.join() !== "web") problems.push(`containers: ${names}`);
  return problems;
}

const matrix = Object.keys(orders).flatMap((order) =>
  Object.keys(builds).flatMap((build) => faults.map((fault) => [order, build, fault] as const)),
);

describe("a bad build and a fault", () => {
  test.for(matrix)(
    "must leave the old one serving: %s, %s, %s at any call",
    async ([order, build, fault]) => {
      const kind = order as keyof typeof orders;
      const { calls } = await apply(await start(kind, build), wanted(kind));
      expect(calls).toBeGreaterThan(3);
      const found: string[] = [];
      for (let at = 0; at < calls; at++)
        for (const problem of await recover(kind, build, at, fault)) found.push(`call ${at}: ${problem}`);
      expect(found).toEqual([]);
    },
  );
});
