import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { waitUntil } from "../../../deploy/lab/waiting.ts";
import { openConnection } from "../../../src/docker/connect.ts";
import { connectEngine } from "../../../src/docker/engine-backend.ts";
import type { EngineClient } from "../../../src/docker/engine-client.ts";
import { beatPath, sightLock } from "../../../src/docker/lock-sight.ts";
import { readStateFiles, writeStateFiles } from "../../../src/docker/state-files.ts";
import { statePlace } from "../../../src/docker/state-place.ts";
import { createStateStore } from "../../../src/docker/state-store.ts";
import { exitCodes, isReconcilerError } from "../../../src/model/errors.ts";
import type { History, KeptState, RunRecord } from "../../../src/model/history.ts";
import { emptyLedger, type Ledger } from "../../../src/model/ledger.ts";
import type { Owner } from "../../../src/model/ownership.ts";
import type { Clock, LockOptions, StateStore } from "../../../src/ports.ts";
import { desiredState } from "../../support/builders.ts";
import { expectConverged, expectNothingDone } from "../../support/checks.ts";
import { type RecordingProxy, startRecordingProxy } from "../../support/recording-proxy.ts";
import { test } from "../../support/scenario.ts";
import { compose } from "../../support/texts.ts";
import { startCuttingProxy } from "./cutting-proxy.ts";
import { type Lab, never, openLab } from "./lab.ts";

let lab: Lab;
let client: EngineClient;
let store: StateStore;

const clock: Clock = {
  monotonicMs: () => performance.now(),
  now: () => new Date(),
  sleep: (ms, signal) => sleep(ms, undefined, { signal }),
};
const hasty: Clock = { ...clock, sleep: () => Promise.reject(new Error("there was nothing to wait for")) };

beforeAll(async () => {
  lab = await openLab("ss");
  client = await clientAt(`unix://${lab.provided.socket}`);
  store = storeOf(client);
});
afterAll(async () => {
  await lab[Symbol.asyncDispose]();
  for (const volume of await lab.behind.volumes("mysysconfig-state-ss-"))
    await lab.behind.api.call("DELETE", `/volumes/${volume}`);
});

async function clientAt(host: string): Promise<EngineClient> {
  return (await openConnection({ host }, undefined, never)).client;
}

/** Holders of such a store give their first sign of life alone, as if they had been killed. */
const deadStore = () => createStateStore(client, { clock, newId, every: () => () => {} });
const storeOf = (through: EngineClient, its: Clock = clock) =>
  createStateStore(through, { clock: its, newId });
const newId = () => crypto.randomUUID();

const ownerOf = (environment: string): Owner => ({ project: "ss", environment });

function options(fields: Partial<LockOptions> = {}): LockOptions {
  return { holder: "apply on test, started 14:02", expiryMs: 30_000, progress: () => {}, ...fields };
}

const ledger = (reason: string): Ledger => ({
  ...emptyLedger,
  holds: [{ workload: "web", by: "ann", reason, since: "2026-11-21T14:02:11.000Z" }],
});
const history = (...txns: string[]): History =>
  txns.map((txn): RunRecord => {
    const at = "2026-11-21T14:02:11.000Z";
    return {
      ...{ txn, at, durationMs: 1, command: "apply", by: "ann", exitCode: 0, verdict: "fine", changes: [] },
      revision: { id: "3f2c1ab" },
    };
  });

/** One run that writes and ends. */
async function remember(owner: Owner, reason: string, keep?: KeptState): Promise<void> {
  const lock = await store.acquire(owner, options(), never);
  const state = { ledger: ledger(reason), history: history(reason) };
  await lock.write(keep === undefined ? state : { ...state, keep }, never);
  await lock.release();
}

const exists = async (name: string) => (await lab.behind.inspect(name)) !== undefined;

