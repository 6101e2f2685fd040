import { describe, expect, test } from "vitest";
import type { Followed } from "../../../src/daemon/daemon-app.ts";
import { concerns } from "../../../src/daemon/followed.ts";
import type { Mark } from "../../../src/model/mark.ts";
import { type SimulatedDaemon, service, simulateDaemon } from "../../support/simulated-daemon.ts";

const develop: Mark = { kind: "branch", repository: "ops/config", branch: "develop" };
const byAddress: Mark = { ...develop, repository: "git@git.test:ops/config.git" };
const image = (name: string, tag = "2"): Mark => ({ kind: "image", image: name, tag });

async function started(): Promise<SimulatedDaemon> {
  const simulated = simulateDaemon();
  await simulated.until("the first runs", () => simulated.of("run-finished").length >= 2);
  await simulated.pass(1_000);
  return simulated;
}

async function stopped(simulated: SimulatedDaemon): Promise<void> {
  simulated.stop();
  expect(await simulated.ended).toBe(0);
}

const runs = (simulated: SimulatedDaemon) => simulated.of("run-started").length;

const folder: Followed = { kind: "folder" };
const ownImage: Followed = { kind: "image", reference: "registry.test/ops/config:develop", isOwn: true };
const known = new Set(["myrepo/web", "nginx"]);

describe("an image mark", () => {
  const rows: readonly (readonly [string, Followed, ReadonlySet<string> | undefined, boolean])[] = [
    ["myrepo/web", folder, known, true],
    ["registry.internal:5000/myrepo/web", folder, known, true],
    ["library/nginx", folder, known, true],
    ["docker.io/library/nginx", folder, known, true],
    ["myrepo/web2", folder, known, false],
    ["other/web", folder, known, false],
    ["ops/config", folder, known, false],
    ["not a name", folder, known, false],
    ["ops/config", ownImage, known, true],
    ["registry.other/ops/config", ownImage, new Set(), true],
    ["other/web", ownImage, known, false],
    ["other/web", folder, undefined, true],
  ];
  test.for(rows)("of %s must count only where it is run or followed", ([name, followed, images, counts]) => {
    expect(concerns(image(name), followed, images)).toBe(counts);
  });

  test("must lead to nothing when nothing here runs that image, and to a run when something does", async () => {
    const simulated = await started();
    const before = runs(simulated);
    for (let n = 0; n < 100; n++) {
      simulated.daemon.mark(image("lab/other", `${n}`), "hub");
      await simulated.pass(1_000);
    }
    expect(runs(simulated)).toBe(before);
    simulated.daemon.mark(image("registry.test/lab/web"), "hub");
    await simulated.until("a run", () => runs(simulated) > before, 1_000);
    await stopped(simulated);
  });

  test("must count for an image that a later commit runs, also while the newest one cannot be used", async () => {
    const simulated = await started();
    const look = async () => {
      const before = simulated.of("run-finished").length;
      simulated.daemon.mark(develop, "push");
      await simulated.until("a look", () => simulated.of("run-finished").length > before);
      await simulated.pass(10_000);
    };
    const leads = async (name: string) => {
      const before = runs(simulated);
      simulated.daemon.mark(image(name), "hub");
      await simulated.pass(10_000);
      return runs(simulated) > before;
    };
    expect(await leads("lab/api")).toBe(false);
    simulated.source.commit(service("api"));
    await look();
    expect(await leads("lab/api")).toBe(true);
    simulated.source.commit({ "units/web.service": "[Unit]\n" });
    await look();
    expect(simulated.of("run-finished").at(-1)?.outcome.problem).toBeDefined();
    expect(await leads("lab/db")).toBe(true);
    await stopped(simulated);
  });
});

describe("hooks of one endpoint", () => {
  test("must lead to a run at once, and after many to one with a pause before it", async () => {
    const simulated = await started();
    const { clock } = simulated.engine;
    const waits: number[] = [];
    for (let n = 0; n < 8; n++) {
      const before = runs(simulated);
      const finished = simulated.of("run-finished").length;
      const at = clock.monotonicMs();
      simulated.daemon.mark(develop, "push");
      await simulated.until("a run", () => runs(simulated) > before);
      waits.push(clock.monotonicMs() - at);
      await simulated.until("its end", () => simulated.of("run-finished").length > finished);
    }
    expect(waits.slice(0, 4).every((ms) => ms <= 100)).toBe(true);
    expect(waits.slice(4).every((ms) => ms >= 800 && ms <= 1_100)).toBe(true);
    await stopped(simulated);
  });

  test("must not make looks back to back, however many there are, nor hold up those of another", async () => {
    const simulated = await started();
    const before = runs(simulated);
    for (let n = 0; n < 600; n++) {
      simulated.daemon.mark(n % 2 === 0 ? develop : byAddress, "push");
      await simulated.pass(100);
    }
    expect(runs(simulated) - before).toBeGreaterThan(20);
    expect(runs(simulated) - before).toBeLessThan(70);
    const during = runs(simulated);
    simulated.daemon.mark(develop, "other");
    await simulated.until("a run for the other", () => runs(simulated) > during, 200);
    await simulated.pass(60_000);
    const last = runs(simulated);
    const at = simulated.engine.clock.monotonicMs();
    simulated.daemon.mark(develop, "push");
    await simulated.until("a run at once again", () => runs(simulated) > last);
    expect(simulated.engine.clock.monotonicMs() - at).toBeLessThanOrEqual(100);
    await stopped(simulated);
  });

  test("must wait for their turn also when they were heard during a run", async () => {
    const simulated = await started();
    const { engine, daemon } = simulated;
    const observe = engine.observe.bind(engine);
    engine.observe = async (...given) => {
      await engine.clock.sleep(3_000);
      return await observe(...given);
    };
    const before = runs(simulated);
    for (let n = 0; n < 600; n++) {
      daemon.mark(n % 2 === 0 ? develop : byAddress, "push");
      await simulated.pass(100);
    }
    engine.observe = observe;
    expect(runs(simulated) - before).toBeLessThanOrEqual(17);
    await stopped(simulated);
  });
});
