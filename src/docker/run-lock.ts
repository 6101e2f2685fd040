import { ReconcilerError } from "../model/errors.ts";
import type { Clock, RunLock, StateUpdate } from "../ports.ts";
import type { HeldLock } from "./acquire-lock.ts";
import { statusOf } from "./api-errors.ts";
import { apiPath, type EngineClient, unlessMissing } from "./engine-client.ts";
import { beatPath, formatBeat, inspectDated } from "./lock-sight.ts";
import { readStateFiles, type StateFiles, verifyWritten, writeStateFiles } from "./state-files.ts";
import type { StatePlace } from "./state-place.ts";
import { formatKept, formatRecords, keptFolder, nextRecords, recordsFolder } from "./state-records.ts";

const releaseTimeoutMs = 5_000;
const never = new AbortController().signal;

/** Calls a function every so many milliseconds until the answer is called; it must not keep the process alive. */
export type Every = (ms: number, tick: () => void) => () => void;

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
  private readonly loss = new AbortController();
  private readonly end = new AbortController();
  private readonly stopTicking: () => void;
  /** Monotonic milliseconds before the last sign of life that reached the Engine. */
  private lastSignMs: number;
  private beats = 0;
  private ticks = 0;
  private beating: Promise<void> | undefined;
  private released: Promise<void> | undefined;

  constructor({ id, takenMs }: HeldLock, options: HolderOptions) {
    this.options = options;
    this.id = id;
    this.lastSignMs = takenMs;
    this.stopTicking = options.every(options.expiryMs / ticksPerExpiry, () => this.tick());
  }

  get lost(): AbortSignal {
    return this.loss.signal;
  }

  /** Gives a sign of life now; one that fails is tried again with the next. Never rejects. */
  async beat(): Promise<void> {
    this.beating ??= this.sendBeat().finally(() => {
      this.beating = undefined;
    });
    await this.beating;
  }

  async assertHeld(signal: AbortSignal): Promise<void> {
    this.noticeSilence();
    this.loss.signal.throwIfAborted();
    const what = `make sure of the lock of ${this.options.place.subject}`;
    const request = { what, path: apiPath`/containers/${this.id}/json` };
    if ((await unlessMissing(this.options.client.get(request, signal))) === undefined) this.lose(removed);
    this.loss.signal.throwIfAborted();
  }

  async write(state: StateUpdate, signal: AbortSignal): Promise<void> {
    this.loss.signal.throwIfAborted();
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
    this.stopTicking();
    this.end.abort();
    await this.beating;
    const what = `release the lock of ${this.options.place.subject}`;
    const request = { what, path: apiPath`/containers/${this.id}`, timeoutMs: releaseTimeoutMs };
    await this.options.client.delete(request, never).catch(() => {});
  }

  private async read(path: string, what: string, signal: AbortSignal): Promise<StateFiles> {
    const files = await readStateFiles(this.options.client, this.id, path, what, signal);
    if (files === undefined) this.lose(removed);
    this.loss.signal.throwIfAborted();
    return files ?? new Map();
  }

  private async unlessLost(call: Promise<void>): Promise<void> {
    try {
      await call;
    } catch (error) {
      if (statusOf(error) === 404) this.lose(removed);
      this.loss.signal.throwIfAborted();
      throw error;
    }
  }

  /** Twice as often as beats are due, so that silence is noticed in time. */
  private tick(): void {
    this.noticeSilence();
    this.ticks += 1;
    if (this.ticks % 2 === 0 && !this.lost.aborted) void this.beat();
  }

  /** One tick before others may take the lock over. */
  private noticeSilence(): void {
    const { clock, expiryMs } = this.options;
    const longestMs = expiryMs * (1 - 1 / ticksPerExpiry);
    const silentMs = clock.monotonicMs() - this.lastSignMs;
    if (silentMs < longestMs) return;
    this.lose(`no sign of life reached the Engine for ${Math.round(silentMs / 1000)} s`);
  }

  private async sendBeat(): Promise<void> {
    const { client, clock, place, holderId, expiryMs } = this.options;
    const what = `keep the lock of ${place.subject}`;
    const startedMs = clock.monotonicMs();
    // One that hangs must not stand in the way of the next.
    const signal = AbortSignal.any([this.end.signal, AbortSignal.timeout(Math.ceil(expiryMs / 3))]);
    try {
      const dated = await inspectDated(client, this.id, what, signal);
      if (dated === undefined) return this.lose(removed);
      const at = dated.engineTimeMs === undefined ? undefined : new Date(dated.engineTimeMs).toISOString();
      this.beats += 1;
      const files = new Map([[beatPath, formatBeat(holderId, this.beats, at)]]);
      await writeStateFiles(client, this.id, files, what, signal);
      this.lastSignMs = startedMs;
    } catch (error) {
      if (statusOf(error) === 404) this.lose(removed);
    }
  }

  private lose(why: string): void {
    if (this.end.signal.aborted || this.lost.aborted) return;
    this.stopTicking();
    this.loss.abort(lockLost(`hold the lock of ${this.options.place.subject}: ${why}`));
  }
}

const ticksPerExpiry = 6;
const removed = "its container is gone, another run may have taken it over";

function lockLost(message: string): ReconcilerError {
  return new ReconcilerError("lock-lost", message, {
    hint: "another run may be active: when it has ended, run again",
  });
}
