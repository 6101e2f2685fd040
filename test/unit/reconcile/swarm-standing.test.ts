import { describe, expect, test } from "vitest";
import { workloadFingerprint } from "../../../src/model/fingerprint.ts";
import { addHold, type Hold, releaseHolds } from "../../../src/model/ledger.ts";
import { addRollbackHold, earlierWorkload } from "../../../src/reconcile/earlier-workload.ts";
import type { PlanInput } from "../../../src/reconcile/reconcile.ts";
import { workload } from "../../support/builders.ts";
import { bad, clusterState, outcomeOf, quickCheck, run, swarmRunning } from "../../support/clusters.ts";
import type { SimulatedSwarm } from "../../support/simulated-swarm.ts";

const web = (build: number) =>
  workload("web", { image: `myrepo/web:${build}-develop`, healthcheck: quickCheck });
const stateOf = (build: number) => {
  const state = clusterState([web(build), workload("api")]);
  return { ...state, revision: { id: String(build).repeat(40) } };
};
const imageOf = (swarm: SimulatedSwarm) => swarm.service("web").record.image;
const since = "2026-10-19T10:00:00.000Z";

function hold(swarm: SimulatedSwarm, more: Partial<Hold> = {}): void {
  const { stored } = swarm.store;
  const ledger = addHold(stored.ledger, {
    workload: "web",
    by: "tester",
    reason: "maintenance",
    since,
    ...more,
  });
  swarm.store.stored = { ...stored, ledger };
}

function release(swarm: SimulatedSwarm): void {
  const { stored } = swarm.store;
  swarm.store.stored = { ...stored, ledger: releaseHolds(stored.ledger, undefined) };
}

describe("a service that a person holds", () => {
  test("must not be touched, whatever changes, until it is released", async () => {
    const swarm = await swarmRunning(stateOf(1));
    hold(swarm);
    const made = await run(swarm, stateOf(2));
    expect([made.calls, outcomeOf(made), made.report.exitCode]).toEqual([
      0,
      "held: held by tester since 2026-10-19 10:00 UTC until it is released: maintenance",
      0,
    ]);
    swarm.manager.removeService(swarm.service("web").id);
    expect((await run(swarm, stateOf(2))).calls).toBe(0);
    release(swarm);
    expect(outcomeOf(await run(swarm, stateOf(2)))).toMatch(/^done/);
  });

  test("must stay when the configuration no longer names it", async () => {
    const swarm = await swarmRunning(stateOf(1));
    hold(swarm);
    const made = await run(swarm, clusterState([workload("api")]));
    expect([made.calls, outcomeOf(made), imageOf(swarm)]).toEqual([
      0,
      expect.stringMatching(/^held/),
      "myrepo/web:1-develop",
    ]);
  });
});

/** What `mysysconfig rollback web` does. */
async function rollBack(swarm: SimulatedSwarm, build: number) {
  const desired = stateOf(build);
  const input: PlanInput = {
    ...{ desired, adopt: new Set(), retry: new Set(), confirmed: true, rollback: false },
    ...{ secrets: new Map(), by: "tester" },
  };
  const deps = { backend: swarm, store: swarm.store, newTxn: () => "bbbbbbbb" };
  const earlier = await earlierWorkload("web", input, deps, new AbortController().signal);
  const wish = { workload: web(build), by: "tester", reason: "rolled back" };
  const rejectedSpec = workloadFingerprint(web(build), []);
  return await run(swarm, earlier.desired, {
    ...(earlier.request === undefined ? {} : { request: earlier.request }),
    command: {
      ...{ command: "rollback", intent: true },
      amend: (ledger, made) => addRollbackHold(ledger, made, { ...wish, rejectedSpec }),
    },
  });
}

