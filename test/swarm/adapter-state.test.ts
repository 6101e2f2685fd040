/** What runs remember in a cluster, and the lock that lets one of them act, on a real manager. */
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { waitUntil } from "../../deploy/lab/waiting.ts";
import { openConnection } from "../../src/docker/connect.ts";
import type { EngineClient } from "../../src/docker/engine-client.ts";
import { clusterPlace } from "../../src/docker/swarm/state-names.ts";
import { createSwarmStore } from "../../src/docker/swarm/swarm-store.ts";
import { exitCodes, isReconcilerError } from "../../src/model/errors.ts";
import type { History, KeptState, RunRecord } from "../../src/model/history.ts";
import { emptyLedger, type Ledger } from "../../src/model/ledger.ts";
import type { Owner } from "../../src/model/ownership.ts";
import type { Clock, LockOptions, RunLock, StateStore } from "../../src/ports.ts";
import { startCuttingProxy } from "../integration/docker/cutting-proxy.ts";
import { desiredState } from "../support/builders.ts";
import { startRecordingProxy } from "../support/recording-proxy.ts";
import { never, openSwarmLab, type SwarmLab } from "./adapter-lab.ts";
import { releases } from "./releases.ts";

const clock: Clock = {
  monotonicMs: () => performance.now(),
  now: () => new Date(),
  sleep: (ms, signal) => sleep(ms, undefined, { signal }),
};
const hasty: Clock = { ...clock, sleep: () => Promise.reject(new Error("there was nothing to wait for")) };

