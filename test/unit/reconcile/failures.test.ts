import { describe, expect, test } from "vitest";
import { desiredState, job, onNetworks, port, replicas, workload } from "../../support/builders.ts";
import { checked, namesOf, next, storyOf } from "../../support/rollouts.ts";
import { apply, engineRunning, provideImages } from "../../support/simulation.ts";

const stopFirst = { ...checked, ports: [port("80:80")] };

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
    expect((await apply(engine, desired)).calls).toBe(0);
    engine.clock.advance(10 * 60_000);
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
    const controller = new AbortController();
    const run = await apply(engine, desiredState([workload("web", { user: "1" })]), {
      signal: controller.signal,
      whenPlanned: () => controller.abort(new Error("SIGTERM")),
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
