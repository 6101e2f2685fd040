import { describe, expect, test } from "vitest";
import { awaitJob } from "../../../src/execute/gate.ts";
import { workload } from "../../support/builders.ts";
import type { Behaviour } from "../../support/simulated-container.ts";
import { SimulatedEngine } from "../../support/simulated-engine.ts";

const idle = new AbortController().signal;

function start(behaviour: Behaviour, retries = 0) {
  const engine = new SimulatedEngine();
  const restart = { name: retries > 0 ? "on-failure" : "no", maximumRetryCount: retries } as const;
  const { container } = workload("job", { network: { kind: "default" }, restart });
  engine.addImage(container.image, { behaviour });
  const { id } = engine.addForeign("job", container);
  return { engine, id, deps: { backend: engine, clock: engine.clock, progress: () => {} } };
}

describe("waiting for a job", () => {
  test.for<[string, Behaviour, number, string, number]>([
    ["89: must end when it exits with 0", { kind: "exits", afterMs: 9_000, code: 0 }, 0, "done", 9_000],
    [
      "90: must fail with any other code",
      { kind: "exits", afterMs: 10, code: 3 },
      0,
      "the job exited with code 3",
      10,
    ],
    [
      "must give it the retries that it asked for",
      { kind: "exits", afterMs: 1_000, code: 3 },
      2,
      "the job exited with code 3",
      3_300,
    ],
    ["must have an end", { kind: "serves" }, 0, "the job did not finish within 1 min", 60_000],
  ])("%s", async ([, behaviour, retries, expected, endsAtMs]) => {
    const { engine, id, deps } = start(behaviour, retries);
    const ended = awaitJob({ containerId: id, timeoutMs: 60_000 }, deps, idle).then(
      () => "done",
      (error: Error) => error.message,
    );
    expect(await ended).toBe(expected);
    expect(Math.abs(engine.clock.monotonicMs() - endsAtMs)).toBeLessThanOrEqual(2_000);
  });

  test("must fail when the container is taken away", async () => {
    const { engine, id, deps } = start({ kind: "serves" });
    engine.containers.clear();
    await expect(awaitJob({ containerId: id, timeoutMs: 1_000 }, deps, idle)).rejects.toThrow("was removed");
  });
});
