import { describe, expect, test } from "vitest";
import { passGate } from "../../../src/execute/gate.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";
import { type Looks, stateOf } from "./looks.ts";

const criteria = { stabilityMs: 5_000, timeoutMs: 20_000 };
const healthy = { health: "healthy" } as const;
const starting = { health: "starting" } as const;

describe("a gate", () => {
  /** An Engine whose container looks different as time goes by. */
  function watch(looks: Looks, isNew: boolean) {
    const clock = new VirtualClock();
    const said: string[] = [];
    const backend = {
      inspectState: async () => stateOf(looks.findLast(([atMs]) => atMs <= clock.monotonicMs())?.[1] ?? {}),
      waitForChange: async (_id: string, ms: number, signal: AbortSignal) => await clock.sleep(ms, signal),
    };
    const deps = { backend, clock, progress: ({ text }: { text: string }) => said.push(text) };
    const passed = (signal = new AbortController().signal) =>
      passGate({ containerId: "c", criteria, isNew }, deps, signal);
    return { passed, said, clock };
  }

  test("must look again until the container has been good for long enough", async () => {
    const { passed, said, clock } = watch(
      [
        [0, starting],
        [3_000, healthy],
      ],
      true,
    );
    expect(await passed()).toBe(4_000);
    expect(clock.monotonicMs()).toBe(9_000);
    expect(said).toEqual([
      "waiting for health",
      "waiting for health",
      "healthy, stable for 0 ms of 5 s",
      "healthy, stable for 2 s of 5 s",
      "healthy, stable for 4 s of 5 s",
    ]);
  });

  test.for([
    [true, "gate-failed"],
    [false, "passed"],
  ] as const)(
    "must count a restart before its first look only for a new container: new is %s",
    async ([isNew, outcome]) => {
      const { passed } = watch([[0, { restartCount: 1 }]], isNew);
      const found = await passed().then(
        () => "passed",
        (error: unknown) => (error as { code: string }).code,
      );
      expect(found).toBe(outcome);
    },
  );

  test("must give up at its deadline", async () => {
    const { passed, clock } = watch([[0, starting]], true);
    await expect(passed()).rejects.toMatchObject({
      code: "gate-failed",
      message: "never became healthy within 20 s (starting)",
    });
    expect(clock.monotonicMs()).toBe(20_000);
  });

  test("must end when the run is interrupted", async () => {
    const { passed } = watch([[0, starting]], true);
    await expect(passed(AbortSignal.abort(new Error("stop")))).rejects.toThrow("stop");
  });
});
