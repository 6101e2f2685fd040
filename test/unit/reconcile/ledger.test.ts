import { describe, expect, test } from "vitest";
import { desiredState, job, workload } from "../../support/builders.ts";
import type { Behaviour } from "../../support/simulated-container.ts";
import { SimulatedEngine } from "../../support/simulated-engine.ts";
import { apply, plan, provideImages, type Run } from "../../support/simulation.ts";

const minute = 60_000;
const crash: Behaviour = { kind: "exits", afterMs: 10, code: 1 };

const web = (build: number, fields = {}) =>
  workload("web", { image: `myrepo/web:${build}-develop`, ...fields });

/** Build 58 of web runs, 59 crashes at once, and a run has just tried it. */
async function afterFailure(others: readonly ReturnType<typeof workload>[] = []): Promise<SimulatedEngine> {
  const engine = new SimulatedEngine();
  const good = desiredState([web(58), ...others]);
  provideImages(engine, good);
  await apply(engine, good, { txn: "00000000" });
  engine.addImage("myrepo/web:59-develop", { behaviour: crash });
  const { report } = await apply(engine, desiredState([web(59), ...others]), { txn: "11111111" });
  expect(report.exitCode).toBe(1);
  return engine;
}

function outcomesOf({ report }: Run): string[] {
  return report.changes.map(({ key, outcome }) => `${key} ${outcome}`);
}

describe("a build that failed", () => {
  test("37: must not be tried again by the next run, which still says so", async () => {
    const engine = await afterFailure();
    const run = await apply(engine, desiredState([web(59)]));
    expect([run.calls, run.report.exitCode, outcomesOf(run)]).toEqual([0, 1, ["web set-aside"]]);
    expect(run.report.changes[0]?.summary).toMatch(
      /^this build failed at .*: keeps restarting, last exit code 1; it is tried again/,
    );
  });

  test("37: must be tried again when its time has come, and then wait longer", async () => {
    const engine = await afterFailure();
    const desired = desiredState([web(59)]);
    engine.clock.advance(9 * minute);
    expect((await apply(engine, desired)).calls).toBe(0);
    engine.clock.advance(2 * minute);
    expect(outcomesOf(await apply(engine, desired))).toEqual(["web rolled-back"]);
    expect(engine.store.stored.ledger.failures).toMatchObject([{ workload: "web", attempts: 2 }]);
    engine.clock.advance(11 * minute);
    expect((await apply(engine, desired)).calls).toBe(0);
    engine.clock.advance(10 * minute);
    expect(outcomesOf(await apply(engine, desired))).toEqual(["web rolled-back"]);
  });

  test("37: must be tried again at once when a person asks", async () => {
    const engine = await afterFailure();
    engine.addImage("myrepo/web:59-develop");
    const run = await apply(engine, desiredState([web(59)]), { retry: ["web"] });
    expect(run.report.converged).toBe(true);
    expect(engine.store.stored.ledger.failures).toEqual([]);
  });

  test("38: must not keep the next one from being tried at once", async () => {
    const engine = await afterFailure();
    engine.addImage("myrepo/web:60-develop");
    expect((await apply(engine, desiredState([web(60)]))).report.converged).toBe(true);
  });

  test("38: must be tried again at once when one of its settings changed", async () => {
    const engine = await afterFailure();
    engine.addImage("myrepo/web:59-develop");
    const mended = desiredState([web(59, { environment: { DATABASE_URL: "x" } })]);
    expect((await apply(engine, mended)).report.converged).toBe(true);
  });

  test("38: must be tried again at once when the value of a secret changed, which no fingerprint shows", async () => {
    const engine = new SimulatedEngine();
    const withSecret = (value: string) =>
      desiredState([web(59, { environment: { PASSWORD: value } })], { secretValues: [value] });
    engine.addImage("myrepo/web:59-develop", { behaviour: crash });
    expect((await apply(engine, withSecret("wrong"))).report.exitCode).toBe(1);
    expect(outcomesOf(await apply(engine, withSecret("wrong")))).toEqual(["web set-aside"]);
    engine.addImage("myrepo/web:59-develop");
    expect((await apply(engine, withSecret("right"))).report.converged).toBe(true);
    expect(JSON.stringify(engine.store.stored)).not.toMatch(/wrong|right/);
  });

  test("39: must hold back its dependents and nobody else", async () => {
    const engine = await afterFailure([workload("other")]);
    const desired = desiredState([
      web(59),
      workload("other", { user: "1" }),
      workload("late", {}, { dependsOn: [{ workload: "web" }] }),
    ]);
    provideImages(engine, desired);
    const run = await apply(engine, desired);
    expect(outcomesOf(run)).toEqual(["late blocked", "other done", "web set-aside"]);
  });

  test("must not keep the old build from being started again", async () => {
    const engine = await afterFailure();
    engine.byName("web")?.end(137);
    const run = await apply(engine, desiredState([web(59)]));
    expect([run.report.exitCode, outcomesOf(run)]).toEqual([1, ["web set-aside"]]);
    expect(engine.byName("web")?.isServing).toBe(true);
    expect(engine.byName("web")?.sent.image).toBe("myrepo/web:58-develop");
  });

  test("must be forgotten when the ledger is lost, at the cost of one more try", async () => {
    const engine = await afterFailure();
    engine.store.stored = new SimulatedEngine().store.stored;
    expect(outcomesOf(await apply(engine, desiredState([web(59)])))).toEqual(["web rolled-back"]);
    expect(engine.byName("web")?.sent.image).toBe("myrepo/web:58-develop");
  });

  test("31, 42: must not be what only the registry or the Engine failed at", async () => {
    const engine = new SimulatedEngine();
    const desired = desiredState([web(58)]);
    provideImages(engine, desired);
    engine.faults = (index) => (index === 1 ? "before" : undefined);
    expect((await apply(engine, desired)).report.exitCode).toBe(1);
    engine.faults = () => undefined;
    expect((await apply(engine, desired)).report.converged).toBe(true);
  });

  test("90: must be a job too", async () => {
    const engine = new SimulatedEngine();
    engine.addImage("myrepo/migrate:1-develop", { behaviour: { kind: "exits", afterMs: 10, code: 3 } });
    const desired = desiredState([job("migrate", { image: "myrepo/migrate:1-develop" })]);
    expect((await apply(engine, desired)).report.exitCode).toBe(1);
    expect(outcomesOf(await apply(engine, desired))).toEqual(["migrate set-aside"]);
  });
});

