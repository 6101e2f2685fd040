import { describe, expect, test } from "vitest";
import { linkManifests } from "../../../src/desired/link.ts";
import type { Target } from "../../../src/model/actual-state.ts";
import type { WorkloadSpec } from "../../../src/model/workload.ts";
import { at, manifestOf, port, say, workloadOf } from "./builders.ts";

function link(target: Target, ...workloads: readonly WorkloadSpec[]) {
  const { diagnostics } = linkManifests([manifestOf({ workloads })], () => false, { target });
  return say(diagnostics);
}

/** A unit that keeps away from some others; its pattern stands in line 9. */
function apartFrom(key: string, pattern: string, keepsApart = false): WorkloadSpec {
  const template = key.includes("@") ? `${key.slice(0, key.indexOf("@"))}@` : key;
  const file = `units/${template}.service`;
  return workloadOf(key, {
    origin: at(file, 2),
    positions: { [`conflicts.${pattern}`]: at(file, 9) },
    cluster: {
      conflicts: [pattern],
      ...(keepsApart ? { placement: { constraints: [], spread: [], keepsApart } } : {}),
    },
  });
}

describe("units that must not run on the same machine", () => {
  test("must not be two on an Engine", () => {
    expect(link("engine", apartFrom("web", "db@*"), workloadOf("db@1"))).toEqual([
      'error units/web.service:9 unit-conflict "web.service" must not run beside "db@1.service" of units/db@1.service:1 (db@*), but an Engine is one machine',
    ]);
  });

  test("must not be instances of one template on an Engine, each of which is told once", () => {
    const instances = ["web@1", "web@2", "web@3"].map((key) => apartFrom(key, "web@*.service", true));
    expect(link("engine", ...instances)).toEqual([
      'error units/web@.service:9 unit-conflict "web@1.service" must not run beside "web@2.service" of units/web@.service:2 (web@*.service), but an Engine is one machine',
      'error units/web@.service:9 unit-conflict "web@2.service" must not run beside "web@3.service" of units/web@.service:2 (web@*.service), but an Engine is one machine',
    ]);
    expect(link("engine", apartFrom("web@1", "web@*.service", true))).toEqual([]);
    expect(link("swarm", ...instances)).toEqual([]);
  });

  test("must be one template on a Swarm, not two services that a wide pattern means", () => {
    const units = [apartFrom("web@1", "*", true), apartFrom("web@2", "*", true), workloadOf("db")];
    expect(link("swarm", ...units)).toEqual([
      'error units/web@.service:9 unit-conflict "web@1.service" must not run beside "db.service" of units/db.service:1 (*), but a Swarm keeps no two services apart',
      'error units/web@.service:9 unit-conflict "web@2.service" must not run beside "db.service" of units/db.service:1 (*), but a Swarm keeps no two services apart',
    ]);
    const plain = ["apache.1", "apache.2"].map((key) => apartFrom(key, "apache.*.service", true));
    expect(link("swarm", ...plain)).toHaveLength(1);
    const global = ["web@1", "web@2"].map((key) => apartFrom(key, "web@*"));
    expect(link("swarm", ...global)).toHaveLength(1);
  });

  test("must be units that run: neither itself, nor compose services, nor what is scaled to nothing", () => {
    const others = [
      workloadOf("shop/web", { origin: at("units/shop.compose.yaml", 3) }),
      workloadOf("gone", { containerNames: [] }),
    ];
    expect(link("engine", apartFrom("web", "*"), ...others)).toEqual([]);
  });

  test("must be told once when both ask for it", () => {
    expect(link("engine", apartFrom("a", "b.service"), apartFrom("b", "a.service"))).toEqual([
      expect.stringMatching(/^error units\/a\.service:9 unit-conflict /),
    ]);
  });
});

describe("ports of a Swarm", () => {
  const publishing = (key: string, text: string, mode?: "host", replicas = 1) =>
    workloadOf(key, {
      containerNames: Array.from({ length: replicas }, (_, index) => `${key}-${index}`),
      container: { ports: [{ ...port(text), ...(mode === undefined ? {} : { mode }) }] },
    });

  test("must be published by one service, unless on nodes of their own", () => {
    expect(link("swarm", publishing("a", "80:80"), publishing("b", "80:81"))).toHaveLength(1);
    expect(link("swarm", publishing("a", "80:80"), publishing("b", "80:81", "host"))).toHaveLength(1);
    expect(link("swarm", publishing("a", "80:80", "host"), publishing("b", "80:81", "host"))).toEqual([]);
    expect(link("engine", publishing("a", "80:80", "host"), publishing("b", "80:81", "host"))).toHaveLength(
      1,
    );
  });

  test("must be shared by the replicas of a service", () => {
    expect(link("swarm", publishing("a", "80:80", undefined, 3))).toEqual([]);
    expect(link("engine", publishing("a", "80:80", undefined, 3))).toHaveLength(1);
  });
});
