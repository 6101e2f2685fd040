import { describe, expect, test } from "vitest";
import type { DesiredState } from "../../../src/model/desired-state.ts";
import type { Plan } from "../../../src/model/plan.ts";
import { desiredState, job, network, onNetworks, port, replicas, workload } from "../../support/builders.ts";
import { type Fault, KilledError, type SimulatedEngine } from "../../support/simulated-engine.ts";
import { apply, engineRunning, plan, provideImages } from "../../support/simulation.ts";

/**
 * Every fault at every call of every kind of rollout, and then one run without faults: exhaustive, where the property
 * tests sample.
 */

interface Scenario {
  readonly name: string;
  readonly before: DesiredState;
  readonly after: DesiredState;
}

const check = {
  kind: "command",
  test: ["CMD", "ok"],
  intervalMs: 1_000,
  timeoutMs: 1_000,
  retries: 3,
} as const;
const build = (version: number) => ({ image: `myrepo/web:${version}-develop`, healthcheck: check });
const portOf = (text: string) => ({ ports: [port(text)], healthcheck: check });
const inside = { network: { kind: "workload", workload: "web" } } as const;

const scenarios: readonly Scenario[] = [
  {
    name: "create",
    before: desiredState([workload("other")]),
    after: desiredState([workload("other"), workload("web", build(1))]),
  },
  {
    name: "start-first replace",
    before: desiredState([workload("web", build(1))]),
    after: desiredState([workload("web", build(2))]),
  },
  {
    name: "stop-first replace",
    before: desiredState([workload("web", { ...build(1), ports: [port("80:80")] })]),
    after: desiredState([workload("web", { ...build(2), ports: [port("80:80")] })]),
  },
  {
    name: "remove",
    before: desiredState([workload("other"), workload("web")]),
    after: desiredState([workload("other")]),
  },
  { name: "job", before: desiredState([job("web", build(1))]), after: desiredState([job("web", build(2))]) },
  {
    name: "in place",
    before: desiredState([workload("web", { memory: 2 ** 29, network: onNetworks("front", "old") })], {
      networks: ["front", "old"].map((name) => network(name)),
    }),
    after: desiredState(
      [
        workload("web", {
          memory: 2 ** 30,
          network: onNetworks({ network: "front", aliases: ["www"] }, "new"),
        }),
      ],
      {
        networks: ["front", "new"].map((name) => network(name)),
      },
    ),
  },
  {
    name: "renamed workload with a fixed port",
    before: desiredState([workload("web", portOf("80:80"))]),
    after: desiredState([workload("site", portOf("80:80"))]),
  },
  {
    name: "swapped ports",
    before: desiredState([workload("a", portOf("80:80")), workload("b", portOf("81:80"))]),
    after: desiredState([workload("a", portOf("81:80")), workload("b", portOf("80:80"))]),
  },
  {
    name: "moved port",
    before: desiredState([workload("a", portOf("80:80")), workload("b")]),
    after: desiredState([workload("a"), workload("b", portOf("80:80"))]),
  },
  {
    name: "swapped names",
    before: desiredState([
      workload("a", {}, { containerNames: ["red"] }),
      workload("b", {}, { containerNames: ["blue"] }),
    ]),
    after: desiredState([
      workload("a", {}, { containerNames: ["blue"] }),
      workload("b", {}, { containerNames: ["red"] }),
    ]),
  },
  {
    name: "a shared network",
    before: desiredState([workload("web", build(1)), workload("side", inside)]),
    after: desiredState([workload("web", build(2)), workload("side", inside)]),
  },
  {
    name: "replicas in batches, fewer of them",
    before: desiredState([workload("web", build(1), { containerNames: replicas(3, "web") })]),
    after: desiredState([
      workload("web", build(2), { containerNames: replicas(2, "web"), update: { delayMs: 1_000 } }),
    ]),
  },
];

const faults: readonly Fault[] = ["before", "after", "doubled", "killed-before", "killed-after"];

function provideBuilds(engine: SimulatedEngine, { before, after }: Scenario): void {
  for (const desired of [before, after]) provideImages(engine, desired);
}

async function start(scenario: Scenario): Promise<SimulatedEngine> {
  return await engineRunning(scenario.before, (engine) => provideBuilds(engine, scenario));
}

/** Services that must be served at every moment: there before and after, and not announced as stop-first. */
function alwaysServed(scenario: Scenario, made: Plan): readonly string[] {
  const announced = new Set(
    made.changes.flatMap(({ key, rollout }) =>
      rollout?.order === "stop-first" ? [key.replace(/#\d+$/, "")] : [],
    ),
  );
  const wanted = new Set(scenario.after.workloads.map(({ key }) => key));
  return scenario.before.workloads.flatMap(({ key, kind }) =>
    kind === "service" && wanted.has(key) && !announced.has(key) ? [key] : [],
  );
}

function unserved(engine: SimulatedEngine, keys: readonly string[]): readonly string[] {
  const all = [...engine.containers.values()];
  return keys.filter(
    (key) => !all.some(({ labels, isServing }) => isServing && labels["mysysconfig.workload"] === key),
  );
}

async function countCalls(scenario: Scenario): Promise<number> {
  const engine = await start(scenario);
  return (await apply(engine, scenario.after)).calls;
}

async function recover(scenario: Scenario, at: number, fault: Fault): Promise<readonly string[]> {
  const engine = await start(scenario);
  const problems: string[] = [];
  const made = await plan(engine, scenario.after);
  const served = alwaysServed(scenario, made);
  engine.watch = ({ step }) => {
    for (const key of unserved(engine, served)) problems.push(`${key} is not served after ${step}`);
  };
  engine.faults = (index) => (index === at ? fault : undefined);
  await apply(engine, scenario.after).catch((error: unknown) => {
    if (!(error instanceof KilledError)) throw error;
  });
  engine.revive();
  const recovery = await apply(engine, scenario.after, { txn: "22222222" });
  for (const { key, outcome, summary } of recovery.report.changes)
    if (outcome !== "done" && outcome !== "unchanged") problems.push(`recovery of ${key}: ${summary}`);
  const second = await apply(engine, scenario.after, { txn: "33333333" });
  if (second.calls > 0) problems.push(`${second.calls} calls are left after recovery`);
  const names = [...engine.containers.values()].map(({ name }) => name).sort();
  const expected = scenario.after.workloads.flatMap(({ containerNames }) => containerNames).sort();
  if (names.join() !== expected.join()) problems.push(`containers: ${names}`);
  return problems;
}

describe.each(scenarios)("$name", (scenario) => {
  test.for(faults)(
    "6-10, 16, 42-44: must converge by itself after the fault '%s' at any call",
    async (fault) => {
      const calls = await countCalls(scenario);
      expect(calls).toBeGreaterThan(0);
      const found: string[] = [];
      for (let at = 0; at < calls; at++)
        for (const problem of await recover(scenario, at, fault)) found.push(`call ${at}: ${problem}`);
      expect(found).toEqual([]);
    },
  );
});

test("must try every call of every rollout", async () => {
  const counts = await Promise.all(
    scenarios.map(async (scenario) => [scenario.name, await countCalls(scenario)] as const),
  );
  expect(Object.fromEntries(counts)).toMatchInlineSnapshot(`
    {
      "a shared network": 13,
      "create": 2,
      "in place": 6,
      "job": 5,
      "moved port": 14,
      "remove": 2,
      "renamed workload with a fixed port": 6,
      "replicas in batches, fewer of them": 16,
      "start-first replace": 7,
      "stop-first replace": 6,
      "swapped names": 6,
      "swapped ports": 12,
    }
  `);
});