describe.for(releases)("the state in a cluster of Docker Engine %s", (release) => {
  let lab: SwarmLab;
  let client: EngineClient;
  let store: StateStore;

  beforeAll(async () => {
    lab = await openSwarmLab(release);
    client = await clientAt(`unix://${lab.socket}`);
    store = storeOf(client);
  });
  afterAll(() => lab?.close());

  const newId = () => crypto.randomUUID();
  const storeOf = (through: EngineClient, its: Clock = clock) =>
    createSwarmStore(through, { clock: its, newId });
  /** Holders of such a store give no sign of life, as if they had been killed. */
  const deadStore = () => createSwarmStore(client, { clock, newId, every: () => () => {} });
  const viaProxy = async () => {
    const proxy = await startRecordingProxy(lab.socket, "/tmp");
    return { proxy, store: storeOf(await clientAt(proxy.host)) };
  };
  const stateNames = async () => (await lab.configs("mysysconfig-")).map(({ Spec }) => Spec.Name).sort();

  /** One run that writes and ends. */
  async function remember(owner: Owner, reason: string, keep?: KeptState): Promise<void> {
    const lock = await store.acquire(owner, options(), never);
    await lock.write(stateOf(reason, keep), never);
    await lock.release();
  }

  test("W12 must be read by another connection as it was written, and leave nothing else behind", async () => {
    const owner = ownerOf("shared");
    await remember(owner, "first");
    await remember(owner, "second");
    const { proxy, store: other } = await viaProxy();
    expect(await other.read(owner, never)).toEqual({
      ledger: ledger("second"),
      history: history("second"),
      warnings: [],
    });
    expect(proxy.calls().filter(({ path }) => path.startsWith("/configs"))).toHaveLength(2);
    expect(proxy.mutations()).toEqual([]);
    const { head, lock } = clusterPlace(owner);
    expect(await stateNames()).toEqual([head, expect.stringMatching(`^${head}-[0-9a-f]{16}$`)]);
    expect(await stateNames()).not.toContain(lock);
    await proxy[Symbol.asyncDispose]();
  });

  test("must be empty where nothing was ever written, and stay nothing", async () => {
    const owner = ownerOf("untouched");
    const { proxy, store: other } = await viaProxy();
    expect(await other.read(owner, never)).toEqual({ ledger: emptyLedger, history: [], warnings: [] });
    expect(await other.readKept(owner, never)).toEqual([]);
    expect(proxy.mutations()).toEqual([]);
    await (await store.acquire(owner, options(), never)).release();
    expect(await store.read(owner, never)).toEqual({ ledger: emptyLedger, history: [], warnings: [] });
    await proxy[Symbol.asyncDispose]();
  });

  test("must give kept states back, ten at most, and of more than one part when they are large", async () => {
    const owner = ownerOf("kept");
    const content = crypto.getRandomValues(new Uint8Array(65_536));
    const many = Array.from({ length: 16 }, (_, index) => ({
      path: `f${index}`,
      mode: 0o444,
      uid: 0,
      gid: 0,
      content: content.map((byte) => byte ^ index),
    }));
    const desired = { ...desiredState([]), fileSets: [{ name: "set", files: many }] };
    const kept = (revision: string): KeptState => {
      return { revision, at: "2026-11-21T14:02:11.000Z", good: ["web"], desired };
    };
    const revisions = Array.from({ length: 12 }, (_, index) => `r${index}`);
    for (const revision of revisions) await remember(owner, revision, kept(revision));
    const read = await store.readKept(owner, never);
    expect(read.map(({ revision }) => revision)).toEqual(revisions.slice(2));
    expect(read[9]).toEqual(kept("r11"));
    // Ten of two parts each, the records, and the head.
    const { head } = clusterPlace(owner);
    expect((await stateNames()).filter((name) => name.startsWith(head))).toHaveLength(22);
  });

  test("must be the old or the new state wherever a write is killed, and heal with the next one", async () => {
    const owner = ownerOf("killed");
    await remember(owner, "0");
    const { proxy, store: doomed } = await viaProxy();
    const counting = await doomed.acquire(owner, options(), never);
    proxy.forget();
    await counting.write(stateOf("1"), never);
    const calls = proxy.calls().length;
    await counting.release();
    expect(calls).toBeGreaterThan(6);
    const seen: string[] = [];
    for (let last = 0; last < calls; last += 1) {
      const lock = await doomed.acquire(owner, options(), never);
      proxy.forget();
      let count = -1;
      const heal = proxy.refuse(
        () => {
          count += 1;
          return count >= last;
        },
        500,
        "killed",
      );
      await lock.write(stateOf(`k${last}`), never).catch(() => {});
      heal();
      await lock.release();
      const { warnings, ledger: found } = await store.read(owner, never);
      expect(warnings).toEqual([]);
      seen.push(found.holds[0]?.reason ?? "");
    }
    expect(seen[0]).toBe("1");
    expect(seen.every((reason, index) => reason === `k${index}` || reason === (seen[index - 1] ?? "1"))).toBe(
      true,
    );
    await remember(owner, "whole");
    await remember(owner, "whole again");
    const { head } = clusterPlace(owner);
    expect((await stateNames()).filter((name) => name.startsWith(head))).toHaveLength(2);
    await proxy[Symbol.asyncDispose]();
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
        expect([state.warnings, state.ledger.holds.length]).toEqual([[], 1]);
        seen.add(state.ledger.holds[0]?.reason ?? "");
      }
    };
    const write = async () => {
      for (let count = 1; count <= 20; count += 1) await lock.write(stateOf(String(count)), never);
      isWriting = false;
    };
    await Promise.all([look(), look(), write()]);
    expect(seen.size).toBeGreaterThan(1);
    await lock.release();
  });

  test("must have a lock that exactly one of twenty holds, each in turn, after one that has expired", async () => {
    const owner = ownerOf("twenty");
    const dead = await deadStore().acquire(owner, options({ expiryMs: 300, holder: "a dead run" }), never);
    const holders: number[] = [];
    let holding = 0;
    const contend = async (number: number) => {
      const own = storeOf(await clientAt(`unix://${lab.socket}`));
      const lock = await own.acquire(owner, options({ holder: `contender ${number}` }), never);
      holding += 1;
      holders.push(holding === 1 ? number : -1);
      await lock.assertHeld(never);
      holding -= 1;
      await lock.release();
    };
    await Promise.all(Array.from({ length: 20 }, (_, number) => contend(number)));
    expect(holders.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, number) => number));
    await expect(dead.assertHeld(never)).rejects.toMatchObject({ code: "lock-lost" });
    expect(await stateNames()).not.toContain(clusterPlace(owner).lock);
  });

  test("must have a lock that is refused to others as long as its holder gives signs of life", async () => {
    const owner = ownerOf("busy");
    const lock = await store.acquire(owner, options({ expiryMs: 6_000 }), never);
    const outcomes = await Promise.allSettled([1, 2, 3].map(() => store.acquire(owner, options(), never)));
    const message =
      /^take the lock of project "state", environment "busy": held by apply on test, started 14:02, since \d{4}-\S+:\d\dZ$/;
    expect(outcomes.map(reasonOf)).toEqual(
      outcomes.map(() => ["busy", exitCodes.busy, expect.stringMatching(message)]),
    );
    await lock.assertHeld(never);
    await lock.release();
  });

  test("must have a lock that is taken over without waiting when its holder is long dead by the Engine's clock", async () => {
    const owner = ownerOf("long-dead");
    await deadStore().acquire(owner, options({ expiryMs: 200 }), never);
    await sleep(1_000);
    const lock = await storeOf(client, hasty).acquire(owner, options({ holder: "the next" }), never);
    expect(lock.lost.aborted).toBe(false);
    await lock.assertHeld(never);
    await lock.release();
  });

  test("must have a lock that its old holder misses: by the next step, the next write, the next sign of life", async () => {
    const owner = ownerOf("stolen");
    const steal = async () => await lab.call("DELETE", `/configs/${clusterPlace(owner).lock}`);
    const act = async (use: (lock: RunLock) => Promise<void>) => {
      const lock = await deadStore().acquire(owner, options(), never);
      await steal();
      await expect(use(lock)).rejects.toMatchObject({ code: "lock-lost", exitCode: 1 });
      expect(lock.lost.aborted).toBe(true);
      await lock.release();
    };
    await act((lock) => lock.assertHeld(never));
    await act((lock) => lock.write(stateOf("late"), never));
    const lock = await store.acquire(owner, options({ expiryMs: 6_000 }), never);
    await steal();
    const next = await store.acquire(owner, options(), never);
    await once(lock.lost, "abort");
    expect(lock.lost.reason).toMatchObject({ code: "lock-lost" });
    await lock.release();
    await next.assertHeld(never);
    expect(await store.read(owner, never)).toMatchObject({ ledger: emptyLedger });
    await next.release();
  });

  test("W6 must not be written by a run that has lost the lock between its last look and its write", async () => {
    const owner = ownerOf("paused");
    const { proxy, store: slow } = await viaProxy();
    const lock = await slow.acquire(owner, options(), never);
    const { head, lock: name } = clusterPlace(owner);
    const goOn = proxy.hold(/^POST \/configs\/[^/]+\/update/);
    const writing = lock.write(stateOf("late"), never);
    await proxy.seen(/^POST \/configs\/[^/]+\/update/);
    await lab.call("DELETE", `/configs/${name}`);
    const next = await store.acquire(owner, options({ holder: "the next" }), never);
    await next.write(stateOf("next"), never);
    goOn();
    await expect(writing).rejects.toMatchObject({ code: "lock-lost" });
    expect(await store.read(owner, never)).toMatchObject({ ledger: ledger("next"), warnings: [] });
    await next.write(stateOf("last"), never);
    await next.release();
    expect((await stateNames()).filter((one) => one.startsWith(head))).toHaveLength(2);
    await lock.release();
    await proxy[Symbol.asyncDispose]();
  });

  test("must know its own lock when the answer to its creation was lost", async () => {
    const owner = ownerOf("lost-answer");
    await using proxy = await startCuttingProxy(lab.socket, `/tmp/adapter-state-${process.pid}.sock`);
    proxy.cut(/^POST .*\/configs\/create/, "reset");
    const lock = await storeOf(await clientAt(proxy.host), hasty).acquire(owner, options(), never);
    await lock.assertHeld(never);
    await lock.release();
    expect(await stateNames()).not.toContain(clusterPlace(owner).lock);
  });

  test("must not keep a lock when the run is aborted while it takes it", async () => {
    const owner = ownerOf("aborted");
    const { lock } = clusterPlace(owner);
    const { proxy, store: slow } = await viaProxy();
    const release = proxy.holdAnswers(/^POST \/configs\/create/);
    const abort = new AbortController();
    const acquiring = slow.acquire(owner, options(), abort.signal);
    acquiring.catch(() => {});
    await waitUntil("the lock to exist", 10_000, async () =>
      (await stateNames()).includes(lock) ? true : undefined,
    );
    abort.abort(new Error("enough"));
    await expect(acquiring).rejects.toMatchObject({ code: "interrupted" });
    expect(await stateNames()).not.toContain(lock);
    release();
    await proxy[Symbol.asyncDispose]();
  });

  test("must not be confused with configs of somebody else", async () => {
    const owner = ownerOf("foreign");
    const { head, lock } = clusterPlace(owner);
    for (const Name of [head, lock])
      await lab.call("POST", "/configs/create", { Name, Data: "eA==", Labels: {} });
    await expect(store.acquire(owner, options(), never)).rejects.toMatchObject({ code: "engine-conflict" });
    await expect(store.read(owner, never)).rejects.toMatchObject({ code: "engine-conflict" });
  });

  test("must be no content that an observation shows", async () => {
    await remember(lab.owner, "here");
    expect((await lab.observe()).configs).toEqual([]);
  });
});

