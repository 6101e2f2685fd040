import { describe, expect, test } from "vitest";
import type { ContainerSpec } from "../../../src/model/workload.ts";
import { containerLabels, desiredFingerprint, objectLabels } from "../../../src/plan/labels.ts";
import { instancesOf } from "../../../src/plan/pair.ts";
import { createWorld } from "../../../src/plan/world.ts";
import {
  actualState,
  type DesiredOptions,
  desiredState,
  job,
  txn,
  workload,
} from "../../support/builders.ts";

function labelsOf(
  spec: Parameters<typeof desiredState>[0][number],
  options: DesiredOptions = {},
  replica = 1,
) {
  const desired = desiredState([spec], options);
  const instance = instancesOf(desired)[replica - 1];
  if (instance === undefined) throw new Error("no such replica");
  return containerLabels(instance, createWorld(desired, actualState(), new Set()), txn);
}

describe("labels of a container", () => {
  test("must say who owns it, what it is, and which rollout made it", () => {
    const spec = workload("web");
    expect(labelsOf(spec, { source: "https://git.example/shop.git" })).toEqual({
      "mysysconfig.project": "shop",
      "mysysconfig.environment": "develop",
      "mysysconfig.revision": "3f2c1ab",
      "mysysconfig.source": "https://git.example/shop.git",
      "mysysconfig.workload": "web",
      "mysysconfig.replica": "1",
      "mysysconfig.kind": "service",
      "mysysconfig.spec": desiredFingerprint(spec, desiredState([spec])),
      "mysysconfig.txn": txn,
    });
  });

  test("must leave out a source that is not known", () => {
    expect(labelsOf(workload("web"))).not.toHaveProperty("mysysconfig.source");
  });

  test("must number replicas and name jobs", () => {
    expect(labelsOf(workload("web", {}, { containerNames: ["web-1", "web-2"] }), {}, 2)).toMatchObject({
      "mysysconfig.workload": "web",
      "mysysconfig.replica": "2",
    });
    expect(labelsOf(job("migrate"))).toMatchObject({ "mysysconfig.kind": "job" });
  });

  test("must list what it needs, once each and in order", () => {
    const dependsOn = ["db", "cache", "db"].map((name) => ({ workload: name }));
    expect(labelsOf(workload("web", {}, { dependsOn }))).toMatchObject({ "mysysconfig.needs": "cache,db" });
  });

  test.for<[Partial<ContainerSpec>, string | undefined]>([
    [{}, undefined],
    [{ memory: 1, labels: { a: "1" } }, undefined],
    [{ init: false }, undefined],
    [{ shmSize: 1024, runtime: "runc", init: true }, "init,runtime,shared memory"],
    [{ ipcMode: "private", cgroupnsMode: "host" }, "ipc,cgroup namespace"],
    [{ logging: { options: {} }, ulimits: [{ name: "core", soft: 0, hard: 0 }] }, "ulimits,logging"],
  ])("must remember which Engine defaults %j overrides: %s", ([spec, set]) => {
    expect(labelsOf(workload("web", spec))["mysysconfig.set"]).toBe(set);
  });
});

test("labels of other objects must say who owns them, and no more", () => {
  expect(objectLabels(desiredState([workload("web")], { source: "/srv/config" }))).toEqual({
    "mysysconfig.project": "shop",
    "mysysconfig.environment": "develop",
    "mysysconfig.revision": "3f2c1ab",
    "mysysconfig.source": "/srv/config",
  });
});

describe("the fingerprint", () => {
  const of = (...args: Parameters<typeof workload>) =>
    desiredFingerprint(workload(...args), desiredState([]));

  test("must not change with what is no property of the container", () => {
    const elsewhere = { file: "other.service", line: 7, column: 7 };
    expect(
      of(
        "web",
        {},
        {
          containerNames: ["web-1", "web-2"],
          dependsOn: [{ workload: "db" }],
          update: { order: "stop-first", monitorMs: 1 },
          origin: elsewhere,
          positions: { image: elsewhere },
        },
      ),
    ).toBe(of("web"));
  });

  test("must change with the container and with the kind", () => {
    const found = [
      of("web"),
      of("web", { user: "www" }),
      of("web", { image: "myrepo/web:2" }),
      of("web", {}, { kind: "job" }),
    ];
    expect(new Set(found).size).toBe(4);
  });

  test("must not let anybody guess a secret", () => {
    const spec = (password: string) => workload("web", { environment: { PASSWORD: password } });
    const of = (password: string) =>
      desiredFingerprint(spec(password), desiredState([], { secretValues: [password] }));
    expect(of("hunter2")).toBe(of("correct horse"));
    expect(of("hunter2")).not.toBe(desiredFingerprint(spec("hunter2"), desiredState([])));
  });
});
