import { describe, expect, test } from "vitest";
import type { ActualService } from "../../../../src/model/actual-swarm.ts";
import { job, workload } from "../../../support/builders.ts";
import { replicated } from "../../../support/clusters.ts";
import { node, now, runningService, specOf, swarmState, task } from "../../../support/services.ts";
import { changeOf, fieldTexts } from "../planning.ts";
import { servicePlan, stepOf, stepsOf } from "./planning.ts";

const web = workload("web");
const hex = "a".repeat(64);

describe("a service that is not there", () => {
  test("must be created and watched, its network before it", () => {
    const plan = servicePlan([web], [], { swarm: { networks: [] } });
    expect(stepsOf(plan)).toEqual(["create network front", "create web", "gate web"]);
    expect(changeOf(plan)).toMatchObject({ kind: "create", cause: "not there yet", fields: [] });
    expect(stepOf(plan, "create-service").dependsOn).toEqual(["create network front"]);
    expect(stepOf(plan, "create-network").payload.network.driver).toBe("overlay");
  });

  test("must be pinned to what the registry says, and labelled as ours", () => {
    const digests = new Map([[web.container.image, `sha256:${hex}`]]);
    const { spec, image } = stepOf(servicePlan([web], [], { swarm: { digests } }), "create-service").payload;
    expect(spec.TaskTemplate.ContainerSpec.Image).toBe(`myrepo/web:1-develop@sha256:${hex}`);
    expect(image).toBe("myrepo/web:1-develop");
    expect(spec.Labels).toMatchObject({
      "mysysconfig.project": "shop",
      "mysysconfig.environment": "develop",
      "mysysconfig.workload": "web",
      "mysysconfig.kind": "service",
      "mysysconfig.image": "myrepo/web:1-develop",
      "mysysconfig.txn": "11111111",
      "mysysconfig.spec": expect.stringMatching(/^v1:[0-9a-f]{32}$/),
    });
    expect(spec.TaskTemplate.ContainerSpec.Labels).toBeUndefined();
  });

  test("must be pinned to what was locked when the configuration was baked", () => {
    const baked = workload("web", { imageLock: { kind: "digest", value: `sha256:${hex}` } });
    const { spec } = stepOf(servicePlan([baked], []), "create-service").payload;
    expect(spec.TaskTemplate.ContainerSpec.Image).toContain(`@sha256:${hex}`);
  });
});

describe("a service that is as desired", () => {
  test.for<[string, Partial<ActualService>]>([
    ["and nothing happens", {}],
    ["although an older run made it", { createdAt: "2020-01-01T00:00:00Z" }],
    [
      "although a task of an older build is on its way out",
      {
        tasks: [
          task(specOf(web)),
          task(specOf(web), { id: "old", state: "shutdown", desiredState: "shutdown" }),
        ],
      },
    ],
    ["and was updated by Swarm", { update: { state: "completed", message: "update completed" } }],
  ])("case 111: must be left alone %s", ([, facts]) => {
    const plan = servicePlan([web], [runningService(web, facts)]);
    expect([stepsOf(plan), changeOf(plan).kind]).toEqual([[], "unchanged"]);
  });

  test("must be compared without what only informs: revision, transaction, source", () => {
    const spec = specOf(web, { source: "git.test/other" });
    const Labels = { ...spec.Labels, "mysysconfig.txn": "ffffffff", "mysysconfig.revision": "0000000" };
    const plan = servicePlan([web], [runningService(web, { spec: { ...spec, Labels } })]);
    expect(stepsOf(plan)).toEqual([]);
  });

  test.for<[string, Partial<ActualService>, string]>([
    ["starts", { tasks: [task(specOf(web), { state: "starting" })] }, "0 of 1 tasks run"],
    [
      "has no place",
      { tasks: [task(specOf(web), { state: "pending", error: "no suitable node" })] },
      "0 of 1 tasks run: no suitable node",
    ],
    ["has none", { tasks: [] }, "0 of 1 tasks run"],
    [
      "is watched by Swarm",
      { tasks: [task(specOf(web), { at: now })], update: { state: "updating", message: "" } },
      "Swarm still watches its update",
    ],
  ])("must be waited for while its task %s, without an update", ([, facts, cause]) => {
    const plan = servicePlan([web], [runningService(web, facts)]);
    expect([stepsOf(plan), changeOf(plan)]).toMatchObject([["gate web"], { kind: "repair", cause }]);
  });

  test("must be waited for while its tasks are on a node that is down", () => {
    const nodes = [node("node-1", { state: "down" }), node("node-2")];
    const plan = servicePlan([web], [runningService(web)], { swarm: { nodes } });
    expect(changeOf(plan)).toMatchObject({ kind: "repair", cause: "0 of 1 tasks run" });
  });

  test("W5: must have a way back when the update under way was begun by another run", () => {
    const previousSpec = specOf(workload("web", { image: "myrepo/web:0-develop" }));
    const service = runningService(web, {
      ...{ previousSpec, update: { state: "updating", message: "" } },
      tasks: [task(specOf(web), { state: "pending" })],
    });
    const { back } = stepOf(servicePlan([web], [service]), "gate-service").payload;
    expect(back).toEqual({ spec: previousSpec, image: "myrepo/web:0-develop" });
    const same = { ...service, previousSpec: service.spec };
    expect(stepOf(servicePlan([web], [same]), "gate-service").payload.back).toBeUndefined();
  });

  test("must not be waited for any more when Swarm waits for what does not come", () => {
    const update = { state: "updating", message: "" } as const;
    expect(stepsOf(servicePlan([web], [runningService(web, { update })]))).toEqual([]);
  });
});