describe("the state in the Engine", () => {
  test("must be read by another connection as it was written, and by one call", async () => {
    const owner = ownerOf("shared");
    await remember(owner, "first");
    await remember(owner, "second");
    await using proxy = await startRecordingProxy(lab.provided.socket, "/tmp");
    const other = storeOf(await clientAt(proxy.host));
    proxy.forget();
    expect(await other.read(owner, never)).toEqual({
      ledger: ledger("second"),
      history: history("second"),
      warnings: [],
    });
    expect(proxy.calls().map(({ method }) => method)).toEqual(["GET"]);
    expect(await exists(statePlace(owner).lock)).toBe(false);
  });

  test("must be empty where nothing was ever written, and stay nothing", async () => {
    await using proxy = await startRecordingProxy(lab.provided.socket, "/tmp");
    const other = storeOf(await clientAt(proxy.host));
    const owner = ownerOf("untouched");
    expect(await other.read(owner, never)).toEqual({ ledger: emptyLedger, history: [], warnings: [] });
    expect(await other.readKept(owner, never)).toEqual([]);
    expect(proxy.mutations()).toEqual([]);
    expect(await exists(statePlace(owner).reader)).toBe(false);
  });

  test("must be empty after a run that took the lock and wrote nothing", async () => {
    const owner = ownerOf("silent");
    await (await store.acquire(owner, options(), never)).release();
    expect(await exists(statePlace(owner).reader)).toBe(true);
    expect(await store.read(owner, never)).toEqual({ ledger: emptyLedger, history: [], warnings: [] });
    expect(await store.readKept(owner, never)).toEqual([]);
  });

  test("must be what was there before when the newer slot is damaged, and heal with the next write", async () => {
    const owner = ownerOf("torn");
    await remember(owner, "first");
    await remember(owner, "second");
    const garbage = new Map([["records/ledger-1.json", '{"version":1,"sequence":2,"sha256":"']]);
    await writeStateFiles(client, statePlace(owner).reader, garbage, "tear", never);
    expect(await store.read(owner, never)).toEqual({
      ledger: ledger("first"),
      history: history("second"),
      warnings: ["the newest ledger is damaged, the one before it is used"],
    });
    await remember(owner, "third");
    expect(await store.read(owner, never)).toMatchObject({ ledger: ledger("third"), warnings: [] });
  });

  test("must be read whole by everybody while a run writes it again and again", async () => {
    const owner = ownerOf("written");
    await remember(owner, "0");
    const lock = await store.acquire(owner, options(), never);
    let isWriting = true;
    const seen = new Set<string>();
    const look = async () => {
      while (isWriting) {
        const state = await store.read(owner, never);
        expect(state.warnings).toEqual([]);
        expect(state.ledger.holds).toHaveLength(1);
        seen.add(state.ledger.holds[0]?.reason ?? "");
      }
    };
    const write = async () => {
      for (let count = 1; count <= 20; count += 1)
        await lock.write({ ledger: ledger(String(count)), history: history("x".repeat(20_000)) }, never);
      isWriting = false;
    };
    await Promise.all([look(), look(), write()]);
    expect(seen.size).toBeGreaterThan(1);
    await lock.release();
  });

  test("must outlive both containers in its volume, and be read by the next run", async () => {
    const owner = ownerOf("outlived");
    const { reader } = statePlace(owner);
    await remember(owner, "kept");
    await lab.behind.remove(reader);
    expect(await store.read(owner, never)).toMatchObject({ ledger: emptyLedger, warnings: [] });
    const lock = await store.acquire(owner, options(), never);
    expect(await store.read(owner, never)).toMatchObject({ ledger: ledger("kept") });
    await lab.behind.remove(reader);
    // Through the lock, as long as there is one.
    expect(await store.read(owner, never)).toMatchObject({ ledger: ledger("kept") });
    await lock.release();
  });

  test("must give kept states back with their files, newest last", async () => {
    const owner = ownerOf("kept");
    const content = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const files = [{ path: "a/b", mode: 0o444, uid: 0, gid: 0, content }];
    const desired = { ...desiredState([]), fileSets: [{ name: "set", files }] };
    const kept = (revision: string): KeptState => {
      return { revision, at: "2026-11-21T14:02:11.000Z", good: ["web"], desired };
    };
    for (const revision of ["a", "b"]) await remember(owner, revision, kept(revision));
    const backend = await connectEngine({ host: `unix://${lab.provided.socket}` }, never);
    expect(await backend.stateStore(clock, "engine").readKept(owner, never)).toEqual([kept("a"), kept("b")]);
    expect(await backend.stateStore(clock, "engine").read(owner, never)).toMatchObject({
      history: history("b"),
    });
    await backend.close();
  });

  test("must be of the owner alone, also where dashes could be the border of two names", async () => {
    const one = { project: "ss", environment: "x-y" };
    const other = { project: "ss-x", environment: "y" };
    await remember(one, "one");
    expect(await store.read(other, never)).toMatchObject({ ledger: emptyLedger });
  });
});

