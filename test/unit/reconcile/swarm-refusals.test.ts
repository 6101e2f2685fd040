import { describe, expect, test } from "vitest";
import type { ServiceSpec } from "../../../src/model/service-spec.ts";
import { onNetworks, port, workload } from "../../support/builders.ts";
import {
  clusterState,
  outcomeOf,
  replicaNames,
  replicated,
  run,
  swarmRunning,
} from "../../support/clusters.ts";
import { OutOfSequence } from "../../support/simulated-swarm-manager.ts";
import { again, stateOf, web } from "./swarm-web.ts";

/** What was measured on a real Swarm (W1 to W16), that the simulated one does the same, and what a run makes of it. */

describe("what a manager refuses", () => {
  test("W6: a stale version; of several writers one wins, and the others look again", async () => {
    const swarm = await swarmRunning(stateOf(1));
    const { id, version } = swarm.service("web");
    const live = swarm.state.services.get(id)?.spec as ServiceSpec;
    swarm.manager.updateService(id, version, live);
    expect(() => swarm.manager.updateService(id, version, live)).toThrow(OutOfSequence);

    let others = 3;
    swarm.betweenLookAndWrite = () => {
      others -= 1;
      // Only the version moves: a status that Swarm writes does the same.
      if (others >= 0) swarm.change("web", again);
    };
    expect(outcomeOf(await run(swarm, stateOf(2)))).toMatch(/^done/);
    expect(swarm.updates.length).toBe(4);
  });

  test("W7: another mode or another name, which --recreate allows", async () => {
    const swarm = await swarmRunning(stateOf(1));
    const { id, version } = swarm.service("web");
    const live = swarm.state.services.get(id)?.spec as ServiceSpec;
    const global = { ...live, Mode: { Global: {} } };
    expect(() => swarm.manager.updateService(id, version, global)).toThrow("mode change is not allowed");
    const renamed = { ...live, Name: "site" };
    expect(() => swarm.manager.updateService(id, version, renamed)).toThrow("renaming services");

    const asked = stateOf(1, {}, { cluster: { mode: "global" } });
    const made = await run(swarm, asked);
    expect(outcomeOf(made)).toContain("runs as replicated service and is to run as global");
    expect([made.calls, swarm.service("web").id]).toEqual([0, id]);
    expect(outcomeOf(await run(swarm, asked, { recreate: ["web"] }))).toMatch(/^done/);
  });

  test("W12: other data under the same name, and the removal of what a service uses", async () => {
    const swarm = await swarmRunning(stateOf(1));
    const stored = swarm.manager.createStored({ kind: "config", name: "c", labels: {}, content: "x" });
    expect(() => swarm.manager.createStored({ ...stored, content: "y" })).toThrow("already exists");
    swarm.change("web", (spec) => ({
      ...spec,
      TaskTemplate: {
        ...spec.TaskTemplate,
        ContainerSpec: {
          ...spec.TaskTemplate.ContainerSpec,
          Configs: [{ ConfigID: stored.id, ConfigName: "c" }],
        },
      },
    }));
    expect(() => swarm.manager.removeStored(stored.id)).toThrow("is in use by the following service: web");
  });

  test("W13: a port that another service publishes; the plan says so before", async () => {
    const mesh = { ports: [port("30080:80")] };
    const swarm = await swarmRunning(clusterState([web(1, mesh), workload("api")]));
    const asked = clusterState([web(1, mesh), workload("api", mesh)]);
    const made = await run(swarm, asked);
    expect([made.calls, outcomeOf(made, "api")]).toEqual([
      0,
      "blocked: port 30080 is published by service web, which keeps it",
    ]);
    expect(() => swarm.change("api", (spec) => ({ ...swarm.service("web").spec, Name: spec.Name }))).toThrow(
      "port '30080' is already in use by service 'web'",
    );
  });

  test("W14: the removal of a network that a service uses; networks are stored by id and compared by name", async () => {
    const swarm = await swarmRunning(stateOf(1));
    const id = swarm.manager.networkByName("front")?.id ?? "";
    const stored = swarm.state.serviceByName("web")?.spec.TaskTemplate.Networks;
    expect(stored).toEqual([{ Target: id }]);
    expect(() => swarm.manager.removeNetwork(id)).toThrow("is in use by service");
    expect((await run(swarm, stateOf(1))).calls).toBe(0);
  });
});

