import { describe, expect, test } from "vitest";
import type { ActualService, ActualTask } from "../../../src/model/actual-swarm.ts";
import { workload } from "../../support/builders.ts";
import { replicated } from "../../support/clusters.ts";
import { specOf, task } from "../../support/services.ts";
import { gate, good, judge, type ServiceLooks, spec, starting } from "./service-looks.ts";

const before = specOf(workload("web", { image: "myrepo/web:0-develop" }));
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

describe("a service that is good", () => {
  test.for<[string, ServiceLooks, string]>([
    [
      "once the same tasks have run long enough",
      [
        [0, good],
        [5_000, good],
      ],
      "passed: good since 0",
    ],
    [
      "counted from the first good look",
      [
        [0, starting],
        [8_000, good],
        [13_000, good],
      ],
      "passed: good since 8000",
    ],
    [
      "although it became good just before the deadline",
      [
        [0, starting],
        [59_000, good],
        [64_000, good],
      ],
      "passed: good since 59000",
    ],
    [
      "W9: without a state of an update, as after scaling",
      [
        [0, { tasks: [] }],
        [1_000, good],
        [6_000, good],
      ],
      "passed: good since 1000",
    ],
    [
      "when Swarm has completed its update",
      [
        [0, update("completed")],
        [5_000, update("completed")],
      ],
      "passed: good since 0",
    ],
    [
      "case 125: although Swarm goes on waiting for what does not come",
      [
        [0, update("updating")],
        [14_000, update("updating")],
        [15_000, update("updating")],
      ],
      "passed: good since 0",
    ],
  ])("must pass %s", ([, looks, verdict]) => {
    expect(judge(looks)).toBe(verdict);
  });

  test.for<[string, ServiceLooks, string]>([
    [
      "stable for too short a time",
      [
        [0, good],
        [4_999, good],
      ],
      "pending: running, stable for 5 s of 5 s",
    ],
    [
      "with other tasks than a moment ago",
      [
        [0, good],
        [4_000, { tasks: [task(spec, { id: "other" })] }],
        [8_000, { tasks: [task(spec, { id: "other" })] }],
      ],
      "pending: running, stable for 4 s of 5 s",
    ],
    [
      "watched by Swarm",
      [
        [0, update("updating")],
        [6_000, update("updating")],
      ],
      "pending: Swarm still watches the update",
    ],
    [
      "with a task of the build before beside it",
      [[0, { tasks: [task(spec), outdated] }]],
      "pending: 1 of 1 tasks run, 1 still of the build before",
    ],
    [
      "on a node that is down",
      [[0, { tasks: [task(spec, { nodeId: "id-node-2" })] }]],
      "pending: 0 of 1 tasks run",
    ],
    [
      "for now, with a task that finds no place",
      [[0, { tasks: [task(spec, { state: "pending", error: "no suitable node" })] }]],
      "pending: 0 of 1 tasks run: no suitable node",
    ],
  ])("must be waited for when it is %s", ([, looks, verdict]) => {
    expect(judge(looks)).toBe(verdict);
  });

  test("case 119: must pass with no tasks at all when it is to have none", () => {
    const none = workload("shop/web", {}, { containerNames: [] });
    const own = { ...gate, spec: specOf(none) };
    expect(
      judge(
        [
          [0, {}],
          [5_000, {}],
        ],
        own,
        none,
      ),
    ).toBe("passed: good since 0");
  });

  test("must have all its replicas", () => {
    const three = replicated("web", 3);
    const own = { ...gate, spec: specOf(three) };
    const two = { tasks: [1, 2].map((slot) => task(own.spec, { slot })) };
    expect(judge([[0, two]], own, three)).toBe("pending: 2 of 3 tasks run");
    expect(
      judge(
        [
          [0, {}],
          [5_000, {}],
        ],
        own,
        three,
      ),
    ).toBe("passed: good since 0");
  });
});

describe("a service that is no good", () => {
  test.for<[string, ServiceLooks, string]>([
    [
      "when it is gone",
      [
        [0, good],
        [1_000, "removed"],
      ],
      "precondition-failed: was removed",
    ],
    [
      "W4: when Swarm has paused its update",
      [[0, { ...update("paused"), tasks: [outdated, ...failing(1)] }]],
      "gate-failed: did not become good, and Swarm paused its update: task: non-zero exit (3)",
    ],
    [
      "W3: when Swarm has rolled it back",
      [
        [0, starting],
        [9_000, { ...update("rollback_completed"), spec: before, tasks: [outdated, ...failing(1)] }],
      ],
      "gate-failed: was rolled back by Swarm: task: non-zero exit (3)",
    ],
    [
      "when Swarm has given up rolling it back",
      [[0, { ...update("rollback_paused"), spec: before, tasks: failing(1) }]],
      "gate-failed: failed, and Swarm gave up rolling it back: task: non-zero exit (3)",
    ],
    [
      "when its tasks fail one after the other",
      [
        [0, starting],
        [9_000, { tasks: failing(2) }],
        [15_000, { tasks: failing(3) }],
      ],
      "gate-failed: failed in 3 tasks one after the other: task: non-zero exit (3)",
    ],
    [
      "W5: when nothing comes of it",
      [
        [0, starting],
        [
          60_000,
          { ...update("updating"), tasks: [task(spec, { state: "pending", error: "no suitable node" })] },
        ],
      ],
      "gate-failed: never became good within 1 min (0 of 1 tasks run): no suitable node",
    ],
    [
      "when its tasks change for ever although each look finds them good",
      [0, 20, 40, 60, 66].map(
        (second) => [second * 1_000, { tasks: [task(spec, { id: `task-${second}` })] }] as const,
      ),
      "gate-failed: never became good within 1 min (Swarm still watches the update)",
    ],
  ])("must fail %s", ([, looks, verdict]) => {
    expect(judge(looks)).toBe(verdict);
  });

  test("case 115: must be somebody else's affair when its spec is another one", () => {
    const other = specOf(workload("web", { environment: { HOTFIX: "1" } }));
    expect(
      judge([
        [0, good],
        [2_000, { spec: other, tasks: [task(other)] }],
      ]),
    ).toBe("precondition-failed: somebody else changed the service meanwhile; it was left as it is");
  });

  test("must not fail by tasks that had failed before", () => {
    const looks: ServiceLooks = [
      [0, { tasks: failing(3) }],
      [1_000, good],
      [6_000, good],
    ];
    expect(judge(looks)).toBe("passed: good since 1000");
  });

  test("W3: must be waited for while Swarm rolls it back, however good the old tasks are", () => {
    const back = { ...update("rollback_started"), spec: before, tasks: [outdated] };
    expect(
      judge([
        [0, back],
        [30_000, back],
      ]),
    ).toMatch(/^pending/);
  });
});
