import { describe, expect, test } from "vitest";
import { desiredState, port, replicas, workload } from "../../support/builders.ts";
import { checked, namesOf, next, rollOut, storyOf } from "../../support/rollouts.ts";
import type { SimulatedImage } from "../../support/simulated-container.ts";
import { apply, engineRunning, plan } from "../../support/simulation.ts";

const stopFirst = { ...checked, ports: [port("80:80")] };

describe("a bad build", () => {
  const builds: readonly [string, Partial<SimulatedImage>, string][] = [
    [
      "23: exits at once",
      { behaviour: { kind: "exits", afterMs: 0, code: 1 } },
      "new build keeps restarting, last exit code 1",
    ],
    [
      "24: crash-loops under restart: always",
      { behaviour: { kind: "exits", afterMs: 150, code: 2 } },
      "new build keeps restarting, last exit code 2",
    ],
    ["25: never gets healthy", { behaviour: { kind: "never-healthy" } }, "new build never became healthy"],
    [
      "26: sickens in the window",
      { behaviour: { kind: "sickens", afterMs: 3_000 } },
      "new build was healthy, then became unhealthy",
    ],
    ["29: has no such command", { behaviour: { kind: "not-found" } }, "executable file not found in $PATH"],
  ];
  for (const [order, fields] of [
    ["start-first", checked],
    ["stop-first", stopFirst],
  ] as const) {
    test.for(builds)(`that %s must leave the old one serving (${order})`, async ([, build, reason]) => {
      const run = await rollOut(build, fields);
      expect(storyOf(run)).toBe(`rolled-back: ${reason}; 1-develop still serves`);
      expect(run.report).toMatchObject({ converged: false, exitCode: 1 });
      expect(namesOf(run.engine)).toEqual(["other 1-develop", "web 1-develop"]);
      const web = run.engine.byName("web");
      expect([web?.isServing, web?.restart.name]).toEqual([true, "always"]);
      expect(run.engine.resolve("front", "web")).toEqual([web]);
    });
  }

  test("must tell the container's own story", async () => {
    const run = await rollOut({ behaviour: { kind: "never-healthy" } });
    expect(run.report.changes[1]?.failure?.details).toEqual(["last log line of web"]);
  });

  test("38: must not stand in the way of the next revision", async () => {
    const { engine } = await rollOut({ behaviour: { kind: "never-healthy" } }, stopFirst);
    engine.addImage("myrepo/web:3-develop");
    const third = await apply(
      engine,
      desiredState([workload("web", { ...stopFirst, image: "myrepo/web:3-develop" })]),
    );
    expect(third.report.converged).toBe(true);
    expect(namesOf(engine)).toEqual(["web 3-develop"]);
  });

  test("36: must be reported as failed when the old one cannot be put back", async () => {
    const engine = await engineRunning(desiredState([workload("web", stopFirst)]));
    engine.addImage(next, { behaviour: { kind: "never-healthy" } });
    engine.faults = (_index, call) =>
      call.kind === "start-container" && call.container === "web" ? "before" : undefined;
    const run = await apply(engine, desiredState([workload("web", { ...stopFirst, image: next })]));
    expect(storyOf(run)).toBe(
      "failed: new build never became healthy; the old container could not be put back",
    );
  });

  test("39: must not keep siblings from changing, and must hold back who requires it", async () => {
    const siblings = (version: string) => [
      workload("other", { environment: { V: version } }),
      workload("child", { environment: { V: version } }, { dependsOn: [{ workload: "web" }] }),
    ];
    const engine = await engineRunning(desiredState([workload("web", checked), ...siblings("1")]));
    engine.addImage(next, { behaviour: { kind: "never-healthy" } });
    const run = await apply(
      engine,
      desiredState([workload("web", { ...checked, image: next }), ...siblings("2")]),
    );
    expect(storyOf(run, "other")).toMatch(/^done/);
    expect(storyOf(run, "child")).toBe("skipped: not tried: web did not succeed");
    expect(engine.byName("child")?.sent.environment).toEqual({ V: "1" });
    expect(run.report.verdict).toBe(
      "Not converged: 1 failed and rolled back, 1 not tried; 1 of 3 as desired.",
    );
  });

  test("must take both back when two services exchange their ports and one of them is bad", async () => {
    const two = (a: string, b: string, build = "1-develop") => [
      workload("a", { ports: [port(a)], image: `myrepo/a:${build}`, ...checked }),
      workload("b", { ports: [port(b)] }),
    ];
    const engine = await engineRunning(desiredState(two("80:80", "81:80")));
    engine.addImage("myrepo/a:2-develop", { behaviour: { kind: "never-healthy" } });
    const run = await apply(engine, desiredState(two("81:80", "80:80", "2-develop")));
    expect(["a", "b"].map((name) => engine.byName(name)?.sent.ports[0]?.hostPort)).toEqual(["80", "81"]);
    expect(["a", "b"].map((name) => engine.byName(name)?.isServing)).toEqual([true, true]);
    expect(run.report.changes.map(({ outcome }) => outcome)).toEqual(["rolled-back", "rolled-back"]);
  });

  test("must stop a rollout of replicas after the first batch", async () => {
    const many = (image: string) =>
      desiredState([workload("web", { ...checked, image }, { containerNames: replicas(4, "web") })]);
    const engine = await engineRunning(many("myrepo/web:1-develop"));
    engine.addImage(next, { behaviour: { kind: "never-healthy" } });
    const run = await apply(engine, many(next));
    expect(run.report.changes.map(({ outcome }) => outcome)).toEqual([
      "rolled-back",
      "skipped",
      "skipped",
      "skipped",
    ]);
    expect(namesOf(engine)).toEqual([
      "web-1 1-develop",
      "web-2 1-develop",
      "web-3 1-develop",
      "web-4 1-develop",
    ]);
  });
});