describe("a service that differs", () => {
  const changed = workload("web", { image: "myrepo/web:2-develop", environment: { LEVEL: "debug" } });

  test("must be updated from what it is, with its fields told", () => {
    const service = runningService(web);
    const plan = servicePlan([changed], [service]);
    expect(stepsOf(plan)).toEqual(["update web", "gate web"]);
    expect(changeOf(plan)).toMatchObject({
      kind: "replace",
      cause: "the configuration changed",
      rollout: { order: "start-first", downtimeMs: 0 },
    });
    expect(fieldTexts(changeOf(plan))).toEqual([
      "image: myrepo/web:1-develop → myrepo/web:2-develop",
      "env LEVEL: - → debug",
    ]);
    const { payload } = stepOf(plan, "update-service");
    expect([payload.previous, payload.gate?.spec]).toEqual([service.spec, payload.spec]);
  });

  test("must be scaled without a restart", () => {
    const plan = servicePlan([replicated("web", 3)], [runningService(web)]);
    expect(changeOf(plan)).toMatchObject({ kind: "in-place" });
    expect(changeOf(plan).rollout).toBeUndefined();
    expect(fieldTexts(changeOf(plan))).toEqual(["replicas: 1 → 3"]);
  });

  test("must be called drift when the configuration did not change", () => {
    const service = runningService(web);
    const spec = { ...service.spec, Mode: { Replicated: { Replicas: 5 } } };
    const plan = servicePlan([web], [{ ...service, spec }]);
    expect(changeOf(plan)).toMatchObject({
      ...{ kind: "in-place", cause: "changed by hand on the cluster", drift: "changed: replicas" },
    });
  });

  test.for(["paused", "rollback_paused"] as const)("case 113: must be updated although it is %s", (state) => {
    const service = runningService(web, { update: { state, message: "failed" } });
    expect(stepsOf(servicePlan([changed], [service]))).toEqual(["update web", "gate web"]);
  });

  test.for(["paused", "rollback_paused"] as const)(
    "W2: must be left alone while it is %s when its tasks would stay the same",
    (state) => {
      const service = runningService(web, { update: { state, message: "task x failed" } });
      for (const wanted of [
        web,
        replicated("web", 3),
        workload("web", {}, { cluster: { labels: { a: "b" } } }),
      ]) {
        const plan = servicePlan([wanted], [service]);
        expect([stepsOf(plan), changeOf(plan)]).toMatchObject([
          [],
          { kind: "blocked", cause: expect.stringContaining("is paused: task x failed; what still runs") },
        ]);
      }
    },
  );

  test("case 114: must be set aside when Swarm has just rolled this very build back", () => {
    const failed = specOf(changed);
    const told = { error: "unhealthy container", state: "failed", desiredState: "shutdown" } as const;
    const service = runningService(web, {
      update: { state: "rollback_completed", message: "" },
      tasks: [task(specOf(web)), task(failed, { id: "t2", at: "2026-10-19T11:58:00.000Z", ...told })],
    });
    const plan = servicePlan([changed], [service]);
    expect([stepsOf(plan), changeOf(plan)]).toMatchObject([[], { kind: "set-aside" }]);
    expect(changeOf(plan).cause).toBe(
      "Swarm rolled this build back at 2026-10-19 11:58 UTC: unhealthy container; it is tried again when it changes, after 2026-10-19 12:08 UTC, or with --retry web",
    );
    expect(stepsOf(servicePlan([changed], [service], { retry: new Set(["web"]) }))).toHaveLength(2);
    const other = workload("web", { image: "myrepo/web:3-develop" });
    expect(stepsOf(servicePlan([other], [service]))).toHaveLength(2);
  });
});

