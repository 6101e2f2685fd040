import { describe, expect, test } from "vitest";
import {
  actualState,
  desiredState,
  job,
  replicas,
  runningContainer,
  workload,
} from "../../support/builders.ts";
import { planOf, planText, waitsFor } from "../../support/plan-text.ts";

const v2 = { environment: { V: "2" } };
const shared = (owner: string) => ({ network: { kind: "workload", workload: owner } }) as const;

describe("dependencies", () => {
  test("must start dependents after what they need is ready, and optional ones after it is over", () => {
    const desired = desiredState([
      workload("db"),
      workload("api", {}, { dependsOn: [{ workload: "db", condition: "healthy" }] }),
      workload("tail", {}, { dependsOn: [{ workload: "db", required: false }] }),
    ]);
    const plan = planOf(desired, actualState());
    const [api, tail] = ["create api", "create tail"].map((id) => plan.steps.find((step) => step.id === id));
    expect([api?.dependsOn, api?.after]).toEqual([["pull myrepo/api:1-develop", "gate db"], []]);
    expect([tail?.dependsOn, tail?.after]).toEqual([["pull myrepo/tail:1-develop"], ["gate db"]]);
  });

  test("87: must not replace dependents of a replaced workload, unless they ask for it", () => {
    const db = workload("db");
    const plain = workload("plain", {}, { dependsOn: [{ workload: "db" }] });
    const bound = workload("bound", {}, { dependsOn: [{ workload: "db", restart: true }] });
    const actual = actualState([db, plain, bound].map((spec) => runningContainer(spec)));
    expect(planText(desiredState([workload("db", v2), plain, bound]), actual)).toMatchInlineSnapshot(`
      "
        ~ bound  depends on db, which is replaced  units/bound.service:1  start-first, no downtime
            create   bound (next), without its aliases yet
            start    bound (next)
            gate     bound (next) good within 10 s, then stable for 5 s
            cut over bound on front
            wait     1 s for clients to reach the new address
            stop     bound, up to 10 s
            rename   bound to bound (previous)
            rename   bound (next) to bound
            remove   bound (previous)
        ~ db     env V  + ***                      units/db.service:1     start-first, no downtime
            cause: the configuration changed
            create   db (next), without its aliases yet
            start    db (next)
            gate     db (next) good within 10 s, then stable for 5 s
            cut over db on front
            wait     1 s for clients to reach the new address
            stop     db, up to 10 s
            rename   db to db (previous)
            rename   db (next) to db
            remove   db (previous)

      2 to replace, 1 unchanged. Expected downtime: none.
      "
    `);
  });
});

describe("shared namespaces", () => {
  const vpn = workload("vpn");
  const app = workload("app", shared("vpn"));
  const owner = runningContainer(vpn);
  const inside = runningContainer(app, { spec: { network: { kind: "container", container: owner.id } } });

  test("must see no change where the live container names the owner by id", () => {
    expect(planOf(desiredState([vpn, app]), actualState([owner, inside])).steps).toEqual([]);
  });

  test("65: must replace who lives in the network of a replaced container, after it", () => {
    const plan = planOf(desiredState([workload("vpn", v2), app]), actualState([owner, inside]));
    expect(plan.changes.map(({ key, cause }) => `${key}: ${cause}`)).toEqual([
      "app: shares a namespace of vpn, which is replaced",
      "vpn: the configuration changed",
    ]);
    expect(waitsFor(plan, "create app", "commit vpn")).toBe(true);
  });

  test("65: must follow chains of namespaces", () => {
    const inner = workload("inner", shared("app"));
    const live = runningContainer(inner, { spec: { network: { kind: "container", container: inside.id } } });
    const plan = planOf(desiredState([workload("vpn", v2), app, inner]), actualState([owner, inside, live]));
    expect(plan.changes.map(({ kind }) => kind)).toEqual(["replace", "replace", "replace"]);
  });

  test("65: must replace who was left in the namespace of a container that is started again", () => {
    const stopped = { ...owner, state: { ...owner.state, status: "exited" as const } };
    const plan = planOf(desiredState([vpn, app]), actualState([stopped, inside]));
    expect(plan.changes[0]?.cause).toBe("shares a namespace of vpn, which is started again");
  });

  test("65: must notice that the owner was restarted behind our back", () => {
    const restarted = { ...owner, state: { ...owner.state, startedAt: "2026-10-19T09:30:00.123456789Z" } };
    const plan = planOf(desiredState([vpn, app]), actualState([restarted, inside]));
    expect(plan.changes[0]?.cause).toBe("the container whose network it shares was started again after it");
  });

  test("65: must follow a shared process namespace, which is named by container", () => {
    const debug = workload("debug", { pidMode: "container:vpn" });
    const plan = planOf(
      desiredState([workload("vpn", v2), debug]),
      actualState([owner, runningContainer(debug)]),
    );
    expect(plan.changes[0]?.cause).toBe("shares a namespace of vpn, which is replaced");
  });

  test("must not run a finished job again because the container whose network it shared is replaced", () => {
    const migrate = job("migrate", shared("vpn"));
    const done = runningContainer(migrate, {
      state: { status: "exited" },
      spec: { network: { kind: "container", container: owner.id } },
    });
    const plan = planOf(desiredState([workload("vpn", v2), migrate]), actualState([owner, done]));
    expect(plan.changes.find(({ key }) => key === "migrate")?.kind).toBe("unchanged");
    const later = {
      ...done,
      spec: { ...done.spec, network: { kind: "container", container: "gone" } as const },
    };
    expect(planOf(desiredState([vpn, migrate]), actualState([owner, later])).steps).toEqual([]);
  });
});

