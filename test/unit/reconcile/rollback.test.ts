import { describe, expect, test } from "vitest";
import type { ReconcilerError } from "../../../src/model/errors.ts";
import { fingerprint } from "../../../src/model/fingerprint.ts";
import { addHold, type Hold } from "../../../src/model/ledger.ts";
import { addRollbackHold } from "../../../src/reconcile/earlier-workload.ts";
import { desiredState, onNetworks, port, workload } from "../../support/builders.ts";
import type { Behaviour } from "../../support/simulated-container.ts";
import { type Fault, SimulatedEngine } from "../../support/simulated-engine.ts";
import { apply, plan, provideImages, type Run } from "../../support/simulation.ts";

const hour = 60 * 60_000;
const day = { retentionMs: 24 * hour };
const fixedPort = { ports: [port("3000:3000")] };

const network = onNetworks({ network: "front", aliases: ["site"] });
const web = (build: number, fields = {}) =>
  workload("web", { image: `myrepo/web:${build}-develop`, network, ...fields });
const stateOf = (build: number, fields = {}) => desiredState([web(build, fields), workload("other")], day);

async function running(builds: readonly number[], fields = {}): Promise<SimulatedEngine> {
  const engine = new SimulatedEngine();
  for (const build of builds) {
    provideImages(engine, stateOf(build, fields));
    await apply(engine, stateOf(build, fields), { txn: String(build).padStart(8, "0") });
  }
  return engine;
}

/** What the command does: back to the previous one, and a hold on it. */
async function rollBack(engine: SimulatedEngine, build: number, fields = {}): Promise<Run> {
  const desired = stateOf(build, fields);
  const wish = { workload: web(build, fields), by: "tester", reason: "rolled back" };
  const { kind, container } = wish.workload;
  return await apply(engine, desired, {
    txn: "aaaaaaaa",
    request: { kind: "rollback", workloads: new Set(["web"]) },
    command: {
      command: "rollback",
      intent: true,
      amend: (ledger, run) =>
        addRollbackHold(ledger, run, { ...wish, rejectedSpec: fingerprint(kind, container, []) }),
    },
  });
}

function namesOf(engine: SimulatedEngine): string[] {
  return [...engine.containers.values()]
    .map(({ name, sent, isUp }) => `${name} ${sent.image.split(":")[1]} ${isUp ? "up" : "down"}`)
    .sort();
}

describe.each([
  ["start-first", {}],
  ["stop-first", fixedPort],
])("a rollback, %s", (order, fields) => {
  test("must bring the previous container back and keep the other one", async () => {
    const engine = await running([58, 59], fields);
    const run = await rollBack(engine, 59, fields);
    expect(run.report.converged).toBe(true);
    expect(run.plan.changes.find(({ key }) => key === "web")).toMatchObject({
      kind: "replace",
      rollout: { order },
      fields: [{ field: "image", before: "myrepo/web:59-develop", after: "myrepo/web:58-develop" }],
    });
    expect(run.plan.steps.some(({ kind }) => kind === "create-container")).toBe(false);
    expect(namesOf(engine)).toEqual([
      "other 1-develop up",
      "web 58-develop up",
      "web.prev-aaaaaaaa 59-develop down",
    ]);
    expect(engine.byName("web")?.restart).toEqual(web(58).container.restart);
  });

  test("must be respected by the next runs, without a call and with exit code 0", async () => {
    const engine = await running([58, 59], fields);
    await rollBack(engine, 59, fields);
    const next = await apply(engine, stateOf(59, fields));
    expect([next.calls, next.report.exitCode]).toEqual([0, 0]);
    expect(next.report.changes.find(({ key }) => key === "web")).toMatchObject({
      outcome: "held",
      summary: expect.stringMatching(/^held by tester since .* until .*: rolled back$/),
    });
  });

  test("must end when the configuration asks for another build", async () => {
    const engine = await running([58, 59], fields);
    await rollBack(engine, 59, fields);
    provideImages(engine, stateOf(60, fields));
    const next = await apply(engine, stateOf(60, fields), { txn: "bbbbbbbb" });
    expect(next.report.converged).toBe(true);
    expect(engine.byName("web")?.sent.image).toBe("myrepo/web:60-develop");
    expect(engine.store.stored.ledger.holds).toEqual([]);
  });

  test("must leave the serving one in its place when the previous one is no good any more", async () => {
    const engine = await running([58, 59], fields);
    const crash: Behaviour = { kind: "exits", afterMs: 10, code: 1 };
    const previous = [...engine.containers.values()].find(({ name }) => name.includes(".prev-"));
    if (previous === undefined) throw new Error("nothing is retained");
    Object.assign(previous.image, { behaviour: crash });
    const run = await rollBack(engine, 59, fields);
    expect(run.report.exitCode).toBe(1);
    expect(namesOf(engine)).toEqual([
      "other 1-develop up",
      "web 59-develop up",
      "web.prev-00000059 58-develop down",
    ]);
    expect(engine.store.stored.ledger.holds).toEqual([]);
  });

  test.each<Fault>(["before", "after", "killed-before", "killed-after"])(
    "must leave a system that converges by itself, with the service up, after the fault '%s' at any call",
    async (fault) => {
      const calls = (await rollBack(await running([58, 59], fields), 59, fields)).calls;
      expect(calls).toBeGreaterThan(5);
      for (let at = 0; at < calls; at += 1) {
        const engine = await running([58, 59], fields);
        const begun = engine.calls.length;
        engine.faults = (index) => (index === begun + at ? fault : undefined);
        await rollBack(engine, 59, fields).catch((error: Error) => {
          if (!/killed/.test(error.message)) throw error;
        });
        engine.revive();
        const next = await apply(engine, stateOf(59, fields), { txn: "cccccccc" });
        expect([at, next.report.exitCode, next.report.verdict]).toEqual([at, 0, expect.any(String)]);
        expect([at, engine.byName("web")?.isServing]).toEqual([at, true]);
        expect([at, (await apply(engine, stateOf(59, fields))).calls]).toEqual([at, 0]);
        const isHeld = engine.store.stored.ledger.holds.length > 0;
        const build = engine.byName("web")?.sent.image;
        expect([at, engine.resolve("front", "site").length]).toEqual([at, 1]);
        expect([at, build]).toEqual([at, `myrepo/web:${isHeld ? 58 : 59}-develop`]);
      }
    },
  );
});

