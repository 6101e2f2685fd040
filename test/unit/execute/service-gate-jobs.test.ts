import { describe, expect, test } from "vitest";
import {
  judgeServiceGate,
  passServiceGate,
  type ServiceGateHistory,
} from "../../../src/execute/service-gate.ts";
import type { ActualService, ActualTask, ServiceLook } from "../../../src/model/actual-swarm.ts";
import type { ServiceGate } from "../../../src/model/step.ts";
import { job, workload } from "../../support/builders.ts";
import { node, runningService, specOf, task } from "../../support/services.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

const web = workload("web");
const spec = specOf(web);
const gate: ServiceGate = { spec, stabilityMs: 5_000, timeoutMs: 60_000 };
const before = specOf(workload("web", { image: "myrepo/web:0-develop" }));

type Seen = Partial<ActualService> | "removed";
/** What is seen at which millisecond. */
type Looks = readonly (readonly [number, Seen])[];

function lookOf(seen: Seen, of = web): ServiceLook {
  const nodes = [node("node-1"), node("node-2", { state: "down" })];
  return seen === "removed" ? { nodes } : { nodes, service: runningService(of, seen) };
}

/** The verdict after the last look; one that comes earlier names its time. */
function judge(looks: Looks, own = gate, of = web): string {
  let history: ServiceGateHistory = { begunAt: 0 };
  let said = "";
  for (const [index, [atMs, seen]] of looks.entries()) {
    const verdict = judgeServiceGate(lookOf(seen, of), history, own, atMs);
    const early = index < looks.length - 1 ? ` at ${atMs}` : "";
    if (verdict.kind === "failed") return `${verdict.code}${early}: ${verdict.reason}`;
    if (verdict.kind === "passed") return `passed${early}: good since ${verdict.goodSince}`;
    said = `pending: ${verdict.progress.text}`;
    history = verdict.history;
  }
  return said;
}

const good: Seen = {};
const starting: Seen = { tasks: [task(spec, { state: "starting" })] };
const failing = (count: number, facts: Partial<ActualTask> = {}): readonly ActualTask[] =>
  Array.from({ length: count }, (_, index) =>
    task(spec, {
      ...{ id: `failed-${index}`, state: "failed", desiredState: "shutdown", exitCode: 3 },
      ...{ error: "task: non-zero exit (3)", at: `2026-10-19T11:00:0${index}.000Z`, ...facts },
    }),
  );
const update = (state: NonNullable<ActualService["update"]>["state"]) => ({
  update: { state, message: "update paused due to failure of task x" },
});
const outdated = task(before, { id: "old" });

describe("a job", () => {
  const migrate = job("migrate");
  const own: ServiceGate = { spec: specOf(migrate), stabilityMs: 0, timeoutMs: 60_000 };
  const of = (...tasks: readonly Partial<ActualTask>[]): Seen => ({
    jobIteration: 2,
    tasks: tasks.map((facts, index) => task(own.spec, { id: `t${index}`, jobIteration: 2, ...facts })),
  });

  test.for<[string, Looks, string]>([
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
