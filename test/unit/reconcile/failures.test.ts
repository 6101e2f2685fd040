import { describe, expect, test } from "vitest";
import type { DesiredState } from "../../../src/model/desired-state.ts";
import type { ContainerSpec } from "../../../src/model/workload.ts";
import { desiredState, job, onNetworks, port, replicas, workload } from "../../support/builders.ts";
import type { SimulatedImage } from "../../support/simulated-container.ts";
import type { SimulatedEngine } from "../../support/simulated-engine.ts";
import { apply, engineRunning, plan, provideImages, type Run } from "../../support/simulation.ts";

/** Whole runs against the simulated Engine in which something goes wrong. */

const next = "myrepo/web:2-develop";
const checked = {
  healthcheck: { kind: "command", test: ["CMD", "ok"], intervalMs: 1_000, timeoutMs: 1_000, retries: 3 },
} as const;

interface Rollout extends Run {
  readonly engine: SimulatedEngine;
  readonly desired: DesiredState;
}

/** Web runs as build 1 and is to become build 2, whose image is like this. */
async function rollOut(
  build: Partial<SimulatedImage> | "missing",
  fields: Partial<ContainerSpec> = checked,
  around: readonly ReturnType<typeof workload>[] = [],
): Promise<Rollout> {
  const engine = await engineRunning(desiredState([workload("web", fields), ...around]));
  if (build !== "missing") engine.addImage(next, build, "remote");
  const desired = desiredState([workload("web", { ...fields, image: next }), ...around]);
  return { engine, desired, ...(await apply(engine, desired)) };
}

function storyOf({ report }: Run, key = "web"): string {
  const change = report.changes.find((found) => found.key === key);
  return `${change?.outcome}: ${change?.summary}`;
}