test.each<Fault>(["before", "after", "killed-before", "killed-after"])(
  "a rollback that is repeated after the fault '%s' at any call must never bring the rejected build back",
  async (fault) => {
    const calls = (await rollBack(await running([58, 59]), 59)).calls;
    for (let at = 0; at < calls; at += 1) {
      const engine = await running([58, 59]);
      const begun = engine.calls.length;
      engine.faults = (index) => (index === begun + at ? fault : undefined);
      await rollBack(engine, 59).catch(() => undefined);
      engine.revive();
      const again = await rollBack(engine, 59);
      expect([at, again.report.exitCode, engine.byName("web")?.sent.image]).toEqual([
        at,
        0,
        "myrepo/web:58-develop",
      ]);
      const next = await apply(engine, stateOf(59), { txn: "cccccccc" });
      expect([at, next.report.exitCode, engine.byName("web")?.sent.image]).toEqual([
        at,
        0,
        "myrepo/web:58-develop",
      ]);
    }
  },
);

test("a candidate that was killed between letting go of its network and taking it again must get it back", async () => {
  const engine = await running([58, 59]);
  engine.faults = (_index, { step }) => (step === "cut over web" ? "killed-before" : undefined);
  await rollBack(engine, 59).catch(() => undefined);
  expect(engine.calls.at(-1)?.step).toBe("cut over web");
  engine.revive();
  [...engine.containers.values()].find(({ name }) => name.includes(".next-"))?.endpoints.clear();
  expect((await apply(engine, stateOf(59), { txn: "cccccccc" })).report.exitCode).toBe(0);
  expect(engine.byName("web")?.sent.image).toBe("myrepo/web:58-develop");
  expect(engine.resolve("front", "site").map(({ name }) => name)).toEqual(["web"]);
});

test("a rollback without a previous container must say so", async () => {
  const engine = await running([58]);
  await expect(rollBack(engine, 58)).rejects.toMatchObject({
    code: "no-way-back",
  } satisfies Partial<ReconcilerError>);
});

describe("a hold", () => {
  const hold = (fields: Partial<Hold>): Hold => ({
    by: "tester",
    reason: "looking at it",
    since: "2026-10-19T10:00:00.000Z",
    ...fields,
  });
  const held = (engine: SimulatedEngine, fields: Partial<Hold>) => {
    const { stored } = engine.store;
    engine.store.stored = { ...stored, ledger: addHold(stored.ledger, hold(fields)) };
  };

  test("92: must keep a workload as it is, whatever is wrong with it", async () => {
    const engine = await running([58]);
    held(engine, { workload: "web" });
    engine.byName("web")?.end(0);
    provideImages(engine, stateOf(59));
    const run = await apply(engine, stateOf(59));
    expect([run.calls, run.report.exitCode]).toEqual([0, 0]);
    expect(run.report.verdict).toBe("Nothing to do: 1 as desired, 1 held.");
  });

  test("must leave the others to the configuration", async () => {
    const engine = await running([58]);
    held(engine, { workload: "web" });
    const desired = desiredState([web(59), workload("other", { user: "7" })], day);
    provideImages(engine, desired);
    const run = await apply(engine, desired, { txn: "dddddddd" });
    expect(run.report.changes.map(({ key, outcome }) => `${key} ${outcome}`)).toEqual([
      "other done",
      "web held",
    ]);
  });

  test("must end with its time", async () => {
    const engine = await running([58]);
    const until = new Date(engine.clock.now().getTime() + hour).toISOString();
    held(engine, { workload: "web", until });
    provideImages(engine, stateOf(59));
    expect((await plan(engine, stateOf(59))).steps).toEqual([]);
    engine.clock.advance(hour);
    expect((await apply(engine, stateOf(59), { txn: "eeeeeeee" })).report.converged).toBe(true);
    expect(engine.store.stored.ledger.holds).toEqual([]);
  });

  test("of everything must hold every workload", async () => {
    const engine = await running([58]);
    held(engine, {});
    const desired = desiredState([web(59), workload("other", { user: "7" }), workload("third")], day);
    const run = await apply(engine, desired);
    expect([run.calls, run.report.exitCode]).toEqual([0, 0]);
  });

  test("must keep a workload that the configuration no longer names", async () => {
    const engine = await running([58]);
    held(engine, { workload: "web" });
    const run = await apply(engine, desiredState([workload("other")], day));
    expect([run.calls, run.report.exitCode]).toEqual([0, 0]);
    expect(engine.byName("web")?.isUp).toBe(true);
  });
});
