import { isReconcilerError } from "../model/errors.ts";
import type { KeptState } from "../model/history.ts";
import type { Owner } from "../model/ownership.ts";
import type { Clock, LockOptions, RunLock, StateStore, StoredState } from "../ports.ts";
import { acquireLock } from "./acquire-lock.ts";
import { statusOf, translateEngineError } from "./api-errors.ts";
import { containerLock } from "./container-lock.ts";
import { createVessel } from "./empty-image.ts";
import type { EngineClient } from "./engine-client.ts";
import { type Every, everyUnrefed } from "./lock-life.ts";
import { HeldRunLock } from "./run-lock.ts";
import { readStateFiles, type StateFiles } from "./state-files.ts";
import { readerVessel, type StatePlace, statePlace } from "./state-place.ts";
import { keptFolder, mayBeTorn, readKeptStates, readRecords, recordsFolder } from "./state-records.ts";

export interface StateStoreOptions {
  readonly clock: Clock;
  /** Random text, never the same twice: tells one acquisition of a lock from all others. */
  readonly newId: () => string;
  /** For tests with a time of their own. */
  readonly every?: Every;
}

/**
 * The memory of environments, in one volume each that nothing but never-started containers mount: the Engine's archive
 * calls read and write it without a folder of the host, a registry or a running container.
 */
export function createStateStore(client: EngineClient, options: StateStoreOptions): StateStore {
  return {
    async read(owner: Owner, signal: AbortSignal): Promise<StoredState> {
      const reading = { client, place: statePlace(owner), folder: recordsFolder, subject: "the state" };
      return readRecords(await readCalmly(reading, mayBeTorn, options.clock, signal));
    },
    async readKept(owner: Owner, signal: AbortSignal): Promise<readonly KeptState[]> {
      const reading = { client, place: statePlace(owner), folder: keptFolder, subject: "the kept states" };
      return readKeptStates(await readCalmly(reading, () => false, options.clock, signal));
    },
    async acquire(owner: Owner, lockOptions: LockOptions, signal: AbortSignal): Promise<RunLock> {
      const place = statePlace(owner);
      try {
        return await acquire(client, place, options, lockOptions, signal);
      } catch (error) {
        throw translateEngineError(error, `take the lock of ${place.subject}`, signal);
      }
    },
  };
}

interface Reading {
  readonly client: EngineClient;
  readonly place: StatePlace;
  readonly folder: string;
  readonly subject: string;
}

/** Writing takes milliseconds; on a busy machine some hundred of them. */
const looks = 5;
const betweenLooksMs = 100;

/**
 * Runs write through their lock and everybody reads through the reader, and the Engine lets archive calls wait for each
 * other only on one container: a read that meets a write may break off or see half of it, and is done again.
 */
async function readCalmly(
  reading: Reading,
  mayBeHalf: (files: StateFiles) => boolean,
  clock: Clock,
  signal: AbortSignal,
): Promise<StateFiles> {
  for (let look = 1; ; look += 1) {
    try {
      const files = await readThrough(reading, signal);
      if (look === looks || !mayBeHalf(files)) return files;
    } catch (error) {
      if (look === looks || !isReconcilerError(error) || error.code !== "engine-failed") throw error;
    }
    await clock.sleep(betweenLooksMs, signal).catch((error: unknown) => {
      throw translateEngineError(error, `read ${reading.subject} of ${reading.place.subject}`, signal);
    });
  }
}

/** By the reader, or while that is gone by a lock that exists; without both there is nothing that we could know. */
async function readThrough(
  { client, place, folder, subject }: Reading,
  signal: AbortSignal,
): Promise<StateFiles> {
  const what = `read ${subject} of ${place.subject}`;
  return (
    (await readStateFiles(client, place.reader, folder, what, signal)) ??
    (await readStateFiles(client, place.lock, folder, what, signal)) ??
    new Map()
  );
}

async function acquire(
  client: EngineClient,
  place: StatePlace,
  { clock, newId, every = everyUnrefed }: StateStoreOptions,
  options: LockOptions,
  signal: AbortSignal,
): Promise<RunLock> {
  const holderId = newId();
  const { expiryMs } = options;
  const contended = containerLock(client, place, options, holderId);
  const held = await acquireLock({ clock, lock: contended, options, holderId }, signal);
  const lock = new HeldRunLock(held, { client, clock, every, place, holderId, expiryMs });
  try {
    await ensureReader(client, place, signal);
    // Others then see whose the sign of life in the volume is; a sign that fails is given again soon.
    await lock.beat();
    lock.lost.throwIfAborted();
    signal.throwIfAborted();
    return lock;
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** With the reader the next plan can read. */
async function ensureReader(client: EngineClient, place: StatePlace, signal: AbortSignal): Promise<void> {
  const what = `make the state of ${place.subject} readable`;
  try {
    await createVessel(client, readerVessel(place), what, signal);
  } catch (error) {
    if (statusOf(error) !== 409) throw error;
  }
}