describe("a rollback on request", () => {
  test("case 112: must bring the last good build back, and keep the rejected one out", async () => {
    const swarm = await swarmRunning(stateOf(1));
    await run(swarm, stateOf(2));
    const made = await rollBack(swarm, 2);
    expect([outcomeOf(made), imageOf(swarm)]).toEqual([
      expect.stringMatching(/^done/),
      "myrepo/web:1-develop",
    ]);
    const next = await run(swarm, stateOf(2));
    expect([next.calls, outcomeOf(next)]).toEqual([0, expect.stringMatching(/^held: .*rolled back/)]);
    expect(outcomeOf(await run(swarm, stateOf(3)))).toMatch(/^done/);
    expect(imageOf(swarm)).toBe("myrepo/web:3-develop");
  });

  test("case 112: must end a paused update without a moment without service", async () => {
    const pausing = (build: number) => {
      const state = stateOf(build);
      const cluster = { update: { failureAction: "pause" as const } };
      return { ...state, workloads: state.workloads.map((one) => ({ ...one, cluster })) };
    };
    const swarm = await swarmRunning(pausing(1));
    swarm.addImage("myrepo/web:2-develop", bad.neverHealthy);
    swarm.faults = (index) => (index === 0 ? "killed-after" : undefined);
    await run(swarm, pausing(2)).catch(() => {});
    swarm.revive();
    swarm.pass(20_000);
    expect(swarm.service("web").update?.state).toBe("paused");
    let lowest = 1;
    swarm.state.agenda.afterEach = () => {
      lowest = Math.min(lowest, swarm.serving("web").length);
    };
    const made = await rollBack(swarm, 2);
    expect([outcomeOf(made), lowest, imageOf(swarm)]).toEqual([
      expect.stringMatching(/^done/),
      1,
      "myrepo/web:1-develop",
    ]);
  });

  test("W3: must pass over a build that failed in the meantime", async () => {
    const swarm = await swarmRunning(stateOf(1));
    await run(swarm, stateOf(2));
    swarm.addImage("myrepo/web:3-develop", bad.neverHealthy);
    expect(outcomeOf(await run(swarm, stateOf(3)))).toMatch(/^rolled-back/);
    expect((await run(swarm, stateOf(2))).report.converged).toBe(true);
    const made = await rollBack(swarm, 2);
    expect([outcomeOf(made), imageOf(swarm)]).toEqual([
      expect.stringMatching(/^done/),
      "myrepo/web:1-develop",
    ]);
  });

  test("must say so when no earlier build is known", async () => {
    const swarm = await swarmRunning(stateOf(1));
    await expect(rollBack(swarm, 1)).rejects.toMatchObject({ code: "no-way-back" });
  });
});

describe("a service that is gone or unwell", () => {
  test("must be made anew when somebody removed it, and be called drift", async () => {
    const swarm = await swarmRunning(stateOf(1));
    swarm.manager.removeService(swarm.service("web").id);
    swarm.pass(1_000);
    const made = await run(swarm, stateOf(1));
    expect(made.plan.changes.find(({ key }) => key === "web")).toMatchObject({
      kind: "create",
      drift: "removed",
    });
    expect(outcomeOf(made)).toMatch(/^done/);
  });

  test("must be removed again when it never becomes well, and be tried again later only", async () => {
    const swarm = await swarmRunning(clusterState([workload("api")]));
    for (const image of [bad.exits, bad.neverHealthy, bad.endsWell]) {
      swarm.store.stored = { ...swarm.store.stored, ledger: { ...swarm.store.stored.ledger, failures: [] } };
      swarm.addImage("myrepo/web:1-develop", image);
      const made = await run(swarm, stateOf(1));
      expect(outcomeOf(made)).toMatch(/^failed: (?:failed in 3 tasks one after the other|never became good)/);
      expect(swarm.state.serviceByName("web")).toBeUndefined();
      const next = await run(swarm, stateOf(1));
      expect([next.calls, outcomeOf(next)]).toEqual([0, expect.stringContaining("set-aside")]);
    }
  });

  test("must be named when its image does not exist", async () => {
    const swarm = await swarmRunning(stateOf(1));
    swarm.state.images.set("myrepo/web:2-develop", { ...bad.neverHealthy, healthyAfterMs: 1, stopMs: 1 });
    swarm.state.images.delete("myrepo/web:2-develop");
    swarm.registry.set("myrepo/web:2-develop", `sha256:${"a".repeat(64)}`);
    const original = swarm.state.image.bind(swarm.state);
    swarm.state.image = (reference) => (reference.includes("web:2") ? undefined : original(reference));
    const made = await run(swarm, stateOf(2));
    expect(outcomeOf(made)).toMatch(/^rolled-back: .*No such image: myrepo\/web:2-develop@sha256/);
  });
});
