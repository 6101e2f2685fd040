import { describe, expect, test } from "vitest";
import type { Healthcheck, UpdatePolicy } from "../../../src/model/workload.ts";
import { downtimeBoundMs, gateCriteria, restoredGate, stopTimeoutSeconds } from "../../../src/plan/gate.ts";
import { createWorld } from "../../../src/plan/world.ts";
import { actualState, desiredState, image, runningContainer, workload } from "../../support/builders.ts";

interface Case {
  readonly own?: Healthcheck;
  /** The image's own; `gone`: the image is not on the Engine yet. */
  readonly image?: Healthcheck | "gone";
  /** What the old container checks. */
  readonly old?: Healthcheck;
  readonly oldStopSeconds?: number;
  readonly update?: Partial<UpdatePolicy>;
  readonly gateTimeoutMs?: number;
}

const off: Healthcheck = { kind: "none" };
const every = (
  intervalMs: number,
  rest: Partial<Extract<Healthcheck, { kind: "command" }>> = {},
): Healthcheck => ({
  kind: "command",
  test: ["CMD", "true"],
  intervalMs,
  timeoutMs: 1_000,
  retries: 2,
  ...rest,
});

function setting(row: Case) {
  const wanted = workload(
    "web",
    { image: "myrepo/web:2", ...(row.own === undefined ? {} : { healthcheck: row.own }) },
    { update: row.update ?? {} },
  );
  const old = runningContainer(workload("web"), {
    spec: {
      ...(row.old === undefined ? {} : { healthcheck: row.old }),
      ...(row.oldStopSeconds === undefined ? {} : { stopTimeoutSeconds: row.oldStopSeconds }),
    },
  });
  const base = desiredState([wanted]);
  const { environment } = base;
  const rollout = {
    ...environment.rollout,
    ...(row.gateTimeoutMs === undefined ? {} : { gateTimeoutMs: row.gateTimeoutMs }),
  };
  const defaults = row.image === undefined || row.image === "gone" ? {} : { healthcheck: row.image };
  const images = new Map(row.image === "gone" ? [] : [["myrepo/web:2", image("myrepo/web:2", defaults)]]);
  const world = createWorld(
    { ...base, environment: { ...environment, rollout } },
    actualState([old], { images }),
    new Set(),
  );
  return { wanted, old, world };
}

describe("the gate of a new container", () => {
  test.for<[string, Case, number]>([
    ["without a health check: the time to start", {}, 10_000],
    ["with a health check switched off", { own: off, image: every(5_000) }, 10_000],
    ["with an image that switches it off", { image: off }, 10_000],
    [
      "with a check: start period + tries × (interval + timeout) + slack",
      { own: every(5_000, { startPeriodMs: 20_000 }) },
      42_000,
    ],
    ["with Docker's defaults", { own: { kind: "command", test: ["CMD", "true"] } }, 190_000],
    [
      "with zeros, which mean Docker's defaults",
      { own: every(0, { timeoutMs: 0, retries: 0, startPeriodMs: 0 }) },
      190_000,
    ],
    ["with the image's check", { image: every(5_000) }, 22_000],
    [
      "with a part of a check over the image's",
      { own: { kind: "command", retries: 5 }, image: every(5_000) },
      40_000,
    ],
    ["with an image still to be pulled, which may bring a check", { image: "gone" }, 190_000],
    ["with an image still to be pulled and no check whatever it brings", { own: off, image: "gone" }, 10_000],
    ["with a deadline of the environment", { own: every(5_000), gateTimeoutMs: 7_000 }, 7_000],
  ])("must wait just long enough %s", ([, row, timeoutMs]) => {
    const { wanted, world } = setting(row);
    expect(gateCriteria(wanted, world)).toEqual({ stabilityMs: 5_000, timeoutMs });
  });

  test.for([
    [{ monitorMs: 60_000 }, 60_000],
    [{ monitorMs: 0 }, 0],
    [{}, 5_000],
  ] as const)("must hold a workload with %j for %d ms", ([update, stabilityMs]) => {
    const { wanted, world } = setting({ update });
    expect(gateCriteria(wanted, world).stabilityMs).toBe(stabilityMs);
  });
});

describe("the gate of an old container that is put back", () => {
  test.for<[string, Case, number]>([
    ["its own check, not the new one's", { old: every(5_000), own: every(60_000) }, 22_000],
    ["no check", { own: every(60_000) }, 10_000],
    ["a check switched off", { old: off }, 10_000],
    ["the environment's deadline", { old: every(5_000), gateTimeoutMs: 7_000 }, 7_000],
  ])("must follow %s", ([, row, timeoutMs]) => {
    const { old, world } = setting(row);
    expect(restoredGate(old, world)).toEqual({ stabilityMs: 1_000, timeoutMs });
  });

  test("must not hold it longer than a new one", () => {
    const { old } = setting({});
    const world = createWorld(desiredState([], { stabilityMs: 200 }), actualState([old]), new Set());
    expect(restoredGate(old, world).stabilityMs).toBe(200);
  });
});

describe("the bound of a downtime", () => {
  test.for<[string, Case, number]>([
    ["grace period and start", {}, 15_000],
    ["the old container's own grace period", { oldStopSeconds: 60 }, 65_000],
    ["no grace period", { oldStopSeconds: 0 }, 5_000],
    ["the time to become healthy", { own: every(5_000) }, 37_000],
    ["the image's check", { image: every(5_000) }, 37_000],
    ["the old container's check while the image is not there", { image: "gone", old: every(5_000) }, 37_000],
    ["no check of the old one once the image is known", { old: every(5_000) }, 15_000],
    ["a check switched off", { own: off, image: "gone", old: every(5_000) }, 15_000],
    ["the environment's deadline", { own: every(5_000), gateTimeoutMs: 7_000 }, 22_000],
    ["no deadline without a check", { gateTimeoutMs: 7_000 }, 15_000],
  ])("must count %s", ([, row, ms]) => {
    const { wanted, old, world } = setting(row);
    expect(downtimeBoundMs(old, wanted, world)).toBe(ms);
  });
});

test.for([
  [undefined, 10],
  [0, 0],
  [90, 90],
] as const)("a stop timeout of %s must be %d seconds", ([given, seconds]) => {
  expect(stopTimeoutSeconds(given)).toBe(seconds);
});
