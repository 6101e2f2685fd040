import { describe, expect, test } from "vitest";
import type { WorkloadSpec } from "../../../../src/model/workload.ts";
import {
  batchesOf,
  readyTimeoutMs,
  serviceGateOf,
  stopMs,
} from "../../../../src/plan/services/service-gate.ts";
import { createServiceWorld } from "../../../../src/plan/services/service-world.ts";
import { createWorld } from "../../../../src/plan/world.ts";
import { job, workload } from "../../../support/builders.ts";
import { clusterState, quickCheck, replicated } from "../../../support/clusters.ts";
import { node, specOf, swarmState } from "../../../support/services.ts";

function gateOf(wanted: WorkloadSpec, nodes = 1) {
  const state = swarmState([], {
    nodes: Array.from({ length: nodes }, (_, index) => node(`node-${index + 1}`)),
  });
  if (state.swarm === undefined) throw new Error("a cluster");
  const services = createServiceWorld(
    createWorld(clusterState([wanted]), state, new Set()),
    state.swarm,
    "",
    new Set(),
  );
  const spec = services.specOf(wanted);
  return { gate: serviceGateOf(wanted, spec, services), batches: batchesOf(spec, services) };
}

describe("the deadline of a service", () => {
  test("must give each batch the time to be pulled, become healthy, stop and be watched", () => {
    const { gate } = gateOf(workload("web", { healthcheck: quickCheck, stopTimeoutSeconds: 20 }));
    // 3 checks of 1 s, 90 s to be placed and pulled, 20 s to stop, 5 s watched; and 30 s for a node that is lost.
    expect([gate.timeoutMs, gate.stabilityMs]).toEqual([3_000 + 90_000 + 20_000 + 5_000 + 30_000, 5_000]);
  });

  test("must grow with the number of batches", () => {
    const one = gateOf(replicated("web", 4, { healthcheck: quickCheck }, { update: { parallelism: 4 } }));
    const four = gateOf(replicated("web", 4, { healthcheck: quickCheck }));
    const global = gateOf(workload("web", { healthcheck: quickCheck }, { cluster: { mode: "global" } }), 3);
    expect([one.batches, four.batches, global.batches]).toEqual([1, 4, 3]);
    expect(four.gate.timeoutMs - 30_000).toBe(4 * (one.gate.timeoutMs - 30_000));
  });

  test("must count all at once as one batch", () => {
    const spec = { ...specOf(replicated("web", 9)), UpdateConfig: { Parallelism: 0 } };
    expect(batchesOf(spec, { swarm: { nodes: [] } as never })).toBe(1);
  });

  test("must be an hour for a job, which needs no stability", () => {
    expect(gateOf(job("migrate")).gate).toMatchObject({ stabilityMs: 0, timeoutMs: 3_600_000 });
  });
});

describe("the time until a task counts as unhealthy", () => {
  test("must follow from its check, or from what an image may bring", () => {
    const ready = (fields: Parameters<typeof workload>[1]) => readyTimeoutMs(specOf(workload("web", fields)));
    expect([
      ready({}),
      ready({ healthcheck: { kind: "none" } }),
      ready({ healthcheck: { ...quickCheck, startPeriodMs: 60_000 } }),
    ]).toEqual([180_000, 0, 63_000]);
  });

  test("must be 10 s for stopping unless declared", () => {
    expect([
      stopMs(specOf(workload("web"))),
      stopMs(specOf(workload("web", { stopTimeoutSeconds: 3 }))),
    ]).toEqual([10_000, 3_000]);
  });
});
