import { describe, expect, test } from "vitest";
import { passServiceGate } from "../../../src/execute/service-gate.ts";
import type { ActualTask } from "../../../src/model/actual-swarm.ts";
import type { ServiceGate } from "../../../src/model/step.ts";
import { job } from "../../support/builders.ts";
import { specOf, task } from "../../support/services.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";
import { gate, good, judge, lookOf, type Seen, type ServiceLooks, starting } from "./service-looks.ts";

describe("a job", () => {
  const migrate = job("migrate");
  const own: ServiceGate = { spec: specOf(migrate), stabilityMs: 0, timeoutMs: 60_000 };
  const of = (...tasks: readonly Partial<ActualTask>[]): Seen => ({
    jobIteration: 2,
    tasks: tasks.map((facts, index) => task(own.spec, { id: `t${index}`, jobIteration: 2, ...facts })),
  });

  test.for<[string, ServiceLooks, string]>([
    ["when it is complete", [[0, of({})]], "passed: good since 0"],
    [
      "when it is complete only in an earlier iteration",
      [[0, of({ jobIteration: 1 })]],
      "pending: 0 of 1 runs are complete",
    ],
    ["while it runs", [[0, of({ state: "running" })]], "pending: 0 of 1 runs are complete"],
    [
      "when it has failed",
      [[0, of({ state: "failed", error: "task: non-zero exit (4)", exitCode: 4 })]],
      "job-failed: 0 of 1 runs are complete, 1 failed: task: non-zero exit (4)",
    ],
    [
      "when it hangs",
      [
        [0, of({ state: "running" })],
        [60_000, of({ state: "running" })],
      ],
      "job-failed: never became good within 1 min (0 of 1 runs are complete)",
    ],
  ])("case 126: must be judged by its iteration %s", ([, looks, verdict]) => {
    expect(judge(looks, own, migrate)).toBe(verdict);
  });
});

test("must look until there is a verdict, and stop when it is interrupted", async () => {
  const clock = new VirtualClock();
  const said: string[] = [];
  const deps = {
    clock,
    progress: ({ text }: { text: string }) => said.push(text),
    backend: {
      async lookAtService(_id: string, signal: AbortSignal) {
        await clock.sleep(1_000, signal);
        return lookOf(clock.monotonicMs() < 3_000 ? starting : good);
      },
    },
  };
  expect(await passServiceGate("id-web", gate, deps, new AbortController().signal)).toBe(3_000);
  expect([clock.monotonicMs(), said[0], said.at(-1)]).toEqual([
    8_000,
    "0 of 1 tasks run",
    "running, stable for 4 s of 5 s",
  ]);
  const controller = new AbortController();
  const waiting = passServiceGate("id-web", { ...gate, stabilityMs: 60_000 }, deps, controller.signal);
  controller.abort(new Error("interrupted"));
  await expect(waiting).rejects.toThrow("interrupted");
});
