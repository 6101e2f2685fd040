import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { deepEqual, stableJson } from "../../../src/lib/stable-json.ts";
import type { ServiceSpec, TaskContainerSpec } from "../../../src/model/service-spec.ts";
import { canonicalSpec, sameSpec, specHash, taskDiffers } from "../../../src/swarm/canonical-spec.ts";
import { diffSpecs } from "../../../src/swarm/diff-specs.ts";
import { mergeForUpdate } from "../../../src/swarm/merge-for-update.ts";
import { readRecorded } from "../../swarm/oracle-recorder.ts";
import { container, live, liveWithDefaults, task } from "./specs.ts";

const bare: ServiceSpec = { Name: "web", TaskTemplate: { ContainerSpec: { Image: "busybox:1" } } };

describe("two ways to say the same are the same", () => {
  test.each<[string, ServiceSpec, ServiceSpec]>([
    ["what an Engine 20.10 answers with and without defaults", live, liveWithDefaults],
    ["nothing and what an Engine answers", bare, live],
    ["order of variables", container({ Env: ["B=1", "A=2"] }), container({ Env: ["A=2", "B=1"] })],
    ["the last value of a variable", container({ Env: ["A=1", "A=2"] }), container({ Env: ["A=2"] })],
    [
      "capabilities",
      container({ CapabilityAdd: ["net_admin", "CAP_CHOWN"] }),
      container({ CapabilityAdd: ["CAP_CHOWN", "CAP_NET_ADMIN"] }),
    ],
    ["grace of ten seconds", container({ StopGracePeriod: 10e9 }), container({})],
    [
      "empty privileges",
      container({ Privileges: { CredentialSpec: null, NoNewPrivileges: false } }),
      container({}),
    ],
    [
      "default profiles",
      container({ Privileges: { Seccomp: { Mode: "default" }, AppArmor: { Mode: "default" } } }),
      container({}),
    ],
    [
      "order of mounts",
      container({
        Mounts: [
          { Type: "tmpfs", Target: "/b" },
          { Type: "tmpfs", Target: "/a" },
        ],
      }),
      container({
        Mounts: [
          { Type: "tmpfs", Target: "/a/" },
          { Type: "tmpfs", Target: "/b" },
        ],
      }),
    ],
    [
      "options of mounts that say nothing",
      container({
        Mounts: [
          {
            Type: "bind",
            Source: "/a",
            Target: "/a",
            ReadOnly: false,
            BindOptions: { Propagation: "rprivate" },
          },
        ],
      }),
      container({ Mounts: [{ Type: "bind", Source: "/a", Target: "/a" }] }),
    ],
    [
      "the usual driver of a volume",
      container({
        Mounts: [
          { Type: "volume", Source: "v", Target: "/v", VolumeOptions: { DriverConfig: { Name: "local" } } },
        ],
      }),
      container({ Mounts: [{ Type: "volume", Source: "v", Target: "/v" }] }),
    ],
    [
      "a config by its id and name",
      container({
        Configs: [{ File: { Name: "a", UID: "0", GID: "0", Mode: 292 }, ConfigName: "a", ConfigID: "1" }],
      }),
      container({ Configs: [{ File: { Name: "/a", UID: "", GID: "0", Mode: 292 }, ConfigName: "a" }] }),
    ],
    [
      "a secret below its folder",
      container({
        Secrets: [{ File: { Name: "a", UID: "0", GID: "0", Mode: 292 }, SecretName: "a", SecretID: "1" }],
      }),
      container({
        Secrets: [{ File: { Name: "/run/secrets/a", UID: "0", GID: "0", Mode: 292 }, SecretName: "a" }],
      }),
    ],
    [
      "restart by default",
      task({ RestartPolicy: { Condition: "any", Delay: 5e9, MaxAttempts: 0, Window: 0 } }),
      task({}),
    ],
    ["no resources", task({ Resources: { Limits: {}, Reservations: { MemoryBytes: 0 } } }), task({})],
    ["a forced restart of the past", task({ ForceUpdate: 3 }), bare],
    [
      "spaces and order of constraints",
      task({ Placement: { Constraints: ["node.role == manager", "node.labels.a!=b"] } }),
      task({ Placement: { Constraints: ["node.labels.a!=b", "node.role==manager"] } }),
    ],
    [
      "names of architectures",
      task({ Placement: { Platforms: [{ OS: "linux", Architecture: "x86_64" }] } }),
      task({ Placement: { Platforms: [{ OS: "linux", Architecture: "amd64" }] } }),
    ],
    [
      "order of networks and aliases",
      task({ Networks: [{ Target: "b", Aliases: ["y", "x"] }, { Target: "a" }] }),
      task({
        Networks: [
          { Target: "a", Aliases: [] },
          { Target: "b", Aliases: ["x", "y", "x"] },
        ],
      }),
    ],
    [
      "ports with and without what is usual",
      {
        ...live,
        EndpointSpec: {
          Mode: "vip",
          Ports: [{ Protocol: "tcp", TargetPort: 80, PublishMode: "ingress", PublishedPort: 0 }],
        },
      },
      { ...live, EndpointSpec: { Ports: [{ TargetPort: 80 }] } },
    ],
    [
      "labels that tell how it came about",
      { ...live, Labels: { "mysysconfig.revision": "a", "mysysconfig.txn": "b" } },
      live,
    ],
    ["an unknown digest", container({ Image: "busybox:1@sha256:aa" }), container({ Image: "busybox:1" })],
  ])("%s", (_what, a, b) => {
    expect(sameSpec(a, b)).toBe(true);
    expect(sameSpec(b, a)).toBe(true);
    expect(taskDiffers(a, b)).toBe(false);
    expect(diffSpecs(a, b, nowhere)).toEqual([]);
  });
});

