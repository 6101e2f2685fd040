import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toActualNode, toActualService, toActualTask } from "../../../src/docker/swarm/actual-service.ts";
import type { ServiceAnswer, TaskAnswer } from "../../../src/docker/swarm/answers.ts";
import { droppedSettings, guardServiceApi } from "../../../src/docker/swarm/service-guards.ts";
import { clusterPlace, partName } from "../../../src/docker/swarm/state-names.ts";
import { packParts, unpackParts } from "../../../src/docker/swarm/state-parts.ts";
import type { ServiceSpec } from "../../../src/model/service-spec.ts";

const owner = { project: "shop", environment: "develop" };
const nameOf = (id: string) => (id === "1" ? "front" : id);
const spec = (container: Partial<ServiceSpec["TaskTemplate"]["ContainerSpec"]> = {}): ServiceSpec => ({
  Name: "web",
  TaskTemplate: { ContainerSpec: { Image: "web:1", ...container } },
});

describe("a service as a manager tells it", () => {
  test("must have names of networks in the place of ids, wherever a client put them", () => {
    const answer: ServiceAnswer = {
      ID: "s",
      Spec: { ...spec(), Networks: [{ Target: "1", Aliases: ["web"] }] },
      PreviousSpec: { ...spec(), TaskTemplate: { ...spec().TaskTemplate, Networks: [{ Target: "2" }] } },
    };
    const actual = toActualService(answer, [], owner, nameOf);
    expect(actual.spec.TaskTemplate.Networks).toEqual([{ Target: "front", Aliases: ["web"] }]);
    expect(actual.spec).not.toHaveProperty("Networks");
    expect(actual.previousSpec?.TaskTemplate.Networks).toEqual([{ Target: "2" }]);
  });

  test("must be whose its labels say, with what they say", () => {
    const Labels = {
      ...{ "mysysconfig.project": "shop", "mysysconfig.environment": "develop", "mysysconfig.kind": "job" },
      ...{
        "mysysconfig.needs": "db,queue",
        "mysysconfig.image": "web:1",
        "mysysconfig.due": "2026-11-21T10:00:00Z",
      },
    };
    const { ownership, record } = toActualService(
      { ID: "s", Spec: { ...spec(), Labels } },
      [],
      owner,
      nameOf,
    );
    expect(ownership).toEqual({ kind: "owned" });
    expect(record).toEqual({
      ...{ kind: "job", needs: ["db", "queue"], image: "web:1", due: "2026-11-21T10:00:00Z" },
    });
  });

  test("must have an iteration of 0 when the Engine leaves it out, and none when it is no job", () => {
    const read = (fields: Partial<ServiceAnswer>) =>
      toActualService({ ID: "s", Spec: spec(), ...fields }, [], owner, nameOf);
    expect(read({ JobStatus: { JobIteration: {} } }).jobIteration).toBe(0);
    expect(read({}).jobIteration).toBeUndefined();
    expect(read({ UpdateStatus: {} }).update).toBeUndefined();
    expect(read({ UpdateStatus: { State: "paused", Message: "update paused" } }).update).toEqual({
      ...{ state: "paused", message: "update paused" },
    });
  });

  test("must tell the exit code of tasks that have ended only", () => {
    const task = (state: string): TaskAnswer => ({
      ...{ ID: "t", ServiceID: "s", Spec: spec().TaskTemplate },
      Status: { State: state, ContainerStatus: { ContainerID: "c", ExitCode: 0 } },
    });
    expect(toActualTask(task("running"), nameOf).exitCode).toBeUndefined();
    expect(toActualTask(task("complete"), nameOf).exitCode).toBe(0);
    expect(toActualTask({ ID: "t", Spec: spec().TaskTemplate }, nameOf)).toMatchObject({
      state: "new",
      error: "",
    });
  });

  test("must take a node that tells nothing for one that is not known to be up", () => {
    expect(toActualNode({ ID: "n" })).toMatchObject({ role: "worker", state: "unknown" });
  });
});

describe("what a manager would drop", () => {
  test.for<[string, Partial<ServiceSpec["TaskTemplate"]["ContainerSpec"]>]>([
    ["NoNewPrivileges", { Privileges: { NoNewPrivileges: true } }],
    ["start interval", { Healthcheck: { Test: ["CMD", "true"], StartInterval: 1e9 } }],
    [
      "part of a volume",
      { Mounts: [{ Type: "volume", Source: "v", Target: "/v", VolumeOptions: { Subpath: "a" } }] },
    ],
    ["OomScoreAdj", { OomScoreAdj: 500 }],
  ])("must be refused below its API version: %s", ([words, container]) => {
    const guard = (version: string) => guardServiceApi(spec(container), 'create service "web"', version);
    expect(() => guard("1.41")).toThrow(words);
    expect(() => guard("1.51")).not.toThrow();
  });

  test("must be seen by what came back", () => {
    const sent: ServiceSpec = { ...spec({ ReadOnly: true, CapabilityDrop: ["ALL"] }), Mode: { Global: {} } };
    expect(
      droppedSettings(sent, { ...sent, TaskTemplate: { ...sent.TaskTemplate, Runtime: "container" } }),
    ).toEqual([]);
    expect(droppedSettings(sent, spec({ ReadOnly: true }))).toEqual(["ContainerSpec.CapabilityDrop"]);
    const limited = { ...sent, TaskTemplate: { ...sent.TaskTemplate, Resources: { Limits: { Pids: 10 } } } };
    expect(droppedSettings(limited, sent)).toEqual(["Resources"]);
  });
});

describe("the state in a cluster's store", () => {
  const anyName = fc.stringMatching(/^[a-z][a-z0-9.-]{0,60}$/);

  test("must have names that a cluster takes, another one for every environment", () => {
    const owners = new Map<string, string>();
    fc.assert(
      fc.property(anyName, anyName, (project, environment) => {
        const place = clusterPlace({ project, environment });
        const part = partName(place, "holder", new Uint8Array([1]));
        for (const name of [place.head, place.lock, part]) {
          expect(name).toMatch(/^[a-zA-Z0-9](?:[a-zA-Z0-9_.-]{0,62}[a-zA-Z0-9])?$/);
          const who = JSON.stringify([project, environment, name === part]);
          expect(owners.get(name) ?? who).toBe(who);
          owners.set(name, who);
        }
        expect(new Set([place.head, place.lock, part]).size).toBe(3);
      }),
      { numRuns: 2_000 },
    );
    expect(clusterPlace(owner)).toMatchObject({
      ...{ head: "mysysconfig-state-shop-develop", lock: "mysysconfig-lock-shop-develop" },
    });
  });

  test("must have parts of other names for another holder, so that one cannot remove what another relies on", () => {
    const place = clusterPlace(owner);
    const bytes = new Uint8Array([1, 2, 3]);
    expect(partName(place, "a", bytes)).not.toBe(partName(place, "b", bytes));
    expect(partName(place, "a", bytes)).toBe(partName(place, "a", bytes));
  });

  test("must come back from its parts, however large it is, and not at all when one is missing", async () => {
    const noise = Buffer.from(crypto.getRandomValues(new Uint8Array(60_000))).toString("hex");
    const files = new Map(
      Array.from({ length: 30 }, (_, index) => [`kept/${index}.json`, noise + index + noise.slice(index)]),
    );
    const parts = await packParts(files);
    expect(Math.max(...parts.map(({ length }) => length))).toBeLessThan(1_024_000);
    expect(await unpackParts(parts)).toEqual(files);
    expect(await unpackParts(parts.slice(0, -1))).toBeUndefined();
    expect(await unpackParts([])).toBeUndefined();
  });
});
