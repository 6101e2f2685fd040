import { describe, expect, test } from "vitest";
import {
  isAnswered,
  nextRequest,
  type WatchPart,
  type WatchState,
} from "../../../src/docker/swarm/watch-schedule.ts";

const waiting = (sinceMs: number, isListed = true) => ({ sinceMs, isListed });

/** As it is when all was asked for at 0. */
function state(fields: Partial<WatchState> = {}): WatchState {
  return {
    waiters: [],
    begunMs: { services: 0, nodes: 0, tasks: 0 },
    changedMs: {},
    followsEvents: true,
    lastAskedMs: 0,
    nextAtMs: 3_000,
    hasBorrowed: false,
    ...fields,
  };
}

const ask = (nowMs: number, fields: Partial<WatchState>) => nextRequest(state(fields), nowMs);

describe("when a manager is asked what", () => {
  test("must be never, while nobody waits", () => {
    expect(ask(60_000, {})).toEqual({ kind: "idle" });
  });

  test("must be all at once in the beginning, and three seconds without a request after it", () => {
    const { lastAskedMs: _, ...fresh } = state({ begunMs: {}, nextAtMs: Number.NEGATIVE_INFINITY });
    const first = nextRequest({ ...fresh, waiters: [waiting(0)] }, 0);
    expect(first).toMatchObject({ kind: "ask", parts: ["services", "nodes", "tasks"], nextAtMs: 3_000 });
    expect(ask(1, { waiters: [waiting(1)] })).toEqual({ kind: "wait", untilMs: 3_000 });
    expect(ask(3_500, { waiters: [waiting(3_400)] })).toMatchObject({
      parts: ["tasks"],
      nextAtMs: 4_500,
    });
  });

  test.for<[string, Partial<WatchState>, WatchPart]>([
    ["tasks, whatever is known", {}, "tasks"],
    [
      "services that changed",
      { begunMs: { services: 8_000, nodes: 8_000, tasks: 9_000 }, changedMs: { services: 8_500 } },
      "services",
    ],
    [
      "tasks that are older than a change",
      { begunMs: { services: 9_000, nodes: 9_000, tasks: 8_000 }, changedMs: { services: 9_500 } },
      "tasks",
    ],
    [
      "services of five seconds ago",
      { begunMs: { services: 4_900, nodes: 4_900, tasks: 9_000 } },
      "services",
    ],
    ["nodes of fifteen seconds ago", { begunMs: { services: 9_000, nodes: -5_100, tasks: 9_000 } }, "nodes"],
    [
      "nodes that changed",
      { begunMs: { services: 9_000, nodes: 6_000, tasks: 9_000 }, changedMs: { nodes: 6_500 } },
      "nodes",
    ],
    [
      "all of it in turn without events",
      { followsEvents: false, begunMs: { services: 9_000, nodes: 8_000, tasks: 9_500 } },
      "nodes",
    ],
    [
      "services when the one that is waited for is not listed",
      { waiters: [waiting(9_900, false)], begunMs: { services: 8_000, nodes: 8_000, tasks: 9_000 } },
      "services",
    ],
  ])("must be one at a time: %s", ([, fields, part]) => {
    const begunMs = { services: 9_000, nodes: 9_000, tasks: 9_000 };
    const its = { waiters: [waiting(9_900)], begunMs, lastAskedMs: 9_000, nextAtMs: 10_000, ...fields };
    expect(ask(10_000, its)).toEqual({ kind: "ask", parts: [part], nextAtMs: 11_000, hasBorrowed: false });
  });

  test("must be earlier once after an event, and later in return", () => {
    const waiters = [waiting(9_100)];
    const its = { waiters, lastAskedMs: 9_000, nextAtMs: 10_000, hintMs: 9_200 };
    expect(ask(9_200, its)).toMatchObject({ kind: "ask", nextAtMs: 11_000, hasBorrowed: true });
    expect(
      ask(9_400, { ...its, lastAskedMs: 9_200, hintMs: 9_400, hasBorrowed: true, nextAtMs: 11_000 }),
    ).toEqual({
      kind: "wait",
      untilMs: 11_000,
    });
    expect(ask(9_400, { ...its, hintMs: 8_000 })).toEqual({ kind: "wait", untilMs: 10_000 });
  });
});

describe("an answer to a look", () => {
  test.for<[boolean, string, Partial<WatchState>]>([
    [true, "all of it was asked for since", { begunMs: { services: 5, nodes: 6, tasks: 7 } }],
    [
      true,
      "services and nodes have not changed since they were asked for",
      { begunMs: { services: 1, nodes: 1, tasks: 7 } },
    ],
    [false, "the tasks are older", { begunMs: { services: 6, nodes: 6, tasks: 4 } }],
    [
      false,
      "the services have changed",
      { begunMs: { services: 1, nodes: 6, tasks: 7 }, changedMs: { services: 3 } },
    ],
    [
      false,
      "the nodes have changed",
      { begunMs: { services: 6, nodes: 1, tasks: 7 }, changedMs: { nodes: 3 } },
    ],
    [
      false,
      "nobody tells what changes",
      { begunMs: { services: 6, nodes: 1, tasks: 7 }, followsEvents: false },
    ],
    [false, "nothing is known of the nodes", { begunMs: { services: 6, tasks: 7 } }],
    [
      false,
      "it is not listed, and may have come since",
      { begunMs: { services: 1, nodes: 6, tasks: 7 }, waiters: [waiting(5, false)] },
    ],
  ])("must be %o when %s", ([isAnswer, , fields]) => {
    const its = state({ waiters: [waiting(5)], ...fields });
    expect(isAnswered(its, its.waiters[0] ?? waiting(5))).toBe(isAnswer);
  });
});