const nowhere = { positions: {}, origin: { file: "units/web.service", line: 1, column: 1 } };

describe("what means something is a difference", () => {
  const file = { Name: "/a", UID: "0", GID: "0", Mode: 292 };

  test.each<[string, ServiceSpec, boolean]>([
    ["an empty variable", container({ Env: ["A="] }), true],
    ["init that was declined", container({ Init: false }), true],
    ["no grace", container({ StopGracePeriod: 0 }), true],
    ["no delay before a restart", task({ RestartPolicy: { Delay: 0 } }), true],
    ["an empty label of the container", container({ Labels: { a: "" } }), true],
    ["order of words", container({ Args: ["b", "a"] }), true],
    ["order of name servers", container({ DNSConfig: { Nameservers: ["2.2.2.2", "1.1.1.1"] } }), true],
    [
      "another owner of a config",
      container({ Configs: [{ File: { ...file, UID: "5" }, ConfigName: "a" }] }),
      true,
    ],
    ["a setting that only newer Engines have", container({ Shiny: 1 } as Partial<TaskContainerSpec>), true],
    ["another tag", container({ Image: "busybox:2" }), true],
    ["a port", { ...live, EndpointSpec: { Ports: [{ TargetPort: 80 }] } }, true],
    ["an empty label of the service", { ...live, Labels: { a: "" } }, false],
    ["no replicas", { ...live, Mode: { Replicated: { Replicas: 0 } } }, false],
    ["all at once", { ...live, UpdateConfig: { Parallelism: 0 } }, false],
    ["a constraint", task({ Placement: { Constraints: ["node.role==manager"] } }), false],
    [
      "a rollback that goes on",
      { ...live, RollbackConfig: { Parallelism: 1, FailureAction: "continue" } },
      false,
    ],
  ])("%s", (_what, spec, restarts) => {
    expect(sameSpec(live, spec)).toBe(false);
    expect(specHash(live)).not.toBe(specHash(spec));
    expect(diffSpecs(live, spec, nowhere)).toHaveLength(1);
    expect(taskDiffers(live, spec)).toBe(restarts);
  });

  test("two digests of one tag", () => {
    const [a, b] = ["aa", "bb"].map((hex) => container({ Image: `busybox:1@sha256:${hex}` }));
    expect(a && b && taskDiffers(a, b)).toBe(true);
  });

  test("a restart that was forced once more", () => {
    expect(taskDiffers(task({ ForceUpdate: 1 }), task({ ForceUpdate: 2 }))).toBe(true);
  });
});