describe("the mode", () => {
  const global = workload("web", {}, { cluster: { mode: "global" } });

  test("W7, case 121: must be a reason to refuse, or to make the service anew", () => {
    const service = runningService(web);
    expect(changeOf(servicePlan([global], [service]))).toMatchObject({
      kind: "blocked",
      cause:
        "runs as replicated service and is to run as global, which Swarm cannot change on a living service; it may be removed and made anew, with an interruption, by --recreate web",
    });
    const plan = servicePlan([global], [service], { recreate: new Set(["web"]) });
    expect(stepsOf(plan)).toEqual(["remove web", "create web", "gate web"]);
    expect(changeOf(plan).rollout).toMatchObject({ order: "stop-first" });
    expect(stepOf(plan, "remove-service").payload.previous).toEqual(service.spec);
  });
});

describe("a job", () => {
  const migrate = job("migrate");

  test("case 126: must never be updated for a label, and run again for another number of runs", () => {
    const service = runningService(migrate);
    const labelled = job("migrate", {}, { cluster: { labels: { a: "b" } } });
    expect(stepsOf(servicePlan([labelled], [service]))).toEqual([]);
    const twice = job("migrate", {}, { containerNames: ["migrate", "migrate-2"] });
    expect(stepsOf(servicePlan([twice], [service]))).toEqual(["update migrate", "gate migrate"]);
  });

  test("case 126: must not be taken back: an earlier build would run once more", () => {
    const plan = servicePlan([job("migrate", { image: "myrepo/migrate:2" })], [runningService(migrate)]);
    expect(stepOf(plan, "update-service").payload.gate).toBeUndefined();
    expect(stepOf(plan, "gate-service").payload.gate.stabilityMs).toBe(0);
  });

  test("must be run again by its number when it failed", () => {
    const service = runningService(migrate);
    const tasks = [
      task(service.spec, { state: "failed", desiredState: "shutdown", jobIteration: 0, error: "exit 4" }),
    ];
    const plan = servicePlan([migrate], [{ ...service, tasks }]);
    expect(changeOf(plan, "migrate").cause).toBe("the last run failed: exit 4");
    expect(stepOf(plan, "update-service").payload.spec.TaskTemplate.ForceUpdate).toBe(1);
  });

  test("must be placed anew only until it has run", () => {
    const on = (label: string) =>
      job(
        "migrate",
        {},
        { cluster: { placement: { constraints: [`node.labels.disk==${label}`], spread: [] } } },
      );
    const spec = specOf(on("hdd"));
    const waiting = runningService(on("hdd"), { tasks: [task(spec, { state: "pending", jobIteration: 0 })] });
    expect(stepsOf(servicePlan([on("ssd")], [waiting]))).toEqual(["update migrate", "gate migrate"]);
    const done = runningService(on("hdd"), { tasks: [task(spec, { jobIteration: 0 })] });
    expect(stepsOf(servicePlan([on("ssd")], [done]))).toEqual([]);
  });
});

test("a cluster is planned for whenever there is one to look at", () => {
  expect(swarmState([]).swarm?.nodes).toHaveLength(1);
});
