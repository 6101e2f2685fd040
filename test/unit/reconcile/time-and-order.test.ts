import { describe, expect, test } from "vitest";
import type { DesiredState } from "../../../src/model/desired-state.ts";
import { desiredState, workload } from "../../support/builders.ts";
import { checked, next, rollOut } from "../../support/rollouts.ts";
import type { SimulatedEngine } from "../../support/simulated-engine.ts";
import { apply, engineRunning, provideImages } from "../../support/simulation.ts";

const owner = { project: "shop", environment: "develop" };

/** Takes the lock as another run does, and gives a sign of life every ten seconds until the signal ends it. */
async function holdLock(engine: SimulatedEngine, end: AbortSignal): Promise<void> {
  const options = { holder: "apply on prod-2", expiryMs: 60_000, progress: () => undefined };
  const lock = await engine.store.acquire(owner, options, end);
  const live = async () => {
    while (!end.aborted) {
      await engine.clock.sleep(10_000, end).catch(() => undefined);
      if (!end.aborted) await lock.assertHeld(end);
    }
    await lock.release();
  };
  void live();
}

test("19: a run must change nothing while another one shows that it lives, and say who it is", async () => {
  const engine = await engineRunning(desiredState([workload("web")]));
  const other = new AbortController();
  await holdLock(engine, other.signal);
  const desired = desiredState([workload("web", { image: next })]);
  provideImages(engine, desired);
  await expect(apply(engine, desired)).rejects.toMatchObject({
    code: "busy",
    message: expect.stringContaining("apply on prod-2"),
  });
  other.abort();
  expect(engine.calls).toEqual([]);
  expect(engine.byName("web")?.sent.image).toBe("myrepo/web:1-develop");
});

describe("an older image of the same branch", () => {
  const built = (number: number, image: string): DesiredState => {
    const desired = desiredState([workload("web", { image })]);
    const id = String(number).repeat(40);
    return { ...desired, revision: { id, branch: "develop", build: number } };
  };

  test("134: must be refused without a call, unless it is meant", async () => {
    const engine = await engineRunning(built(7, "myrepo/web:7-develop"));
    const older = built(6, "myrepo/web:6-develop");
    provideImages(engine, older);
    await expect(apply(engine, older)).rejects.toMatchObject({ code: "older-revision" });
    expect(engine.calls).toEqual([]);
    expect((await apply(engine, older, { rollback: true })).report.converged).toBe(true);
    expect(engine.byName("web")?.sent.image).toBe("myrepo/web:6-develop");
  });

  test("134: must not be seen in a newer commit that goes back to the old tag", async () => {
    const engine = await engineRunning(built(7, "myrepo/web:7-develop"));
    const reverted = built(8, "myrepo/web:6-develop");
    provideImages(engine, reverted);
    expect((await apply(engine, reverted)).report.converged).toBe(true);
  });
});

test.each([
  ["years ahead", 10 * 365 * 86_400_000],
  ["back to the beginning", -20 * 365 * 86_400_000],
])("138: a gate must not mind that the host's clock jumps %s", async (_where, jumpMs) => {
  const run = await rollOut({ healthyAfterMs: 2_000 }, checked, (engine) => {
    const { clock } = engine;
    const now = clock.now.bind(clock);
    const begin = clock.monotonicMs();
    clock.now = () => new Date(now().getTime() + (clock.monotonicMs() > begin + 1_000 ? jumpMs : 0));
  });
  expect(run.report).toMatchObject({ converged: true });
  const web = run.report.changes.find(({ key }) => key === "web");
  expect(web?.summary).toBe("running, stable for 5 s");
  expect(web?.durationMs).toBeGreaterThanOrEqual(7_000);
  expect(web?.durationMs).toBeLessThan(20_000);
});
