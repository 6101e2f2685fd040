import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DesiredState } from "../../../src/model/desired-state.ts";
import type { Plan } from "../../../src/model/plan.ts";
import { formatPlan } from "../../../src/plan/format-plan.ts";
import { serviceNameOf } from "../../../src/swarm/service-name.ts";
import { workload } from "../../support/builders.ts";
import { clusterState, killed, provideTaskImages, run } from "../../support/clusters.ts";
import { clusterHistory } from "../../support/generated-clusters.ts";
import type { Fault } from "../../support/simulated-engine.ts";
import { SimulatedSwarm } from "../../support/simulated-swarm.ts";
import { plan, type Run } from "../../support/simulation.ts";

/** Histories for each property; `MYSYSCONFIG_HISTORIES=100000` for a long night. A failure prints its seed. */
const numRuns = Math.ceil(Number(process.env["MYSYSCONFIG_HISTORIES"] ?? 500) / 5);
const timeout = 1_000 * 60 * 60;

/** Two nodes, and services of others that must never be touched. */
async function strangers(): Promise<SimulatedSwarm> {
  const swarm = new SimulatedSwarm(2);
  await run(swarm, clusterState([workload("stranger"), workload("other")]));
  for (const [name, Labels] of [
    ["stranger", {}],
    ["other", { "mysysconfig.project": "other", "mysysconfig.environment": "develop" }],
  ] as const)
    swarm.change(name, (spec) => ({ ...spec, Labels }));
  const network = swarm.state.networks.get(swarm.manager.networkByName("front")?.id ?? "");
  if (network !== undefined) swarm.state.networks.set(network.id, { ...network, labels: {} });
  swarm.pass(20_000);
  return swarm;
}

const everyone = ["api", "db", "edge", "shop/cart", "web"];
const options = { recreate: everyone, retry: everyone };

/** A person has to take the two in two steps. */
function isInsoluble(made: Plan): boolean {
  return made.changes.some(({ cause }) => cause.includes("exchange ports at once"));
}

async function expectConverged(swarm: SimulatedSwarm, desired: DesiredState): Promise<void> {
  const second = await plan(swarm, desired, options);
  expect(
    second.steps.map(({ id }) => id),
    formatPlan(second),
  ).toEqual([]);
  const again = await run(swarm, desired, options);
  expect([again.calls, again.report.verdict]).toEqual([0, expect.stringMatching(/^Nothing to do/)]);
}

function fingerprints(swarm: SimulatedSwarm, names: readonly string[]): unknown {
  return names.map((name) => {
    const { id, version, previousSpec } = swarm.service(name);
    return { id, version, previousSpec, tasks: swarm.serving(name).map((task) => task.id) };
  });
}

/** Names of services that the plan leaves as they are. */
function unchanged(made: Plan, desired: DesiredState): readonly string[] {
  const keys = new Set(made.changes.filter(({ kind }) => kind === "unchanged").map(({ key }) => key));
  return desired.workloads.filter(({ key }) => keys.has(key)).map(serviceNameOf);
}

/** Watches that whoever serves goes on serving, unless the plan says otherwise; returns what went wrong. */
function watchServing(swarm: SimulatedSwarm, made: Plan, desired: DesiredState): string[] {
  const broken: string[] = [];
  const excused = new Set(
    made.changes.filter(({ rollout }) => rollout?.order === "stop-first").map(({ key }) => key),
  );
  const must = desired.workloads
    .filter((one) => one.kind === "service" && one.containerNames.length > 0 && !excused.has(one.key))
    .map(serviceNameOf)
    .filter((name) => swarm.serving(name).length > 0);
  swarm.state.agenda.afterEach = () => {
    for (const name of [...must, "stranger", "other"])
      if (swarm.serving(name).length === 0) broken.push(`${name} is not served`);
  };
  return broken;
}

function expectDone({ report }: Run): void {
  const bad = report.changes.filter(({ outcome }) => outcome !== "done" && outcome !== "unchanged");
  expect(bad.map(({ key, outcome, summary }) => `${key} ${outcome}: ${summary}`)).toEqual([]);
}

describe("for any history of configurations of a cluster", () => {
  test("a run converges, the second one makes no call, and only what changed is touched", {
    timeout,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(clusterHistory, async (states) => {
        const swarm = await strangers();
        const foreign = fingerprints(swarm, ["stranger", "other"]);
        for (const desired of states) {
          if (desired.workloads.length === 0) return;
          provideTaskImages(swarm, desired);
          const made = await plan(swarm, desired, options);
          if (isInsoluble(made)) return;
          const names = unchanged(made, desired);
          const before = fingerprints(swarm, names);
          const broken = watchServing(swarm, made, desired);
          expectDone(await run(swarm, desired, options));
          expect([...new Set(broken)]).toEqual([]);
          expect(fingerprints(swarm, names)).toEqual(before);
          expect(fingerprints(swarm, ["stranger", "other"])).toEqual(foreign);
          await expectConverged(swarm, desired);
        }
      }),
      { numRuns },
    );
  });

  test.for<Fault>(["killed-before", "killed-after", "before", "after", "doubled"])(
    "one run more converges after the fault '%s' at any call, and whoever serves goes on serving",
    { timeout },
    async (fault) => {
      await fc.assert(
        fc.asyncProperty(
          clusterHistory,
          fc.nat({ max: 8 }),
          fc.nat({ max: 20_000 }),
          async (states, at, laterMs) => {
            const swarm = await strangers();
            for (const desired of states) {
              if (desired.workloads.length === 0) return;
              provideTaskImages(swarm, desired);
              const made = await plan(swarm, desired, options);
              if (isInsoluble(made)) return;
              const broken = watchServing(swarm, made, desired);
              await killed(swarm, desired, { at, fault, ...options });
              swarm.pass(laterMs);
              expectDone(await run(swarm, desired, options));
              expect([...new Set(broken)]).toEqual([]);
              await expectConverged(swarm, desired);
            }
          },
        ),
        { numRuns: Math.ceil(numRuns / 2) },
      );
    },
  );
});
