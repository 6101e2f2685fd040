import type { KeptState } from "../../model/history.ts";
import type { Owner } from "../../model/ownership.ts";
import type { LockOptions, RunLock, StateStore, StoredState } from "../../ports.ts";
import { acquireLock } from "../acquire-lock.ts";
import { translateEngineError } from "../api-errors.ts";
import type { EngineClient } from "../engine-client.ts";
import { everyUnrefed } from "../lock-life.ts";
import { keptFolder, readKeptStates, readRecords, recordsFolder } from "../state-records.ts";
import type { StateStoreOptions } from "../state-store.ts";
import { ConfigLock } from "./config-lock.ts";
import { type ReadDocuments, readDocuments } from "./state-documents.ts";
import { readHead } from "./state-head.ts";
import { type ClusterPlace, clusterPlace } from "./state-names.ts";
import { SwarmRunLock } from "./swarm-run-lock.ts";

/**
 * The memory of environments in the cluster's own store, which every manager has: configs with the documents, one that
 * says which of them count (`state-head.ts`), and one that is the lock.
 */
export function createSwarmStore(client: EngineClient, options: StateStoreOptions): StateStore {
  return {
    async read(owner: Owner, signal: AbortSignal): Promise<StoredState> {
      const what = `read the state of ${clusterPlace(owner).subject}`;
      const { files, warnings } = await readCalmly(client, owner, recordsFolder, what, options, signal);
      const state = readRecords(files);
      return { ...state, warnings: [...warnings, ...state.warnings] };
    },
    async readKept(owner: Owner, signal: AbortSignal): Promise<readonly KeptState[]> {
      const what = `read the kept states of ${clusterPlace(owner).subject}`;
      return readKeptStates((await readCalmly(client, owner, keptFolder, what, options, signal)).files);
    },
    async acquire(owner: Owner, lockOptions: LockOptions, signal: AbortSignal): Promise<RunLock> {
      const place = clusterPlace(owner);
      try {
        return await acquire(client, place, options, lockOptions, signal);
      } catch (error) {
        throw translateEngineError(error, `take the lock of ${place.subject}`, signal);
      }
    },
  };
}

/** A write takes milliseconds; on a busy machine some hundred of them. */
const looks = 5;
const betweenLooksMs = 100;

/** Between a look at the head and one at its documents somebody may have replaced them. */
async function readCalmly(
  client: EngineClient,
  owner: Owner,
  folder: string,
  what: string,
  { clock }: StateStoreOptions,
  signal: AbortSignal,
): Promise<Pick<ReadDocuments, "files"> & { readonly warnings: readonly string[] }> {
  const place = clusterPlace(owner);
  for (let look = 1; ; look += 1) {
    const seen = await readHead(client, place, what, signal);
    if (seen === undefined) return { files: new Map(), warnings: [] };
    if (seen.newerFormat !== undefined) {
      const warning = `the state was written by a newer mysysconfig (format ${seen.newerFormat}) and was ignored`;
      return { files: new Map(), warnings: [warning] };
    }
    const { files, damaged } = await readDocuments({ client, place, what, signal }, seen.head, folder);
    if (damaged.length === 0) return { files, warnings: [] };
    if (look === looks)
      return { files, warnings: damaged.map((name) => `"${name}" of the state is damaged and was ignored`) };
    await clock.sleep(betweenLooksMs, signal).catch((error: unknown) => {
      throw translateEngineError(error, what, signal);
    });
  }
}

async function acquire(
  client: EngineClient,
  place: ClusterPlace,
  { clock, newId, every = everyUnrefed }: StateStoreOptions,
  options: LockOptions,
  signal: AbortSignal,
): Promise<RunLock> {
  const { expiryMs } = options;
  const lock = new ConfigLock(client, place, options, newId());
  const held = await acquireLock({ clock, lock, options, holderId: lock.holderId }, signal);
  const runLock = new SwarmRunLock(held, { client, clock, every, place, lock, expiryMs });
  try {
    await runLock.fence(signal);
    runLock.lost.throwIfAborted();
    signal.throwIfAborted();
    return runLock;
  } catch (error) {
    await runLock.release();
    throw error;
  }
}
