import { describe, expect, test } from "vitest";
import { type GateHistory, judgeGate } from "../../../src/execute/gate.ts";
import { type Looks, stateOf } from "./looks.ts";

const criteria = { stabilityMs: 5_000, timeoutMs: 20_000 };

/** The verdict after the last look; one that comes earlier names its time. */
function judge(looks: Looks, isNew = true): string {
  let history: GateHistory = { begunAt: 0, ...(isNew ? { restartCount: 0 } : {}) };
  let said = "";
  for (const [index, [atMs, look]] of looks.entries()) {
    const verdict = judgeGate(stateOf(look), history, criteria, atMs);
    const early = index < looks.length - 1 ? ` at ${atMs}` : "";
    if (verdict.kind === "failed") return `failed${early}: ${verdict.reason}`;
    if (verdict.kind === "passed") return `passed${early}: good since ${verdict.goodSince}`;
    said = `pending for ${verdict.nextLookMs} ms: ${verdict.progress.text}`;
    history = verdict.history;
  }
  return said;
}

const healthy = { health: "healthy" } as const;
const starting = { health: "starting" } as const;
const unhealthy = { health: "unhealthy" } as const;
const exited = { status: "exited", exitCode: 1 } as const;

describe("a container that is good", () => {
  test.for<[string, Looks, string]>([
    [
      "without a health check, once it has run long enough",
      [
        [0, {}],
        [5_000, {}],
      ],
      "passed: good since 0",
    ],
    [
      "with a health check, counted from the first healthy look",
      [
        [0, starting],
        [8_000, healthy],
        [13_000, healthy],
      ],
      "passed: good since 8000",
    ],
    [
      "although it became healthy just before the deadline and is held beyond it",
      [
        [0, starting],
        [19_999, healthy],
        [24_999, healthy],
      ],
      "passed: good since 19999",
    ],
  ])("must pass %s", ([, looks, verdict]) => {
    expect(judge(looks)).toBe(verdict);
  });

  test.for<[string, Looks, string]>([
    [
      "until it has run long enough",
      [
        [0, {}],
        [4_000, {}],
      ],
      "pending for 1000 ms: running, stable for 4 s of 5 s",
    ],
    [
      "for no longer than an event may be late",
      [[0, {}]],
      "pending for 2000 ms: running, stable for 0 ms of 5 s",
    ],
    ["while it starts", [[1_000, starting]], "pending for 2000 ms: waiting for health"],
    [
      "while it starts, at most until the deadline",
      [
        [0, starting],
        [19_500, starting],
      ],
      "pending for 500 ms: waiting for health",
    ],
    ["while it is paused", [[0, { status: "paused" }]], "pending for 2000 ms: paused"],
    [
      "anew after it was paused",
      [
        [0, {}],
        [4_000, { status: "paused" }],
        [5_000, {}],
        [9_000, {}],
      ],
      "pending for 1000 ms: running, stable for 4 s of 5 s",
    ],
  ])("must be watched %s", ([, looks, said]) => {
    expect(judge(looks)).toBe(said);
  });

  test("must pass at its first good look when nothing is to be held", () => {
    const verdict = judgeGate(stateOf(healthy), { begunAt: 0 }, { stabilityMs: 0, timeoutMs: 1 }, 7);
    expect(verdict).toEqual({ kind: "passed", goodSince: 7 });
  });
});

