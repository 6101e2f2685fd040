import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ReconcilerError } from "../../../src/model/errors.ts";
import type { Mark } from "../../../src/model/mark.ts";
import { type SimulatedDaemon, service, settings, simulateDaemon } from "../../support/simulated-daemon.ts";

const develop: Mark = { kind: "branch", repository: "ops/config", branch: "develop" };

/** A daemon whose first runs are over. */
async function started(options: Parameters<typeof simulateDaemon>[0] = {}): Promise<SimulatedDaemon> {
  const simulated = simulateDaemon(options);
  await simulated.until("the first runs", () => simulated.of("run-finished").length >= 2);
  await simulated.pass(1_000);
  return simulated;
}

async function stopped(simulated: SimulatedDaemon): Promise<void> {
  simulated.stop();
  expect(await simulated.ended).toBe(0);
}

const runs = (simulated: SimulatedDaemon) => simulated.of("run-started").length;

/** One ends before the next one begins. */
function expectNeverTwoAtOnce({ told }: SimulatedDaemon): void {
  let open = 0;
  for (const { kind } of told) {
    if (kind === "run-started") open += 1;
    if (kind === "run-finished" || kind === "run-failed" || kind === "run-interrupted") open -= 1;
    expect(open).toBeLessThanOrEqual(1);
  }
}

