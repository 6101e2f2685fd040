import { ReconcilerError } from "../../src/model/errors.ts";
import type { KeptState } from "../../src/model/history.ts";
import { emptyLedger } from "../../src/model/ledger.ts";
import type { LockOptions, RunLock, StateStore, StateUpdate, StoredState } from "../../src/ports.ts";
import type { VirtualClock } from "./virtual-clock.ts";

interface HeldLock {
  readonly id: number;
  readonly holder: string;
  /** Virtual milliseconds of the last sign of life. */
  seenAtMs: number;
}

/** The state of one environment beside a simulated Engine: a killed run leaves its lock behind. */
export class SimulatedStore implements StateStore {
  stored: StoredState = { ledger: emptyLedger, history: [], warnings: [] };
  kept: readonly KeptState[] = [];
  /** Every acquisition, write and release, for tests that count. */
  readonly deeds: string[] = [];
  private lock: HeldLock | undefined;
  private count = 0;
  private readonly clock: VirtualClock;
  private readonly isKilled: () => boolean;

  constructor(clock: VirtualClock, isKilled: () => boolean) {
    this.clock = clock;
    this.isKilled = isKilled;
  }

  async read(): Promise<StoredState> {
    return this.stored;
  }

  async readKept(): Promise<readonly KeptState[]> {
    return this.kept;
  }

  async acquire(_owner: unknown, options: LockOptions, signal: AbortSignal): Promise<RunLock> {
    const found = this.lock;
    if (found !== undefined) {
      const seen = found.seenAtMs;
      await this.clock.sleep(Math.max(0, seen + options.expiryMs - this.clock.monotonicMs()), signal);
      if (this.lock === found && found.seenAtMs > seen)
        throw new ReconcilerError("busy", `another run is at work: ${found.holder}`);
      if (this.lock !== undefined && this.lock !== found) return await this.acquire(_owner, options, signal);
    }
    this.count += 1;
    const mine: HeldLock = { id: this.count, holder: options.holder, seenAtMs: this.clock.monotonicMs() };
    this.lock = mine;
    this.deeds.push("acquire");
    return this.handle(mine);
  }

  private handle(mine: HeldLock): RunLock {
    const lost = new AbortController();
    const assertHeld = async () => {
      if (this.lock === mine) {
        mine.seenAtMs = this.clock.monotonicMs();
        return;
      }
      const error = new ReconcilerError("lock-lost", "another run took the lock over");
      lost.abort(error);
      throw error;
    };
    return {
      lost: lost.signal,
      assertHeld,
      write: async (update: StateUpdate) => {
        if (this.isKilled()) throw new Error("killed");
        await assertHeld();
        this.deeds.push("write");
        this.stored = { ledger: update.ledger, history: update.history, warnings: [] };
        const { keep } = update;
        if (keep === undefined) return;
        this.kept = [...this.kept.filter(({ revision }) => revision !== keep.revision), keep].slice(-10);
      },
      release: async () => {
        if (this.isKilled() || this.lock !== mine) return;
        this.deeds.push("release");
        this.lock = undefined;
      },
    };
  }
}
