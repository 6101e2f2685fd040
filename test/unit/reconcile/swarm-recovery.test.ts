import { describe, expect, test } from "vitest";
import type { DesiredState } from "../../../src/model/desired-state.ts";
import { serviceNameOf } from "../../../src/swarm/service-name.ts";
import { fileSet, job, network, onNetworks, port, workload } from "../../support/builders.ts";
import {
  bad,
  clusterState,
  killed,
  quickCheck,
  replicated,
  run,
  swarmRunning,
} from "../../support/clusters.ts";
import type { Fault } from "../../support/simulated-engine.ts";
import type { SimulatedSwarm } from "../../support/simulated-swarm.ts";
import { plan } from "../../support/simulation.ts";

/** What is deployed, and what is to be. */
interface Scenario {
  readonly name: string;
  readonly before: DesiredState;
  readonly after: DesiredState;
  readonly recreate?: readonly string[];
}

const api = workload("api");
const checked = { healthcheck: quickCheck };
const web = (build: number, fields = {}, options = {}) =>
  workload("web", { image: `myrepo/web:${build}`, ...checked, ...fields }, options);
const files = (text: string) => {
  const set = fileSet({ "app.conf": text });
  const mounts = [{ kind: "files" as const, fileSet: set.name, path: "app.conf", target: "/etc/app.conf" }];
  return clusterState([api, web(1, { mounts })], { fileSets: [set] });
};
const on = (name: string) =>
  clusterState(
    ["api", "web"].map((key) => workload(key, { network: onNetworks(name) })),
    { networks: [network(name)] },
  );
const publishes = (text: string) => ({ ports: [port(text)] });

const scenarios: readonly Scenario[] = [
  { name: "create", before: clusterState([api]), after: clusterState([api, web(1)]) },
  { name: "update", before: clusterState([api, web(1)]), after: clusterState([api, web(2)]) },
  {
    name: "replicas in batches, and fewer of them",
    before: clusterState([
      replicated("web", 4, checked, { update: { parallelism: 2 } }),
      replicated("api", 3),
    ]),
    after: clusterState([
      replicated("web", 4, { ...checked, image: "myrepo/web:2" }, { update: { parallelism: 2 } }),
      replicated("api", 1),
    ]),
  },
  { name: "remove", before: clusterState([api, web(1)]), after: clusterState([api]) },
  { name: "files of the repository", before: files("one"), after: files("two") },
  { name: "another network", before: on("front"), after: on("back") },
  {
    name: "moved port",
    before: clusterState([workload("api", publishes("80:80")), web(1)]),
    after: clusterState([workload("api", publishes("81:80")), web(1, publishes("80:80"))]),
  },
  {
    name: "port of an orphan",
    before: clusterState([workload("old", publishes("80:80")), api]),
    after: clusterState([web(1, publishes("80:80")), api]),
  },
  {
    name: "another mode",
    before: clusterState([api, web(1)]),
    after: clusterState([api, web(1, {}, { cluster: { mode: "global" } })]),
    recreate: ["web"],
  },
  {
    name: "renamed workload",
    before: clusterState([api, web(1)]),
    after: clusterState([
      api,
      workload("site", { image: "myrepo/web:1", ...checked }, { containerNames: ["web"] }),
    ]),
  },
  {
    name: "job before its dependent",
    before: clusterState([web(1), job("migrate", { image: "myrepo/migrate:1" })]),
    after: clusterState([
      web(2, {}, { dependsOn: [{ workload: "migrate", condition: "completed" }] }),
      job("migrate", { image: "myrepo/migrate:2" }),
    ]),
  },
];
const faults = ["killed-before", "killed-after", "before", "after", "doubled"] as const satisfies Fault[];

async function countCalls({ before, after, recreate = [] }: Scenario): Promise<number> {
  const swarm = await swarmRunning(before, { nodes: 2 });
  return (await run(swarm, after, { recreate })).calls;
}

/** Services that are there before and after, and need not go down. */
async function alwaysServed(
  swarm: SimulatedSwarm,
  { after, recreate = [] }: Scenario,
): Promise<readonly string[]> {
  const made = await plan(swarm, after, { recreate });
  const down = new Set(
    made.changes.flatMap(({ key, rollout }) => (rollout?.order === "stop-first" ? [key] : [])),
  );
  return after.workloads
    .filter(({ kind, key }) => kind === "service" && !down.has(key))
    .map(serviceNameOf)
    .filter((name) => swarm.serving(name).length > 0);
}

/** What is wrong after a fault at this call and one run more. */
async function recover(scenario: Scenario, at: number, fault: Fault): Promise<readonly string[]> {
  const { before, after, recreate = [] } = scenario;
  const swarm = await swarmRunning(before, { nodes: 2 });
  const served = await alwaysServed(swarm, scenario);
  const problems = new Set<string>();
  swarm.state.agenda.afterEach = () => {
    for (const name of served) if (swarm.serving(name).length === 0) problems.add(`${name} is not served`);
  };
  await killed(swarm, after, { at, fault, recreate });
  const recovery = await run(swarm, after, { recreate });
  for (const { key, outcome, summary } of recovery.report.changes)
    if (outcome !== "done" && outcome !== "unchanged") problems.add(`recovery of ${key}: ${summary}`);
  const second = await run(swarm, after);
  if (second.calls > 0) problems.add(`${second.calls} calls are left after recovery`);
  const runs = swarm.state.runs.map(({ image }) => image);
  if (new Set(runs).size !== runs.length) problems.add(`jobs ran more than once: ${runs.join(", ")}`);
  return [...problems];
}

describe.each(scenarios)("$name", (scenario) => {
  test.for(faults)("must converge by itself after the fault '%s' at any call", async (fault) => {
    const calls = await countCalls(scenario);
    expect(calls).toBeGreaterThan(0);
    const found: string[] = [];
    for (let at = 0; at < calls; at++)
      for (const problem of await recover(scenario, at, fault)) found.push(`call ${at}: ${problem}`);
    expect(found).toEqual([]);
  });
});

test("must try every call of every rollout", async () => {
  const counts: Record<string, number> = {};
  for (const scenario of scenarios) counts[scenario.name] = await countCalls(scenario);
  expect(counts).toMatchInlineSnapshot(`
    {
      "another mode": 2,
      "another network": 4,
      "create": 1,
      "files of the repository": 2,
      "job before its dependent": 2,
      "moved port": 2,
      "port of an orphan": 2,
      "remove": 1,
      "renamed workload": 1,
      "replicas in batches, and fewer of them": 2,
      "update": 1,
    }
  `);
});

describe("a bad build", () => {
  test.for(["neverHealthy", "endsWell", "exits", "sickens"] as const)(
    "case 114: that is %s must not be pushed again, wherever the run was killed that tried it",
    async (kind) => {
      for (const fault of ["killed-before", "killed-after", "after"] as const)
        for (const at of [0, 1]) {
          const swarm = await swarmRunning(clusterState([api, web(1)]));
          swarm.addImage("myrepo/web:2", bad[kind]);
          await killed(swarm, clusterState([api, web(2)]), { at, fault });
          await run(swarm, clusterState([api, web(2)]));
          swarm.updates.length = 0;
          const made = await run(swarm, clusterState([api, web(2)]));
          expect([made.calls, swarm.updates, made.report.exitCode]).toEqual([0, [], 1]);
          expect(swarm.service("web").record.image).toBe("myrepo/web:1");
          swarm.pass(10_000);
          expect(swarm.serving("web")).toHaveLength(1);
        }
    },
  );
});