test("a hash says nothing of a secret value", () => {
  const withKey = (key: string) => container({ Env: [`KEY=${key}`] });
  expect(specHash(withKey("hunter2"), ["hunter2"])).toBe(specHash(withKey("hunter3"), ["hunter3"]));
  expect(specHash(withKey("hunter2"))).not.toBe(specHash(withKey("hunter3")));
});

/** The bodies that the docker client makes of the comparison's cases. */
const recorded = readRecorded(readFileSync(join(import.meta.dirname, "recorded.jsonl"), "utf8"));
const bodies = [...recorded.values()].flatMap(({ services = [] }) => services as readonly ServiceSpec[]);

describe("over all that the docker client makes", () => {
  test("the form of the form is the form", () => {
    const broken = bodies.filter((body) => {
      const once = canonicalSpec(body);
      return !deepEqual(canonicalSpec(once), once);
    });
    expect(bodies.length).toBeGreaterThan(200);
    expect(broken).toEqual([]);
  });

  test("there is a field for every difference, and none without one", () => {
    const named = bodies.map((body) => ({ ...body, Name: "web" }));
    const pairs = named.flatMap((a, index) =>
      [1, 7, 40].map((step) => [a, named[(index + step) % named.length] ?? a] as const),
    );
    const wrong = pairs.filter(([a, b]) => (diffSpecs(a, b, nowhere).length === 0) !== sameSpec(a, b));
    expect(wrong).toEqual([]);
  });

  test("an update leads to what is desired, and keeps the words of what stays", () => {
    const named = bodies.map((body) => ({ ...body, Name: "web" }));
    const wrong = named.filter((desired, index) => {
      const before = named[(index + 11) % named.length] ?? desired;
      const merged = mergeForUpdate(before, desired);
      const again = mergeForUpdate(desired, merged);
      return (
        !sameSpec(merged, desired) || stableJson(again.TaskTemplate) !== stableJson(desired.TaskTemplate)
      );
    });
    expect(wrong).toEqual([]);
  });

  test("nothing that an Engine might leave out makes it stumble", () => {
    fc.assert(
      fc.property(fc.constantFrom(...bodies), fc.nat(), fc.boolean(), (body, at, asNull) => {
        const damaged = damage(body, at, asNull);
        expect(() => [
          canonicalSpec(damaged),
          diffSpecs(damaged, body, nowhere),
          diffSpecs(body, damaged, nowhere),
        ]).not.toThrow();
        expect(() => [
          mergeForUpdate(damaged, body),
          taskDiffers(damaged, body),
          specHash(damaged),
        ]).not.toThrow();
      }),
      { numRuns: 2_000 },
    );
  });
});

/** Takes one value out of a copy, or makes it `null`; the task template itself always comes. */
function damage(body: ServiceSpec, at: number, asNull: boolean): ServiceSpec {
  const copy = JSON.parse(JSON.stringify(body)) as ServiceSpec;
  const places: [Record<string, unknown>, string][] = [];
  const visit = (value: unknown) => {
    if (typeof value !== "object" || value === null) return;
    for (const [name, member] of Object.entries(value)) {
      if (name !== "TaskTemplate" && name !== "ContainerSpec" && !Array.isArray(value))
        places.push([value as Record<string, unknown>, name]);
      visit(member);
    }
  };
  visit(copy);
  const place = places[at % places.length];
  if (place === undefined) return copy;
  const [owner, name] = place;
  if (asNull) owner[name] = null;
  else delete owner[name];
  return copy;
}
