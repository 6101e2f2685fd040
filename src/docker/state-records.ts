import type { KeptState } from "../model/history.ts";
import type { StateUpdate, StoredState } from "../ports.ts";
import { boundHistory } from "./history-bounds.ts";
import { type Choice, chooseSlot, formatDocument, parseDocument } from "./state-documents.ts";
import type { StateFiles } from "./state-files.ts";
import { keptPayload, readHistory, readKeptState, readLedger } from "./state-shapes.ts";

/** Folder of the ledger and the history, together so that one call reads both. */
export const recordsFolder = "records";
/** Folder of the desired states of earlier runs: larger, and read for a rollback alone. */
export const keptFolder = "kept";

const mostKept = 10;
const largestKept = 2 * 1024 * 1024;

/** Which slots the next ledger and the next history go to. */
export interface NextRecords {
  readonly ledger: Choice;
  readonly history: Choice;
}

export function nextRecords(files: StateFiles): NextRecords {
  const slots = (name: string) =>
    [files.get(`${recordsFolder}/${name}-0.json`), files.get(`${recordsFolder}/${name}-1.json`)] as const;
  return {
    ledger: chooseSlot("ledger", slots("ledger")),
    history: chooseSlot("history", slots("history")),
  };
}

/** Whether what was read may be the middle of a write, so that another look could show more. */
export function mayBeTorn(files: StateFiles): boolean {
  const { ledger, history } = nextRecords(files);
  return ledger.isTorn || history.isTorn;
}

/** Total: whatever the files hold, there is a state, and sentences about what could not be read. */
export function readRecords(files: StateFiles): StoredState {
  const { ledger, history } = nextRecords(files);
  const shapedLedger = readLedger(ledger.payload);
  const shapedHistory = readHistory(history.payload);
  return {
    ledger: shapedLedger.value,
    history: shapedHistory.value,
    warnings: [...ledger.warnings, ...shapedLedger.warnings, ...history.warnings, ...shapedHistory.warnings],
  };
}

/** The files that a state is, in slots whose loss costs nothing. */
export function formatRecords(state: StateUpdate, next: NextRecords): StateFiles {
  const history = boundHistory(state.history);
  return new Map([
    [slotPath("history", next.history), formatDocument(next.history.nextSequence, history)],
    [slotPath("ledger", next.ledger), formatDocument(next.ledger.nextSequence, state.ledger)],
  ]);
}

function slotPath(name: string, { nextSlot }: Choice): string {
  return `${recordsFolder}/${name}-${nextSlot}.json`;
}

/** Those that can be read, newest last. */
export function readKeptStates(files: StateFiles): readonly KeptState[] {
  return readRing(files)
    .toSorted((a, b) => a.sequence - b.sequence)
    .flatMap(({ payload }) => {
      const state = readKeptState(payload);
      return state === undefined ? [] : [state];
    });
}

/**
 * The file of one more kept state, in place of the oldest when there are ten; none when it is too large to be kept.
 *
 * @param files what the folder holds now
 */
export function formatKept(state: KeptState, files: StateFiles): StateFiles {
  const ring = readRing(files);
  const sequence = Math.max(0, ...ring.map((entry) => entry.sequence)) + 1;
  const text = formatDocument(sequence, keptPayload(state));
  if (Buffer.byteLength(text) > largestKept) return new Map();
  const taken = new Map(ring.map((entry) => [entry.slot, entry.sequence]));
  const [free = 0] = Array.from({ length: mostKept }, (_, slot) => slot).toSorted(
    (a, b) => (taken.get(a) ?? 0) - (taken.get(b) ?? 0) || a - b,
  );
  return new Map([[keptPath(free), text]]);
}

/** What is damaged, or of an unknown version, is a free slot. */
function readRing(files: StateFiles) {
  return Array.from({ length: mostKept }, (_, slot) => slot).flatMap((slot) => {
    const text = files.get(keptPath(slot));
    const document = text === undefined ? undefined : parseDocument(text);
    if (document?.kind !== "valid") return [];
    return [{ slot, sequence: document.sequence, payload: document.payload }];
  });
}

function keptPath(slot: number): string {
  return `${keptFolder}/${slot}.json`;
}
