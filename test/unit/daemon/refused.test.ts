import { expect, test } from "vitest";
import { labelKeys, ownerLabels } from "../../../src/model/ownership.ts";
import { workload } from "../../support/builders.ts";
import { service, simulateDaemon } from "../../support/simulated-daemon.ts";

test("containers that claim to be ours must not keep the rest from being healed, and stay where they are", async () => {
  const simulated = simulateDaemon({ files: { ...service("web"), ...service("api") } });
  await simulated.until("the first runs", () => simulated.of("run-finished").length >= 2);
  const labels = simulated.engine.byName("web")?.labels ?? {};
  const owner = ownerLabels({ project: "shop", environment: labels[labelKeys.environment] ?? "" });
  const { container } = workload("claim", { network: { kind: "none" } });
  for (let n = 0; n < 5; n++)
    simulated.engine.addForeign(`claim${n}`, container, { ...owner, [labelKeys.workload]: `made-up-${n}` });
  simulated.break("web");
  await simulated.until("web", () => simulated.isRunning("web"), 120_000);
  await simulated.pass(10_000);
  const outcome = simulated.of("run-finished").at(-1)?.outcome;
  expect(outcome?.problem?.error.code).toBe("prune-refused");
  expect([0, 1, 2, 3, 4].every((n) => simulated.isRunning(`claim${n}`))).toBe(true);
  simulated.stop();
  expect(await simulated.ended).toBe(0);
});

test("a stream that ends each time at once must be opened less and less often", async () => {
  const simulated = simulateDaemon();
  await simulated.until("the first runs", () => simulated.of("run-finished").length >= 2);
  const before = simulated.engineWatch.opened;
  const end = simulated.engine.clock.monotonicMs() + 600_000;
  while (simulated.engine.clock.monotonicMs() < end) {
    simulated.engineWatch.end();
    await simulated.pass(50);
  }
  const opened = simulated.engineWatch.opened - before;
  expect(opened).toBeGreaterThan(50);
  expect(opened).toBeLessThan(150);
  expect(simulated.of("run-started").length).toBeLessThan(30);
  simulated.stop();
  expect(await simulated.ended).toBe(0);
});