describe("what is no difference, and what is", () => {
  test("W8: another order of the environment would restart tasks, so the order that is there is kept", async () => {
    const environment = { LEVEL: "info", ZONE: "west" };
    const swarm = await swarmRunning(stateOf(1, { environment }));
    const turned = (spec: ServiceSpec): ServiceSpec => ({
      ...spec,
      TaskTemplate: {
        ...spec.TaskTemplate,
        ContainerSpec: {
          ...spec.TaskTemplate.ContainerSpec,
          Env: [...(spec.TaskTemplate.ContainerSpec.Env ?? [])].reverse(),
        },
      },
    });
    const [before] = swarm.serving("web");
    swarm.change("web", turned);
    swarm.pass(20_000);
    const [after] = swarm.serving("web");
    expect(after?.id).not.toBe(before?.id);

    expect((await run(swarm, stateOf(1, { environment }))).calls).toBe(0);
    const scaled = stateOf(1, { environment }, { containerNames: replicaNames(2) });
    expect(outcomeOf(await run(swarm, scaled))).toMatch(/^done/);
    expect(swarm.serving("web").map(({ id }) => id)).toContain(after?.id);
  });

  test("W9: more replicas give no state of an update: the tasks are judged", async () => {
    const swarm = await swarmRunning(clusterState([replicated("web", 1)]));
    const made = await run(swarm, clusterState([replicated("web", 3)]));
    expect(outcomeOf(made)).toBe("done: changed in place");
    expect(swarm.service("web").update).toBeUndefined();
    expect(swarm.serving("web")).toHaveLength(3);

    // One of them finds no place: the answer to the update says nothing of that.
    const apart = { cluster: { placement: { constraints: [], spread: [], maxReplicasPerNode: 4 } } };
    const crowded = await run(swarm, clusterState([replicated("web", 5, {}, apart)]));
    expect(outcomeOf(crowded)).toContain("max replicas per node limit exceed on 1 node");
  });

  test("W10: what somebody did to a task's container does not show on the service", async () => {
    const swarm = await swarmRunning(stateOf(1, { memory: 2 ** 26 }));
    const before = swarm.service("web");
    // `docker update` changes the container; a manager hears nothing of it.
    expect((await run(swarm, stateOf(1, { memory: 2 ** 26 }))).calls).toBe(0);
    expect(swarm.service("web").spec).toEqual(before.spec);
  });

  test("W11: a task that somebody killed is replaced by Swarm, and waited for", async () => {
    const swarm = await swarmRunning(stateOf(1));
    const [task] = swarm.serving("web");
    if (task === undefined) throw new Error("a task serves");
    swarm.agents.break(task);
    const made = await run(swarm, stateOf(1));
    expect([outcomeOf(made), made.calls]).toEqual(["done: running, stable for 5 s", 0]);
    expect(swarm.serving("web")).toHaveLength(1);
    expect((await run(swarm, stateOf(1))).plan.steps).toEqual([]);
  });
});

test("W15: a Swarm without a leader must never read as one without services", async () => {
  const swarm = await swarmRunning(stateOf(1));
  swarm.unavailable = "rpc error: The swarm does not have a leader";
  await expect(run(swarm, stateOf(2))).rejects.toMatchObject({ code: "swarm-unavailable" });
  swarm.unavailable = undefined;
  expect(swarm.calls).toEqual([]);
  expect(
    outcomeOf(await run(swarm, clusterState([web(2), workload("api", { network: onNetworks("front") })]))),
  ).toMatch(/^done/);
});