describe("the lock of a run", () => {
  test("must be held by exactly one of twenty who find an expired one, and by each in turn", async () => {
    const owner = ownerOf("twenty");
    const dead = await deadStore().acquire(owner, options({ expiryMs: 300, holder: "a dead run" }), never);
    const holders: number[] = [];
    let holding = 0;
    const contend = async (number: number) => {
      const own = storeOf(await clientAt(`unix://${lab.provided.socket}`));
      const lock = await own.acquire(owner, options({ holder: `contender ${number}` }), never);
      holding += 1;
      holders.push(holding === 1 ? number : -1);
      await lock.assertHeld(never);
      holding -= 1;
      await lock.release();
    };
    await Promise.all(Array.from({ length: 20 }, (_, number) => contend(number)));
    expect(holders.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, number) => number));
    expect(await exists(statePlace(owner).lock)).toBe(false);
    await expect(dead.assertHeld(never)).rejects.toMatchObject({ code: "lock-lost" });
  });

  test("must be refused to all others as long as its holder gives signs of life", async () => {
    const owner = ownerOf("busy");
    const expiryMs = 9_000;
    const lock = await store.acquire(owner, options({ expiryMs }), never);
    await using proxy = await startRecordingProxy(lab.provided.socket, "/tmp");
    const through = await clientAt(proxy.host);
    const told: string[] = [];
    const contend = () =>
      storeOf(through).acquire(owner, options({ progress: ({ text }) => told.push(text) }), never);
    const outcomes = await Promise.allSettled(Array.from({ length: 5 }, contend));
    const message =
      /^take the lock of project "ss", environment "busy": held by apply on test, started 14:02, since \d{4}-\S+:\d\dZ$/;
    expect(outcomes.map(reasonOf)).toEqual(
      outcomes.map(() => ["busy", exitCodes.busy, expect.stringMatching(message)]),
    );
    expect(told).toHaveLength(5);
    expectOnlyRefusedAttempts(proxy, 5);
    await lock.assertHeld(never);
    await lock.release();
  });

  test("must be taken over without waiting when its holder is long dead by the Engine's clock", async () => {
    const owner = ownerOf("long-dead");
    const place = statePlace(owner);
    await deadStore().acquire(owner, options({ expiryMs: 200 }), never);
    await waitUntil("the holder to be long dead", 30_000, async () => {
      const sight = await sightLock(client, place, place.lock, 200, never);
      return (sight?.silentMs ?? 0) > 200 ? true : undefined;
    });
    const lock = await storeOf(client, hasty).acquire(owner, options({ holder: "the next" }), never);
    expect(await sightLock(client, place, place.lock, 200, never)).toMatchObject({
      holder: "the next",
      beat: 1,
    });
    await lock.release();
  });

  test("must be missed by its old holder as soon as it is gone, and nothing be written any more", async () => {
    const owner = ownerOf("stolen");
    const lock = await store.acquire(owner, options({ expiryMs: 9_000 }), never);
    await lab.behind.remove(statePlace(owner).lock);
    const next = await store.acquire(owner, options(), never);
    await once(lock.lost, "abort");
    expect(lock.lost.reason).toMatchObject({ code: "lock-lost" });
    await expect(lock.assertHeld(never)).rejects.toMatchObject({ code: "lock-lost" });
    await expect(lock.write({ ledger: ledger("late"), history: [] }, never)).rejects.toMatchObject({
      code: "lock-lost",
    });
    await lock.release();
    await next.assertHeld(never);
    expect(await store.read(owner, never)).toMatchObject({ ledger: emptyLedger });
    await next.release();
  });

  test("must be missed by the next step and the next write, not only by the next sign of life", async () => {
    const owner = ownerOf("stolen-between");
    const act = async (use: (lock: Awaited<ReturnType<StateStore["acquire"]>>) => Promise<void>) => {
      const lock = await deadStore().acquire(owner, options(), never);
      await lab.behind.remove(statePlace(owner).lock);
      await expect(use(lock)).rejects.toMatchObject({ code: "lock-lost", exitCode: 1 });
      expect(lock.lost.aborted).toBe(true);
      await lock.release();
    };
    await act((lock) => lock.assertHeld(never));
    await act((lock) => lock.write({ ledger: emptyLedger, history: [] }, never));
  });

  test("must survive signs of life that fail, until it may be taken over", async () => {
    const owner = ownerOf("mute");
    await using proxy = await startRecordingProxy(lab.provided.socket, "/tmp");
    const mute = storeOf(await clientAt(proxy.host));
    const lock = await mute.acquire(owner, options({ expiryMs: 12_000 }), never);
    const speak = proxy.refuse(/^PUT /, 500, "the Engine restarts");
    const isBeat = ({ method, status }: { method: string; status?: number }) =>
      method === "PUT" && status === 500;
    await waitUntil("a failed sign of life", 60_000, () => (proxy.calls().some(isBeat) ? true : undefined));
    expect(lock.lost.aborted).toBe(false);
    speak();
    proxy.forget();
    await proxy.seen(/^PUT /);
    await lock.assertHeld(never);
    proxy.refuse(/^PUT /, 500, "the Engine restarts");
    await once(lock.lost, "abort");
    expect(lock.lost.reason).toMatchObject({ message: expect.stringContaining("no sign of life") });
    await lock.release();
    expect(await exists(statePlace(owner).lock)).toBe(false);
  });

  test("must be known as our own when the answer to its creation was lost", async () => {
    const owner = ownerOf("lost-answer");
    await using proxy = await startCuttingProxy(lab.provided.socket, `/tmp/ss-${process.pid}.sock`);
    proxy.cut(/^POST .*\/containers\/create.*name=mysysconfig-lock/, "reset");
    const lock = await storeOf(await clientAt(proxy.host), hasty).acquire(owner, options(), never);
    await lock.assertHeld(never);
    await lock.release();
    expect(await exists(statePlace(owner).lock)).toBe(false);
  });

  test("must not stay when the run is aborted while it takes it", async () => {
    const owner = ownerOf("aborted");
    const { lock } = statePlace(owner);
    await using proxy = await startRecordingProxy(lab.provided.socket, "/tmp");
    const through = await clientAt(proxy.host);
    const release = proxy.holdAnswers(/^POST \/containers\/create/);
    const abort = new AbortController();
    const acquiring = storeOf(through).acquire(owner, options(), abort.signal);
    acquiring.catch(() => {});
    await waitUntil("the lock to exist", 10_000, async () => ((await exists(lock)) ? true : undefined));
    abort.abort(new Error("enough"));
    await expect(acquiring).rejects.toMatchObject({ code: "interrupted" });
    expect(await exists(lock)).toBe(false);
    release();
  });

  test("must end the wait at once when the run is aborted", async () => {
    const owner = ownerOf("impatient");
    const lock = await store.acquire(owner, options(), never);
    const abort = new AbortController();
    const acquiring = store.acquire(owner, options({ progress: () => abort.abort() }), abort.signal);
    await expect(acquiring).rejects.toMatchObject({ code: "interrupted" });
    await lock.release();
  });

  test("must not be confused with a container of somebody else", async () => {
    const owner = ownerOf("foreign");
    const { lock } = statePlace(owner);
    await lab.behind.create({
      name: lock,
      image: lab.image,
      command: ["true"],
      labels: { "mysysconfig.project": "ss" },
    });
    await expect(store.acquire(owner, options(), never)).rejects.toMatchObject({
      code: "engine-conflict",
      hint: `rename or remove the container "${lock}"`,
    });
    expect(await exists(lock)).toBe(true);
  });

  test("must say with each sign of life when the Engine saw it", async () => {
    const owner = ownerOf("beats");
    const lock = await store.acquire(owner, options({ expiryMs: 9_000 }), never);
    const { reader } = statePlace(owner);
    const beat = await waitUntil("the second sign of life", 60_000, async () => {
      const text = (await readStateFiles(client, reader, beatPath, "look", never))?.get(beatPath) ?? "{}";
      const { beat: number, at } = JSON.parse(text) as { beat?: number; at?: string };
      return (number ?? 0) >= 2 ? { at } : undefined;
    });
    const { SystemTime } = await lab.inspect<{ SystemTime: string }>("/info");
    expect(Math.abs(Date.parse(beat.at ?? "") - Date.parse(SystemTime))).toBeLessThan(30_000);
    await lock.release();
  });
});