async function clientAt(host: string): Promise<EngineClient> {
  return (await openConnection({ host }, undefined, never)).client;
}

const ownerOf = (environment: string): Owner => ({ project: "state", environment });

function options(fields: Partial<LockOptions> = {}): LockOptions {
  return { holder: "apply on test, started 14:02", expiryMs: 30_000, progress: () => {}, ...fields };
}

const ledger = (reason: string): Ledger => ({
  ...emptyLedger,
  holds: [{ workload: "web", by: "ann", reason, since: "2026-11-21T14:02:11.000Z" }],
});
const history = (txn: string): History => {
  const at = "2026-11-21T14:02:11.000Z";
  const fate = {
    txn,
    at,
    durationMs: 1,
    command: "apply",
    by: "ann",
    exitCode: 0,
    verdict: "fine",
    changes: [],
  } as const;
  return [{ ...fate, revision: { id: "3f2c1ab" } } satisfies RunRecord];
};
const stateOf = (reason: string, keep?: KeptState) => {
  const state = { ledger: ledger(reason), history: history(reason) };
  return keep === undefined ? state : { ...state, keep };
};

/** Code, exit code and message of a failure; the whole of anything else. */
function reasonOf(outcome: PromiseSettledResult<unknown>): unknown {
  if (outcome.status === "fulfilled" || !isReconcilerError(outcome.reason)) return outcome;
  const { code, exitCode, message } = outcome.reason;
  return [code, exitCode, message];
}