describe("the daemon", () => {
  test("must bring everything up at its start, and then be quiet", async () => {
    const simulated = await started();
    expect(simulated.isRunning("web")).toBe(true);
    const before = runs(simulated);
    await simulated.pass(3 * 3_600_000);
    expect(runs(simulated)).toBe(before);
    await stopped(simulated);
  });

  test("a thousand marks must lead to one run, and those during a run to one more", async () => {
    const simulated = await started();
    const before = runs(simulated);
    for (let n = 0; n < 1_000; n++) simulated.daemon.mark(develop, "push");
    await simulated.pass(60_000);
    expect(runs(simulated) - before).toBe(1);
    simulated.source.commit(service("web", "lab/web:2"));
    simulated.daemon.mark(develop, "push");
    await simulated.until("the rollout", () => simulated.told.some(({ kind }) => kind === "run-event"));
    const during = runs(simulated);
    for (let n = 0; n < 1_000; n++) simulated.daemon.mark(develop, "push");
    await simulated.pass(60_000);
    expect(runs(simulated) - during).toBeLessThanOrEqual(2);
    expect(simulated.engine.byName("web")?.sent.image).toBe("lab/web:2");
    await stopped(simulated);
  });

  test("marks of another branch or repository must lead to nothing", async () => {
    const simulated = await started();
    const before = runs(simulated);
    simulated.daemon.mark({ ...develop, branch: "main" }, "push");
    simulated.daemon.mark({ ...develop, repository: "ops/other" }, "push");
    await simulated.pass(60_000);
    expect(runs(simulated)).toBe(before);
    await stopped(simulated);
  });

  test("what breaks must be healed, and what breaks again and again more slowly, with one line", async () => {
    const simulated = await started({ files: { ...service("web"), ...service("api") } });
    for (let n = 0; n < 12; n++) {
      simulated.break("web");
      await simulated.pass(6_000);
    }
    await simulated.until("the other to be healed", () => {
      if (simulated.isRunning("api")) simulated.break("api");
      return true;
    });
    await simulated.until("api", () => simulated.isRunning("api"), 30_000);
    expect(simulated.of("restless")).toHaveLength(1);
    const perHour = runs(simulated);
    expect(perHour).toBeLessThan(24);
    await simulated.pass(2 * 3_600_000);
    simulated.daemon.agenda.add({ kind: "schedule", name: "reconcile" });
    await simulated.until("web", () => simulated.isRunning("web"));
    await stopped(simulated);
  });

  test("what breaks while a run is at work must be healed without waiting for the schedule", async () => {
    const simulated = await started({ files: { ...service("web"), ...service("api") } });
    simulated.source.commit(service("web", "lab/web:2"));
    simulated.daemon.mark(develop, "push");
    const before = runs(simulated);
    await simulated.until(
      "the rollout",
      () => simulated.told.some(({ kind }) => kind === "run-event") && runs(simulated) > before,
    );
    simulated.break("api");
    await simulated.until("api", () => simulated.isRunning("api"), 120_000);
    await stopped(simulated);
  });

  test("with no events at all the schedule must heal", async () => {
    const simulated = simulateDaemon();
    simulated.engineWatch.isSilent = true;
    await simulated.until("the first run", () => simulated.of("run-finished").length > 0);
    simulated.break("web");
    await simulated.pass(60_000);
    expect(simulated.isRunning("web")).toBe(false);
    simulated.daemon.agenda.add({ kind: "schedule", name: "reconcile" });
    await simulated.until("web", () => simulated.isRunning("web"), 30_000);
    await stopped(simulated);
  });

  test("events that come twice, late or about nothing must do no harm", async () => {
    const simulated = await started();
    const before = runs(simulated);
    const calls = simulated.engine.calls.length;
    const web = simulated.engine.byName("web");
    for (let n = 0; n < 100; n++)
      for (const action of ["destroy", "die", "rename", "made up"])
        simulated.engineWatch.tell({ subject: "container", action, id: web?.id ?? "", attributes: {} });
    await simulated.pass(600_000);
    expect(runs(simulated) - before).toBe(1);
    expect(simulated.engine.calls.length).toBe(calls);
    await stopped(simulated);
  });

  test("a stream that breaks off must be opened again and lead to a look, and a flapping one to few", async () => {
    const simulated = await started();
    const before = runs(simulated);
    simulated.engineWatch.end();
    await simulated.pass(30_000);
    expect(simulated.engineWatch.opened).toBe(2);
    expect(runs(simulated) - before).toBeGreaterThanOrEqual(1);
    const flapping = (async () => {
      for (let n = 0; n < 600; n++) {
        simulated.engineWatch.end();
        await simulated.pass(1_000);
      }
    })();
    await flapping;
    expect(runs(simulated) - before).toBeLessThan(30);
    await stopped(simulated);
  });

  test("an Engine that is away must be tried again ever more slowly, and be back at once when it is", async () => {
    const simulated = await started();
    simulated.engineWatch.isAway = true;
    simulated.engineWatch.end();
    await simulated.pass(3_600_000);
    const failed = simulated.of("run-failed");
    expect(failed.length).toBeGreaterThan(5);
    expect(failed.length).toBeLessThan(25);
    expect(failed.every(({ retryInMs = 0 }) => retryInMs > 0 && retryInMs <= 300_000)).toBe(true);
    simulated.engineWatch.isAway = false;
    const before = simulated.of("run-finished").length;
    await simulated.until("the next look", () => simulated.of("run-finished").length > before, 10_000);
    await stopped(simulated);
  });

  test("an Engine that cannot come back must end the program with its code", async () => {
    const simulated = await started();
    simulated.engineWatch.isAway = true;
    simulated.engineWatch.lost = "the socket was replaced";
    simulated.engineWatch.end();
    expect(await simulated.ended).toMatchObject({ code: "engine-unreachable", exitCode: 5 });
    expect(simulated.of("engine-lost")).toHaveLength(1);
  });

  test("a source that is away must be tried again without a mark, and what came meanwhile be applied", async () => {
    const simulated = await started();
    simulated.source.error = new ReconcilerError("git-unreachable", "nobody answers");
    simulated.source.commit(service("web", "lab/web:2"));
    simulated.daemon.mark(develop, "push");
    await simulated.pass(60_000);
    expect(simulated.of("run-finished").at(-1)?.outcome.problem?.error.code).toBe("git-unreachable");
    expect(simulated.of("run-finished").at(-1)?.retryInMs).toBeGreaterThan(0);
    simulated.source.error = undefined;
    await simulated.until(
      "the new build",
      () => simulated.engine.byName("web")?.sent.image === "lab/web:2",
      600_000,
    );
    await stopped(simulated);
  });

  const refused: readonly (readonly [string, string, (simulated: SimulatedDaemon) => void])[] = [
    [
      "a mistake",
      "configuration-invalid",
      ({ source }) => source.commit({ "units/web.service": "[Unit]\n" }),
    ],
    [
      "a rewound branch",
      "older-revision",
      ({ source }) => {
        source.rewindTo = "1".padStart(40, "0");
      },
    ],
    [
      "a deleted repository",
      "git-not-found",
      ({ source }) => {
        source.error = new ReconcilerError("git-not-found", "gone");
      },
    ],
    [
      "most workloads gone",
      "prune-refused",
      ({ source }) => source.commit({ "units/web.service": undefined, "units/api.service": undefined }),
    ],
  ];
  test.for(refused)("%s must change nothing, and drift still be healed", async ([_what, code, bring]) => {
    const simulated = await started({ files: { ...service("web"), ...service("api"), ...service("db") } });
    simulated.source.commit(service("db", "lab/db:2"));
    simulated.daemon.mark(develop, "push");
    await simulated.until(
      "the second commit",
      () => simulated.engine.byName("db")?.sent.image === "lab/db:2",
    );
    await simulated.pass(5_000);
    const ids = [...simulated.engine.containers.keys()].sort();
    bring(simulated);
    simulated.daemon.mark(develop, "push");
    await simulated.pass(60_000);
    const outcome = simulated.of("run-finished").at(-1)?.outcome;
    expect(outcome?.problem?.error.code).toBe(code);
    expect([...simulated.engine.containers.keys()].sort()).toEqual(ids);
    simulated.break("web");
    await simulated.until("web", () => simulated.isRunning("web"), 120_000);
    expect(simulated.engine.byName("db")?.sent.image).toBe("lab/db:2");
    await stopped(simulated);
  });

  test("the same revision must be read once", async () => {
    const simulated = await started();
    const { reads } = simulated.source;
    for (let n = 0; n < 5; n++) {
      simulated.daemon.mark(develop, "push");
      await simulated.pass(10_000);
    }
    expect(simulated.source.reads).toBe(reads);
    await stopped(simulated);
  });

  test("a mistake of ours in one run must be told, and the next trigger be served", async () => {
    let isBroken = false;
    const simulated = await started({
      configure: () => {
        if (isBroken) throw new TypeError("undefined is not a function");
      },
    });
    isBroken = true;
    simulated.daemon.mark(develop, "push");
    await simulated.pass(10_000);
    expect(simulated.of("run-failed").map(({ error }) => error.code)).toEqual(["internal"]);
    isBroken = false;
    const before = simulated.of("run-finished").length;
    simulated.daemon.mark(develop, "push");
    await simulated.pass(10_000);
    expect(simulated.of("run-finished").length).toBe(before + 1);
    await stopped(simulated);
  });

  test("a run that hangs must be abandoned after eight seconds", async () => {
    const simulated = await started();
    const hanging = Promise.withResolvers<never>();
    simulated.engine.observe = () => hanging.promise;
    simulated.daemon.mark(develop, "push");
    await simulated.pass(1_000);
    const at = simulated.engine.clock.monotonicMs();
    await stopped(simulated);
    expect(simulated.engine.clock.monotonicMs() - at).toBe(8_000);
    expect(simulated.of("abandoned")).toHaveLength(1);
  });

  test("a clock that is set must lead to one look, forwards and backwards", async () => {
    const simulated = await started();
    const { clock } = simulated.engine;
    const now = clock.now.bind(clock);
    for (const by of [3_600_000, -3_600_000, 10 * 365 * 86_400_000, -10 * 365 * 86_400_000]) {
      const before = runs(simulated);
      const was = clock.now.bind(clock);
      clock.now = () => new Date(was().getTime() + by);
      await simulated.pass(60_000);
      expect(simulated.of("clock-set").at(-1)?.byMs).toBe(by);
      expect(runs(simulated) - before, `${by}`).toBe(1);
    }
    clock.now = now;
    await stopped(simulated);
  });

  test("whatever happens when, runs must not overlap, every mark be followed by a run, and the end come", async () => {
    const act = fc.record({
      after: fc.nat(4_000),
      what: fc.constantFrom(
        "mark",
        "break",
        "stream",
        "away",
        "back",
        "commit",
        "bad",
        "source",
        "fine",
        "fault",
      ),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 25 }), fc.nat(1), async (acts, tag) => {
        const simulated = simulateDaemon({ files: { ...settings(), ...service("web"), ...service("api") } });
        const { engine, source, engineWatch } = simulated;
        let build = 0;
        const moves: Readonly<Record<string, () => void>> = {
          mark: () => simulated.daemon.mark(develop, "push"),
          break: () => simulated.break(tag === 0 ? "web" : "api"),
          stream: () => engineWatch.end(),
          away: () => {
            engineWatch.isAway = true;
          },
          back: () => {
            engineWatch.isAway = false;
          },
          commit: () => source.commit(service("web", `lab/web:${(build++ % 2) + 1}`)),
          bad: () => source.commit({ "units/api.service": "[Unit]\n" }),
          source: () => {
            source.error = new ReconcilerError("git-unreachable", "nobody answers");
          },
          fine: () => {
            source.error = undefined;
          },
          fault: () => {
            const from = engine.calls.length;
            engine.faults = (index) => (index < from + 2 ? "before" : undefined);
          },
        };
        for (const { after, what } of acts) {
          await simulated.pass(after);
          moves[what]?.();
          const marked = simulated.told.length;
          if (what !== "mark") continue;
          await simulated.until("a run after the mark", () =>
            simulated.told.slice(marked).some(({ kind }) => kind === "run-started"),
          );
        }
        moves["back"]?.();
        moves["fine"]?.();
        source.commit({ ...service("web"), ...service("api") });
        simulated.daemon.mark(develop, "push");
        await simulated.pass(2 * 3_600_000);
        simulated.daemon.agenda.add({ kind: "schedule", name: "reconcile" });
        await simulated.until("all to run", () => simulated.isRunning("web") && simulated.isRunning("api"));
        await stopped(simulated);
        expectNeverTwoAtOnce(simulated);
      }),
      { numRuns: 40 },
    );
  });
});
