import { addRun, type RunRecord } from "../model/history.ts";
import type { Ledger } from "../model/ledger.ts";
import type { Owner } from "../model/ownership.ts";
import type { Progress } from "../model/run-event.ts";
import type { StateStore } from "../ports.ts";

export interface Amendment {
  readonly owner: Owner;
  readonly by: string;
  readonly lockExpiryMs: number;
  /** What is changed, from what is there under the lock. */
  readonly change: (ledger: Ledger) => Ledger;
  /** How the history tells it. */
  readonly record: RunRecord;
}

/** Changes what the runs of an environment remember, under the same lock as a run, and nothing else on the Engine. */
export async function amendLedger(
  { owner, by, lockExpiryMs, change, record }: Amendment,
  store: StateStore,
  waiting: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<void> {
  const options = { holder: `${record.command} by ${by}`, expiryMs: lockExpiryMs, progress: waiting };
  const lock = await store.acquire(owner, options, signal);
  try {
    const { ledger, history } = await store.read(owner, signal);
    await lock.write({ ledger: change(ledger), history: addRun(history, record) }, signal);
  } finally {
    await lock.release();
  }
}
