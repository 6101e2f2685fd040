import type { Clock, RunLock, StateUpdate } from "../ports.ts";
import type { HeldLock } from "./acquire-lock.ts";
import { statusOf } from "./api-errors.ts";
import { apiPath, type EngineClient, unlessMissing } from "./engine-client.ts";
import { type Every, LockLife } from "./lock-life.ts";
import { beatPath, formatBeat, inspectDated } from "./lock-sight.ts";
import { readStateFiles, type StateFiles, verifyWritten, writeStateFiles } from "./state-files.ts";
import type { StatePlace } from "./state-place.ts";
import { formatKept, formatRecords, keptFolder, nextRecords, recordsFolder } from "./state-records.ts";

const releaseTimeoutMs = 5_000;
const never = new AbortController().signal;
const removed = "its container is gone, another run may have taken it over";

export interface HolderOptions {
  readonly client: EngineClient;
  readonly clock: Clock;
  readonly every: Every;
  readonly place: StatePlace;
  readonly holderId: string;
  readonly expiryMs: number;
}

/**
 * A lock that is held: a container of ours that exists. Everything is written through that very container, by its id, so
 * that whoever has lost the lock cannot write any more: the Engine answers that it does not know the container.
 */
export class HeldRunLock implements RunLock {
  private readonly options: HolderOptions;
  private readonly id: string;
  private readonly life: LockLife;
  private beats = 0;
  private released: Promise<void> | undefined;

  constructor({ id, takenMs }: HeldLock, options: HolderOptions) {
    const { clock, every, expiryMs, place } = options;
    this.options = options;
    this.id = id;
    const giveSign = (signal: AbortSignal) => this.giveSign(signal);
    this.life = new LockLife({ clock, every, expiryMs, takenMs, subject: place.subject, giveSign });
  }

  get lost(): AbortSignal {
    return this.life.lost;
  }

  /** Gives a sign of life now. Never rejects. */
  async beat(): Promise<void> {
    await this.life.beat();
  }

  async assertHeld(signal: AbortSignal): Promise<void> {
    this.life.noticeSilence();
    this.lost.throwIfAborted();
    const what = `make sure of the lock of ${this.options.place.subject}`;
    const request = { what, path: apiPath`/containers/${this.id}/json` };
    if ((await unlessMissing(this.options.client.get(request, signal))) === undefined)
      this.life.lose(removed);
    this.lost.throwIfAborted();
  }

  async write(state: StateUpdate, signal: AbortSignal): Promise<void> {
    this.lost.throwIfAborted();
    const what = `write the state of ${this.options.place.subject}`;
    const records = formatRecords(state, nextRecords(await this.read(recordsFolder, what, signal)));
    const kept: StateFiles =
      state.keep === undefined
        ? new Map()
        : formatKept(state.keep, await this.read(keptFolder, what, signal));
    await this.unlessLost(
      writeStateFiles(this.options.client, this.id, new Map([...kept, ...records]), what, signal),
    );
    verifyWritten(records, await this.read(recordsFolder, what, signal), what);
    for (const [path, text] of kept)
      verifyWritten(new Map([[path, text]]), await this.read(path, what, signal), what);
  }

  release(): Promise<void> {
    this.released ??= this.remove();
    return this.released;
  }

  private async remove(): Promise<void> {
    await this.life.end();
    const what = `release the lock of ${this.options.place.subject}`;
    const request = { what, path: apiPath`/containers/${this.id}`, timeoutMs: releaseTimeoutMs };
    await this.options.client.delete(request, never).catch(() => {});
  }

  private async read(path: string, what: string, signal: AbortSignal): Promise<StateFiles> {
    const files = await readStateFiles(this.options.client, this.id, path, what, signal);
    if (files === undefined) this.life.lose(removed);
    this.lost.throwIfAborted();
    return files ?? new Map();
  }

  private async unlessLost(call: Promise<void>): Promise<void> {
    try {
      await call;
    } catch (error) {
      if (statusOf(error) === 404) this.life.lose(removed);
      this.lost.throwIfAborted();
      throw error;
    }
  }

  private async giveSign(signal: AbortSignal): Promise<string | undefined> {
    const { client, place, holderId } = this.options;
    const what = `keep the lock of ${place.subject}`;
    try {
      const dated = await inspectDated(client, this.id, what, signal);
      if (dated === undefined) return removed;
      const at = dated.engineTimeMs === undefined ? undefined : new Date(dated.engineTimeMs).toISOString();
      this.beats += 1;
      const files = new Map([[beatPath, formatBeat(holderId, this.beats, at)]]);
      await writeStateFiles(client, this.id, files, what, signal);
      return undefined;
    } catch (error) {
      if (statusOf(error) === 404) return removed;
      throw error;
    }
  }
}