describe("replicas", () => {
  const names = replicas(5, "web");
  const before = workload("web", {}, { containerNames: names });
  const all = names.map((_name, index) => runningContainer(before, { replica: index + 1 }));

  test("must replace replicas batch by batch, with a pause between batches", () => {
    const after = workload("web", v2, { containerNames: names, update: { parallelism: 2, delayMs: 10_000 } });
    const plan = planOf(desiredState([after]), actualState(all));
    const pauses = plan.steps.filter(({ kind, id }) => kind === "pause" && id.startsWith("pause"));
    expect(pauses.map(({ dependsOn }) => dependsOn)).toEqual([
      ["commit web#1", "commit web#2"],
      ["commit web#3", "commit web#4"],
    ]);
    expect(waitsFor(plan, "create web#5", "commit web#3")).toBe(true);
    expect(waitsFor(plan, "create web#2", "commit web#1")).toBe(false);
  });

  test("must replace all at once with parallelism 0", () => {
    const after = workload("web", v2, { containerNames: names, update: { parallelism: 0 } });
    const plan = planOf(desiredState([after]), actualState(all));
    expect(waitsFor(plan, "create web#5", "commit web#1")).toBe(false);
  });

  test("94: must fill the gaps when scaling up, without batches", () => {
    const gap = all.filter(({ record }) => record.replica !== 2 && record.replica !== 4);
    const plan = planOf(desiredState([before]), actualState(gap));
    expect(plan.changes.filter(({ kind }) => kind === "create").map(({ key }) => key)).toEqual([
      "web#2",
      "web#4",
    ]);
    expect(waitsFor(plan, "create web#4", "gate web#2")).toBe(false);
  });
});

describe("jobs", () => {
  const migrate = job("migrate");
  const ran = (exitCode: number, spec = migrate) =>
    runningContainer(spec, { state: { status: "exited", exitCode } });

  test("89: must not run again what has finished for this spec, whatever became of its container", () => {
    const changed = { ...ran(0), name: "migrate", networkIds: { front: "gone" } };
    expect(planOf(desiredState([migrate]), actualState([changed])).steps).toEqual([]);
  });

  test("89: must run again when its spec changed, even where a service would change in place", () => {
    const wanted = job("migrate", { memory: 2 ** 30 });
    const plan = planOf(desiredState([wanted]), actualState([ran(0, job("migrate", { memory: 2 ** 29 }))]));
    expect(plan.steps.map(({ id }) => id)).toEqual([
      "create migrate",
      "start migrate",
      "await migrate",
      "set aside old migrate",
      "commit migrate",
      "remove old migrate",
    ]);
  });

  test("90: must run again what has failed, and hold back who requires it", () => {
    const api = workload("api", {}, { dependsOn: [{ workload: "migrate", condition: "completed" }] });
    const plan = planOf(desiredState([migrate, api]), actualState([ran(3)]));
    expect(plan.changes[1]).toMatchObject({ kind: "replace", cause: "the last run exited with 3" });
    expect(waitsFor(plan, "create api", "await migrate")).toBe(true);
  });

  test("must wait for a job that is running, and not start it twice", () => {
    const plan = planOf(desiredState([migrate]), actualState([runningContainer(migrate)]));
    expect(plan.steps.map(({ id }) => id)).toEqual(["await migrate"]);
  });

  test("must run a job that was created and never started", () => {
    const created = runningContainer(migrate, { state: { status: "created" } });
    expect(planOf(desiredState([migrate]), actualState([created])).steps.map(({ id }) => id)).toEqual([
      "start migrate",
      "await migrate",
    ]);
  });

  test("must take a finished job whose renames were interrupted for done", () => {
    const next = { ...ran(0), name: "migrate.next-aaaaaaaa", id: "e".repeat(64) };
    const plan = planOf(desiredState([migrate]), actualState([ran(0, job("migrate", v2)), next]));
    expect(plan.steps.map(({ kind }) => kind)).toEqual(["remove-container", "rename-container"]);
  });

  test("must never start an old job again when the new one fails", () => {
    const plan = planOf(desiredState([job("migrate", v2)]), actualState([runningContainer(migrate)]));
    expect(plan.steps.find(({ id }) => id === "stop migrate")?.payload).not.toHaveProperty("gate");
  });

  test("must replace what was a job and is a service now", () => {
    const plan = planOf(
      desiredState([workload("migrate", { restart: { name: "no" } })]),
      actualState([ran(0)]),
    );
    expect(plan.changes[0]?.fields.map(({ field }) => field)).toContain("kind");
  });
});