describe("a container that is not good", () => {
  test.for<[string, Looks, string]>([
    ["that ends at once", [[0, exited]], "failed: exited with code 1"],
    [
      "that ends with 0, which a service must not",
      [
        [0, {}],
        [1_000, { ...exited, exitCode: 0 }],
      ],
      "failed: exited with code 0",
    ],
    [
      "that ran out of memory",
      [
        [0, {}],
        [900, { ...exited, exitCode: 137, oomKilled: true }],
      ],
      "failed: exited with code 137 (out of memory)",
    ],
    ["that is dead", [[0, { status: "dead", exitCode: 2 }]], "failed: exited with code 2"],
    [
      "that is being removed",
      [
        [0, {}],
        [900, { status: "removing" }],
      ],
      "failed: exited with code 0",
    ],
    [
      "that was removed by somebody or by itself",
      [
        [0, {}],
        [900, "removed"],
      ],
      "failed: was removed",
    ],
    ["that was never started", [[0, { status: "created" }]], "failed: was not started"],
    [
      "that could not be started",
      [[0, { status: "created", exitCode: 127, error: "no such file: /serve" }]],
      "failed: was not started: no such file: /serve",
    ],
    [
      "that waits to be restarted",
      [[0, { status: "restarting", exitCode: 3 }]],
      "failed: keeps restarting, last exit code 3",
    ],
    [
      "that crashed before the first look",
      [[0, { restartCount: 1, exitCode: 3 }]],
      "failed: restarted while it was watched",
    ],
    [
      "that crashes in a loop and runs at every look",
      [
        [0, {}],
        [2_000, { restartCount: 1, exitCode: 3, startedAt: "2026-10-19T10:00:01Z" }],
      ],
      "failed: restarted while it was watched",
    ],
    [
      "that was restarted by hand, which counts no restart",
      [
        [0, {}],
        [2_000, { startedAt: "2026-10-19T10:00:01Z" }],
      ],
      "failed: restarted while it was watched",
    ],
    [
      "that never becomes healthy",
      [
        [0, starting],
        [9_000, unhealthy],
      ],
      "failed: never became healthy",
    ],
    [
      "that was healthy for a while",
      [
        [0, starting],
        [1_000, healthy],
        [4_000, unhealthy],
      ],
      "failed: was healthy, then became unhealthy",
    ],
    [
      "that is still starting at the deadline",
      [
        [0, starting],
        [20_000, starting],
      ],
      "failed: never became healthy within 20 s (starting)",
    ],
    [
      "that is still paused at the deadline",
      [
        [0, { status: "paused" }],
        [20_000, { status: "paused" }],
      ],
      "failed: never became healthy within 20 s (paused)",
    ],
    [
      "that is restarted while it is healthy",
      [
        [0, healthy],
        [2_000, { ...healthy, restartCount: 1 }],
        [9_000, healthy],
      ],
      "failed at 2000: restarted while it was watched",
    ],
  ])("must fail: one %s", ([, looks, verdict]) => {
    expect(judge(looks)).toBe(verdict);
  });
});

describe("a container that is older than the gate", () => {
  test("must not be blamed for restarts of earlier days", () => {
    expect(
      judge(
        [
          [0, { restartCount: 4 }],
          [5_000, { restartCount: 4 }],
        ],
        false,
      ),
    ).toBe("passed: good since 0");
  });

  test("must be blamed for every one that comes now", () => {
    expect(
      judge(
        [
          [0, { restartCount: 4 }],
          [1_000, { restartCount: 5 }],
        ],
        false,
      ),
    ).toBe("failed: restarted while it was watched");
  });
});

describe("a container that was just unpaused", () => {
  const unpaused = { stabilityMs: 1_000, timeoutMs: 5_000, staleHealth: true };
  const unhealthy = {
    status: "running",
    exitCode: 0,
    startedAt: "2026-01-01T00:00:00Z",
    finishedAt: "",
    restartCount: 0,
    health: "unhealthy",
    oomKilled: false,
    error: "",
  } as const;

  test("must not be judged by the health it had before", () => {
    expect(judgeGate(unhealthy, { begunAt: 0 }, unpaused, 100)).toMatchObject({ kind: "pending" });
    expect(judgeGate(unhealthy, { begunAt: 0 }, { ...unpaused, staleHealth: false }, 100)).toMatchObject({
      kind: "failed",
    });
  });

  test("must become healthy before the deadline, and stay so", () => {
    expect(judgeGate(unhealthy, { begunAt: 0 }, unpaused, 5_000)).toMatchObject({ kind: "failed" });
    expect(judgeGate(unhealthy, { begunAt: 0, goodSince: 50 }, unpaused, 100)).toMatchObject({
      kind: "failed",
      reason: "was healthy, then became unhealthy",
    });
  });
});