describe("a fight", () => {
  const stopAgain = async (engine: SimulatedEngine, rounds: number) => {
    const desired = desiredState([web(58)]);
    for (let round = 0; round < rounds; round += 1) {
      engine.byName("web")?.end(143);
      await apply(engine, desired);
      engine.clock.advance(minute);
    }
  };

  test("must be given up after three rounds, with what was found", async () => {
    const engine = new SimulatedEngine();
    provideImages(engine, desiredState([web(58)]));
    await apply(engine, desiredState([web(58)]));
    await stopAgain(engine, 3);
    engine.byName("web")?.end(143);
    const run = await apply(engine, desiredState([web(58)]));
    expect([run.calls, outcomesOf(run)]).toEqual([0, ["web set-aside"]]);
    expect(run.report.changes[0]?.summary).toMatch(
      /^was put right 3 times since .* and is stopped \(exit code 143\) again; .*systemctl disable --now web\.service/,
    );
  });

  test("must be taken up again later, and when a person asks", async () => {
    const engine = new SimulatedEngine();
    provideImages(engine, desiredState([web(58)]));
    await apply(engine, desiredState([web(58)]));
    await stopAgain(engine, 4);
    expect(engine.byName("web")?.isUp).toBe(false);
    expect((await apply(engine, desiredState([web(58)]), { retry: ["web"] })).report.converged).toBe(true);
    engine.byName("web")?.end(143);
    engine.clock.advance(61 * minute);
    expect((await apply(engine, desiredState([web(58)]))).report.converged).toBe(true);
  });

  test("must be known when containers are removed rather than stopped", async () => {
    const engine = new SimulatedEngine();
    const desired = desiredState([web(58)]);
    provideImages(engine, desired);
    for (let round = 0; round < 4; round += 1) {
      expect((await apply(engine, desired)).report.converged).toBe(true);
      engine.containers.delete(engine.byName("web")?.id ?? "");
      engine.clock.advance(minute);
    }
    const made = await plan(engine, desired);
    expect(made.changes[0]).toMatchObject({
      kind: "set-aside",
      cause: expect.stringContaining("is removed again"),
    });
  });

  test("must not be what new builds bring", async () => {
    const engine = new SimulatedEngine();
    for (let build = 1; build < 9; build += 1) {
      const desired = desiredState([web(build)]);
      provideImages(engine, desired);
      expect((await apply(engine, desired, { txn: String(build).repeat(8) })).report.converged).toBe(true);
    }
    expect(engine.store.stored.ledger.repairs).toEqual([]);
  });
});