describe("what the state needs in the Engine", () => {
  test("must be no workload, and no reason for a change", async ({ system }) => {
    const { p, step } = system;
    await system.write({
      [`units/${p}web.compose.yaml`]: compose({ services: { web: { image: "lab/plain:58-develop" } } }),
    });
    expectConverged(await step("a service is applied", () => system.apply()));
    const labels = [...(await system.containers()).values()][0]?.Config.Labels ?? {};
    const owner = {
      project: labels["mysysconfig.project"] ?? "",
      environment: labels["mysysconfig.environment"] ?? "",
    };
    const lock = await store.acquire(owner, options(), never);
    await lock.write({ ledger: ledger("here"), history: history("a") }, never);
    system.proxy.forget();
    const { plan, ...result } = await step("it is planned beside a run", () => system.plan());
    expectNothingDone(system, result);
    expect(plan.changes.map(({ kind }) => kind)).toEqual(plan.changes.map(() => "unchanged"));
    const observed = await lab.backend.observe(lab.scope({ owner }), never);
    expect(observed.containers.filter(({ name }) => name.startsWith("mysysconfig-"))).toEqual([]);
    await lock.release();
  });
});

/** Code, exit code and message of a failure; the whole of anything else. */
function reasonOf(outcome: PromiseSettledResult<unknown>): unknown {
  if (outcome.status === "fulfilled" || !isReconcilerError(outcome.reason)) return outcome;
  const { code, exitCode, message } = outcome.reason;
  return [code, exitCode, message];
}

function expectOnlyRefusedAttempts(proxy: RecordingProxy, count: number): void {
  const mutations = proxy.calls().filter(({ method }) => method !== "GET");
  expect(mutations).toHaveLength(count);
  for (const call of mutations) {
    expect(call).toMatchObject({ method: "POST", status: 409 });
    expect(call.path).toMatch(/^\/containers\/create\?name=mysysconfig-lock-/);
  }
}