function namesOf(engine: SimulatedEngine): readonly string[] {
  return [...engine.containers.values()]
    .map(({ name, sent }) => `${name} ${sent.image.replace(/^.*:/, "")}`)
    .sort();
}

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
      expect(namesOf(run.engine)).toEqual(["web 1-develop"]);
      const web = run.engine.byName("web");
      expect([web?.isServing, web?.restart.name]).toEqual([true, "always"]);
      expect(run.engine.resolve("front", "web")).toEqual([web]);
    });
  }

  test("must tell the container's own story", async () => {
    const run = await rollOut({ behaviour: { kind: "never-healthy" } });
    expect(run.report.changes[0]?.failure?.details).toEqual(["last log line of web"]);
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
    const run = await rollOut({}, {}, [workload("other")]);
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

describe("ports, addresses and names", () => {
  test("49: a port held by a process of the host must bring the old container back", async () => {
    const engine = await engineRunning(desiredState([workload("web", { ports: [port("80:80")] })]));
    engine.hostPorts.add("tcp/81");
    const desired = desiredState([workload("web", { ports: [port("81:80"), port("80:80")] })]);
    const run = await apply(engine, desired);
    expect(storyOf(run)).toBe(
      "rolled-back: Bind for tcp/81 failed: port is already allocated; the old container still serves",
    );
    expect(engine.byName("web")?.isServing).toBe(true);
  });

  test("54: the new container must not answer to the alias before its gate, and the old one until it is drained", async () => {
    const fields = { ...checked, network: onNetworks({ network: "front", aliases: ["www"] }) };
    const engine = await engineRunning(desiredState([workload("web", fields)]));
    engine.addImage(next);
    const seen: string[] = [];
    engine.watch = ({ kind }) => {
      const answering = engine.resolve("front", "www").map(({ sent }) => sent.image.replace(/^.*:/, ""));
      seen.push(`${kind}: ${answering.sort().join(" and ")}`);
    };
    await apply(engine, desiredState([workload("web", { ...fields, image: next })]));
    expect(seen).toEqual([
      "create-container: 1-develop",
      "start-container: 1-develop",
      "cut-over: 1-develop and 2-develop",
      "stop-container: 2-develop",
      "rename-container: 2-develop",
      "rename-container: 2-develop",
      "remove-container: 2-develop",
    ]);
  });

  test("4: swapped names must end right, and in one run", async () => {
    const named = (one: string, two: string) =>
      desiredState([
        workload("one", {}, { containerNames: [one] }),
        workload("two", {}, { containerNames: [two] }),
      ]);
    const engine = await engineRunning(named("red", "blue"));
    const [red, blue] = [engine.byName("red"), engine.byName("blue")];
    expect((await apply(engine, named("blue", "red"))).report.converged).toBe(true);
    expect([engine.byName("blue"), engine.byName("red")]).toEqual([red, blue]);
    expect((await apply(engine, named("blue", "red"))).calls).toBe(0);
  });

  test("13: an adopted container must come back under its own name when the new one fails", async () => {
    const desired = desiredState([workload("web", { ...checked, image: next })]);
    const engine = await engineRunning(desiredState([workload("other")]));
    const theirs = engine.addForeign("web", workload("web").container);
    engine.addImage(next, { behaviour: { kind: "never-healthy" } });
    const run = await apply(engine, desiredState([workload("other"), ...desired.workloads]), {
      adopt: ["web"],
    });
    expect(run.report.converged).toBe(false);
    expect([theirs.name, theirs.isServing, theirs.restart.name]).toEqual(["web", true, "always"]);
  });
});

describe("containers that others touch", () => {
  test("16: one that is removed between plan and execution must be no failure of its removal", async () => {
    const engine = await engineRunning(desiredState([workload("web"), workload("old")]));
    engine.watch = ({ kind, container }) => {
      const old = container === "old" ? engine.byName("old") : undefined;
      if (kind === "stop-container" && old !== undefined) engine.containers.delete(old.id);
    };
    const run = await apply(engine, desiredState([workload("web")]));
    expect(storyOf(run, "old")).toBe("done: removed");
  });

  test("41: one that ignores SIGTERM must be killed after its grace period, and counted in the downtime", async () => {
    const engine = await engineRunning(
      desiredState([workload("web", { ports: [port("80:80")], stopTimeoutSeconds: 7 })]),
      (made) => made.addImage("myrepo/web:1-develop", { stopMs: Number.POSITIVE_INFINITY }),
    );
    engine.addImage(next);
    const run = await apply(
      engine,
      desiredState([workload("web", { ports: [port("80:80")], stopTimeoutSeconds: 7, image: next })]),
    );
    const [change] = run.report.changes;
    expect(change?.downtimeMs).toBeGreaterThanOrEqual(7_000);
    expect(change?.downtimeMs).toBeLessThanOrEqual(run.plan.changes[0]?.rollout?.downtimeMs ?? 0);
  });

  test("91: a paused one must be unpaused and not started", async () => {
    const desired = desiredState([workload("web")]);
    const engine = await engineRunning(desired);
    const web = engine.byName("web");
    if (web !== undefined) web.status = "paused";
    expect((await apply(engine, desired)).report.converged).toBe(true);
    expect(engine.calls.map(({ kind }) => kind)).toEqual(["unpause-container"]);
  });
});

describe("jobs", () => {
  const migrate = (version: number) => job("migrate", { image: `myrepo/migrate:${version}-develop` });
  const good = { behaviour: { kind: "exits", afterMs: 2_000, code: 0 } } as const;
  const bad = { behaviour: { kind: "exits", afterMs: 2_000, code: 4 } } as const;
  const api = workload("api", {}, { dependsOn: [{ workload: "migrate", condition: "completed" }] });

  test("89, 90: must run once for each spec, hold back dependents when it fails, and run again then", async () => {
    const desired = desiredState([migrate(1), api]);
    const engine = await engineRunning(desiredState([workload("web")]));
    engine.addImage("myrepo/migrate:1-develop", bad);
    engine.addImage("myrepo/api:1-develop");
    const first = await apply(engine, desired);
    expect(first.report.changes.map(({ key, outcome }) => `${key} ${outcome}`)).toEqual([
      "api skipped",
      "migrate failed",
      "web done",
    ]);
    expect(engine.byName("api")).toBe(undefined);
    engine.addImage("myrepo/migrate:1-develop", good);
    expect((await apply(engine, desired)).report.converged).toBe(true);
    expect((await apply(engine, desired)).calls).toBe(0);
  });

  test("90: a failed new run must keep the finished one of before", async () => {
    const engine = await engineRunning(desiredState([migrate(1)]), (made) =>
      made.addImage("myrepo/migrate:1-develop", good),
    );
    engine.addImage("myrepo/migrate:2-develop", bad);
    const run = await apply(engine, desiredState([migrate(2)]));
    expect(storyOf(run, "migrate")).toMatch(
      /^rolled-back: the job exited with code 4|^failed: the job exited with code 4/,
    );
    expect(namesOf(engine)).toEqual(["migrate 1-develop"]);
  });
});

describe("an interrupted run", () => {
  test("139: must take a rollout back that waits at its gate, begin nothing more and say so", async () => {
    const engine = await engineRunning(
      desiredState([workload("web", stopFirst), workload("late", {}, { dependsOn: [{ workload: "web" }] })]),
    );
    engine.addImage(next);
    const desired = desiredState([
      workload("web", { ...stopFirst, image: next }),
      workload("late", { environment: { V: "2" } }, { dependsOn: [{ workload: "web" }] }),
    ]);
    const controller = new AbortController();
    engine.watch = ({ step }) => {
      if (step === "start web") setImmediate(() => controller.abort(new Error("SIGTERM")));
    };
    const run = await apply(engine, desired, { signal: controller.signal });
    expect(run.report.verdict).toBe(
      "Interrupted, not converged: 1 failed and rolled back, 1 not tried; 0 of 2 as desired.",
    );
    expect(engine.byName("web")?.isUp).toBe(true);
    expect(namesOf(engine)).toEqual(["late 1-develop", "web 1-develop"]);
  });

  test("139: must leave what it has not begun alone", async () => {
    const engine = await engineRunning(desiredState([workload("web")]));
    const before = engine.calls.length;
    const run = await apply(engine, desiredState([workload("web", { user: "1" })]), {
      signal: AbortSignal.abort(new Error("SIGTERM")),
    });
    expect([engine.calls.length - before, storyOf(run)]).toEqual([
      0,
      "skipped: not tried: the run was interrupted",
    ]);
  });
});

test("45: what the Engine's restart left down must be started again, services only", async () => {
  const desired = desiredState([workload("web", { restart: { name: "no" } }), job("migrate")]);
  const engine = await engineRunning(desired);
  engine.byName("web")?.end(137);
  expect((await apply(engine, desired)).report.converged).toBe(true);
  expect(engine.calls.map(({ step }) => step)).toEqual(["start web"]);
});

test("1: must make no mutating call in the second, third and fourth run", async () => {
  const desired = desiredState([
    workload("web", stopFirst),
    job("migrate"),
    workload("a", {}, { containerNames: replicas(3, "a") }),
  ]);
  const engine = await engineRunning(desired);
  provideImages(engine, desired);
  for (let round = 0; round < 3; round++) {
    engine.clock.advance(3_600_000);
    expect((await apply(engine, desired)).calls).toBe(0);
  }
});
