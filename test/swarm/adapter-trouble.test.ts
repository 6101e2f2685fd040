/** A Swarm in trouble: what cannot be told is never taken for nothing, and whatever manager answers is good enough. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type SwarmCluster, type SwarmNode, startCluster } from "../../deploy/lab/swarm-cluster.ts";
import { makeImageOnAll } from "../../deploy/lab/swarm-images.ts";
import { waitUntil } from "../../deploy/lab/waiting.ts";
import { type ConnectedEngine, connectEngine } from "../../src/docker/engine-backend.ts";
import { exitCodes, toReconcilerError } from "../../src/model/errors.ts";
import { emptyLedger } from "../../src/model/ledger.ts";
import type { Clock } from "../../src/ports.ts";
import { image, never, SwarmLab } from "./adapter-lab.ts";
import { releases } from "./releases.ts";

const clock: Clock = {
  monotonicMs: () => performance.now(),
  now: () => new Date(),
  sleep: (ms, signal) => sleep(ms, undefined, { signal }),
};

describe.for(releases)("a Swarm in trouble on Docker Engine %s", (release) => {
  let cluster: SwarmCluster;
  const backends: ConnectedEngine[] = [];

  beforeAll(async () => {
    const report = (line: string) => process.stderr.write(`${line}\n`);
    cluster = await startCluster({ release, workers: 1, heartbeatMs: 1_000, purpose: "trouble", report });
    await makeImageOnAll(cluster, { reference: image });
  });
  afterAll(async () => {
    for (const backend of backends) await backend.close();
    await cluster?.stop();
  });

  const connect = async (node: SwarmNode): Promise<ConnectedEngine> => {
    const backend = await connectEngine({ host: `unix://${node.socket}` }, never);
    backends.push(backend);
    return backend;
  };
  const labOn = async (name: string) => new SwarmLab(cluster, await connect(cluster.node(name)));
  const unavailable = { code: "swarm-unavailable", exitCode: exitCodes.unreachable };

  test("case 128 must do through any manager, and see in any other, what the leader does", async () => {
    const leader = await cluster.leader();
    const [one, other] = cluster.nodes.filter((node) => node.role === "manager" && node !== leader);
    const [first, second] = [await labOn(one?.name ?? ""), await labOn(other?.name ?? "")];
    expect(first.backend.swarmRole()).toEqual({ role: "manager" });
    const spec = first.spec("steady", { replicas: 2 });
    const service = await first.create(spec);
    await second.lookUntil(
      service.id,
      ({ service: seen }) => seen?.tasks.every(({ state }) => state === "running") === true,
    );
    const store = (lab: SwarmLab) => lab.backend.stateStore(clock, "swarm");
    const lock = await store(first).acquire(
      first.owner,
      { holder: "me", expiryMs: 30_000, progress: () => {} },
      never,
    );
    await lock.write({ ledger: { ...emptyLedger, images: ["web:1"] }, history: [] }, never);
    expect((await store(second).read(first.owner, never)).ledger.images).toEqual(["web:1"]);
    await lock.release();
  });

  test("case 128 must say on a worker where the managers are", async () => {
    const { backend } = await labOn("worker-1");
    const { role, problem } = backend.swarmRole();
    expect(role).toBe("worker");
    expect(problem).toMatch(
      /^this Engine is a worker of its Swarm; its managers: \S+:2377, \S+:2377, \S+:2377$/,
    );
    const lab = new SwarmLab(cluster, backend);
    await expect(lab.observe()).rejects.toMatchObject(unavailable);
    await expect(lab.create(lab.spec("never"))).rejects.toMatchObject(unavailable);
  });

  test("must look on, hold the lock and write through the loss of the leader", async () => {
    const leader = await cluster.leader();
    const follower = cluster.nodes.find((node) => node.role === "manager" && node !== leader);
    const lab = await labOn(follower?.name ?? "");
    const { id } = await lab.observed("steady");
    const store = lab.backend.stateStore(clock, "swarm");
    const options = { holder: "me", expiryMs: 90_000, progress: () => {} };
    const lock = await store.acquire(lab.owner, options, never);
    await lab.backend.lookAtService(id, never);
    await leader.kill();
    const endMs = performance.now() + 25_000;
    while (performance.now() < endMs) {
      const { service } = await lab.backend.lookAtService(id, never);
      expect(service?.spec.Mode).toEqual({ Replicated: { Replicas: 2 } });
    }
    await lock.assertHeld(never);
    await lock.write({ ledger: { ...emptyLedger, images: ["web:2"] }, history: [] }, never);
    await lock.release();
    await cluster.repair();
    const other = await labOn(leader.name);
    const { ledger } = await other.backend.stateStore(clock, "swarm").read(lab.owner, never);
    expect(ledger.images).toEqual(["web:2"]);
  });

  test("W15, case 127 must never take a Swarm without a leader for one without services", async () => {
    const lab = await labOn("manager-1");
    const held = await lab.observed("steady");
    await Promise.all([cluster.node("manager-2").kill(), cluster.node("manager-3").kill()]);
    const outcomes = await outcomesOf(lab, 45_000);
    process.stderr.write(`Docker Engine ${cluster.version}: ${JSON.stringify(outcomes)}\n`);
    expect(outcomes.filter((outcome) => outcome !== "steady" && outcome !== "swarm-unavailable")).toEqual([]);
    expect(outcomes.at(-1)).toBe("swarm-unavailable");
    const { role, problem } = (await labOn("manager-1")).backend.swarmRole();
    expect([role, problem]).toEqual(["manager", expect.stringMatching(/leader|deadline/i)]);
    await expect(lab.backend.lookAtService(held.id, never)).rejects.toMatchObject(unavailable);
    await expect(lab.backend.stateStore(clock, "swarm").read(lab.owner, never)).rejects.toMatchObject(
      unavailable,
    );
    await expect(
      lab.execute("remove-service", { service: { kind: "actual", id: held.id, name: "steady" } }),
    ).rejects.toMatchObject(unavailable);
    expect(await lab.backend.describeService(held.id, never)).toEqual([]);
    await cluster.repair();
    expect((await lab.observed("steady")).id).toBe(held.id);
    expect(lab.backend.swarmRole()).toEqual({ role: "manager" });
  });

  test("case 127 must say that a Swarm is locked, and that an Engine is in none", async () => {
    const { api } = cluster.manager();
    type SwarmAnswer = {
      readonly Version: { readonly Index: number };
      readonly Spec: Record<string, unknown>;
    };
    const { Version, Spec } = await api.call<SwarmAnswer>("GET", "/swarm");
    const json = { ...Spec, EncryptionConfig: { AutoLockManagers: true } };
    await api.call("POST", "/swarm/update", { query: { version: String(Version.Index) }, json });
    const node = cluster.node("manager-3");
    await sleep(2_000);
    await node.kill();
    await node.restart();
    await waitUntil("the Swarm to be locked", 60_000, async () => {
      const { Swarm } = await node.api.call<{ Swarm: { LocalNodeState: string } }>("GET", "/info");
      return Swarm.LocalNodeState === "locked" ? true : undefined;
    });
    const locked = await labOn("manager-3");
    expect(locked.backend.swarmRole()).toMatchObject({ role: "locked", problem: expect.any(String) });
    const hint = "unlock it: docker swarm unlock";
    await expect(locked.observe()).rejects.toMatchObject({ ...unavailable, hint });

    await cluster.node("worker-1").api.call("POST", "/swarm/leave", { query: { force: "1" } });
    const { backend } = await labOn("worker-1");
    expect(backend.swarmRole()).toEqual({ role: "inactive" });
    await expect(new SwarmLab(cluster, backend).observe()).rejects.toMatchObject(unavailable);
    expect((await backend.observe({ ...locked.scope(), target: "engine" }, never)).swarm).toBeUndefined();
  });
});

/** What observations of so many milliseconds came to: the service that is there, or the code of the error. */
async function outcomesOf(lab: SwarmLab, ms: number): Promise<readonly string[]> {
  const outcomes: string[] = [];
  for (const endMs = performance.now() + ms; performance.now() < endMs; ) {
    const outcome = await lab.observe().then(
      ({ services }) => services.map(({ name }) => name).join(" "),
      (error: unknown) => toReconcilerError(error).code,
    );
    if (outcomes.at(-1) !== outcome) outcomes.push(outcome);
    await sleep(200);
  }
  return outcomes;
}
