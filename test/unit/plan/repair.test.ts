import { describe, expect, test } from "vitest";
import type { ContainerState } from "../../../src/model/actual-state.ts";
import { actualState, desiredState, port, runningContainer, workload } from "../../support/builders.ts";
import { planOf, planText } from "../../support/plan-text.ts";

const web = workload("web");

function repairOf(state: Partial<ContainerState>, name = "web"): { cause: string; steps: readonly string[] } {
  const plan = planOf(desiredState([web]), actualState([runningContainer(web, { state, name })]));
  const [change] = plan.changes;
  return { cause: `${change?.kind}: ${change?.cause}`, steps: plan.steps.map(({ id }) => id) };
}

describe("repair", () => {
  const rows: readonly [string, Partial<ContainerState>, string, readonly string[]][] = [
    [
      "92: stopped by hand",
      { status: "exited", exitCode: 137 },
      "is stopped (exit code 137)",
      ["start web", "gate web"],
    ],
    [
      "45: down after a restart of the Engine",
      { status: "exited", exitCode: 137 },
      "is stopped (exit code 137)",
      ["start web", "gate web"],
    ],
    ["91: paused", { status: "paused" }, "is paused", ["unpause web", "gate web"]],
    ["never started", { status: "created" }, "was never started", ["start web", "gate web"]],
    ["unhealthy", { health: "unhealthy" }, "health check says unhealthy", ["gate web"]],
    ["not healthy yet", { health: "starting" }, "health check says starting", ["gate web"]],
    ["24: in a crash loop", { status: "restarting", restartCount: 7 }, "keeps restarting", ["gate web"]],
    [
      "24: in a crash loop and runs at the moment",
      { restartCount: 7, startedAt: "2025-12-31T23:59:58.000Z" },
      "has just restarted (restart 7)",
      ["gate web"],
    ],
  ];
  test.for(rows)("must heal a container that is %s", ([, state, cause, steps]) => {
    expect(repairOf(state)).toEqual({ cause: `repair: ${cause}`, steps });
  });

  test("24: must leave a container alone that restarted once and has been stable since", () => {
    expect(repairOf({ restartCount: 7, startedAt: "2025-12-31T23:59:50.000Z" }).steps).toEqual([]);
  });

  test("must rename back what somebody renamed, and not restart it", () => {
    expect(repairOf({}, "web-old")).toEqual({
      cause: 'repair: is named "web-old" instead of "web"',
      steps: ["rename web"],
    });
  });

  test("15: must not rename to the present name", () => {
    expect(repairOf({ status: "exited" }).steps).not.toContain("rename web");
  });

  test("93: must clear away a dead container and create a new one", () => {
    const dead = runningContainer(web, { state: { status: "dead" } });
    expect(planText(desiredState([web]), actualState([dead]))).toMatchInlineSnapshot(`
      "
        + web             the container is dead                     units/web.service:1
            create   web
            start    web
            gate     web good within 10 s, then stable for 5 s
        * web leftover 1  left behind by an interrupted run (dead)
            remove   web

      1 to create, 1 to repair. Expected downtime: none.
      "
    `);
  });

  test("17: must wait for a container that is being removed", () => {
    const going = runningContainer(web, { state: { status: "removing" } });
    const plan = planOf(desiredState([web]), actualState([going]));
    expect(plan.changes[0]?.cause).toBe("the container is being removed");
    expect(plan.steps.map(({ id }) => id)[0]).toBe("remove web leftover 1");
  });

  test("must put an in-place change before the start of what is stopped", () => {
    const limited = workload("web", { memory: 2 ** 30 });
    const live = runningContainer(workload("web", { memory: 2 ** 29 }), {
      state: { status: "exited", exitCode: 1 },
    });
    const plan = planOf(desiredState([limited]), actualState([live]));
    expect(plan.steps.map(({ id }) => id)).toEqual(["update web", "start web", "gate web"]);
  });

  test("must refuse to start what needs a port that somebody else has taken meanwhile", () => {
    const edge = workload("edge", { ports: [port("80:80")] });
    const stopped = runningContainer(edge, { state: { status: "exited" } });
    const publishedPorts = [{ container: "nginx", hostIp: "0.0.0.0", hostPort: 80, protocol: "tcp" }];
    const plan = planOf(desiredState([edge]), actualState([stopped], { publishedPorts }));
    expect(plan.changes[0]?.cause).toBe(
      'host port 80 is in use by container "nginx", which does not belong to this configuration',
    );
  });
});