describe("a build that goes wrong before it can be judged", () => {
  const refusals: readonly [string, "create-container" | "start-container"][] = [
    [
      "33: a full disk, 34: a missing volume driver, 35: a missing path of the host at its creation",
      "create-container",
    ],
    ["22: anything the Engine says at its start", "start-container"],
  ];
  for (const fields of [checked, stopFirst]) {
    test.for(refusals)("%s must leave the old one serving", async ([, kind]) => {
      const run = await rollOut({}, fields, (engine) => {
        engine.faults = (_index, call) =>
          call.kind === kind && call.step.endsWith("web") ? "before" : undefined;
      });
      expect(storyOf(run)).toMatch(/^rolled-back: fault before .*; 1-develop still serves$/);
      expect(namesOf(run.engine)).toEqual(["other 1-develop", "web 1-develop"]);
      const stops = run.engine.calls.filter(
        ({ kind, container }) => kind === "stop-container" && container === "web",
      );
      expect(stops).toHaveLength(kind === "create-container" || fields === checked ? 0 : 1);
    });
  }

  test("27: without a health check it must survive the whole window", async () => {
    const run = await rollOut(
      { behaviour: { kind: "exits", afterMs: 4_500, code: 0 } },
      { restart: { name: "no" } },
    );
    expect(storyOf(run)).toBe("rolled-back: new build exited with code 0; 1-develop still serves");
  });

  test("28: a switched-off health check must not be waited for", async () => {
    const run = await rollOut({ healthcheck: checked.healthcheck }, { healthcheck: { kind: "none" } });
    expect(storyOf(run)).toBe("done: running, stable for 5 s");
  });

  test("30: a container that is gone at once must be a failed gate and nothing worse", async () => {
    const run = await rollOut({}, stopFirst, (engine) => {
      engine.watch = ({ kind, container }) => {
        const made =
          kind === "start-container" && container?.startsWith("web.next")
            ? engine.byName(container)
            : undefined;
        if (made !== undefined) engine.containers.delete(made.id);
      };
    });
    expect(storyOf(run)).toBe("rolled-back: new build was removed; 1-develop still serves");
  });

  test("43: a create whose answer is lost must not be left behind by the next run", async () => {
    const run = await rollOut({}, checked, (engine) => {
      engine.faults = (_index, call) => (call.kind === "create-container" ? "after" : undefined);
    });
    expect(namesOf(run.engine)).toContain("web.next-11111111 2-develop");
    run.engine.revive();
    const again = await apply(run.engine, run.desired, { txn: "22222222" });
    expect(again.report.converged).toBe(true);
    expect(namesOf(run.engine)).toEqual(["other 1-develop", "web 2-develop"]);
  });
});

describe("images", () => {
  test("31: a pull that fails must touch no container of the service, name the registry's words and let others go on", async () => {
    const engine = await engineRunning(desiredState([workload("web"), workload("other")]));
    const desired = desiredState([
      workload("web", { image: next }),
      workload("other", { environment: { V: "2" } }),
    ]);
    const run = await apply(engine, desired);
    expect(storyOf(run)).toBe(
      `rolled-back: manifest for ${next} not found: manifest unknown; 1-develop still serves`,
    );
    expect(storyOf(run, "other")).toMatch(/^done/);
    expect(engine.calls.filter(({ container }) => container?.startsWith("web"))).toEqual([]);
  });

  test("76: a new build must be pulled and replace exactly one container", async () => {
    const run = await rollOut({}, {});
    expect(run.report.verdict).toBe("Converged: 1 changed, 1 unchanged.");
    expect((await plan(run.engine, run.desired)).steps).toEqual([]);
  });

  test("77: a tag that stands for another image now must be rolled out once", async () => {
    const desired = desiredState([workload("web")]);
    const engine = await engineRunning(desired);
    engine.addImage("myrepo/web:1-develop", { id: "sha256:moved" });
    expect((await apply(engine, desired)).report.converged).toBe(true);
    expect((await apply(engine, desired)).calls).toBe(0);
  });
});
