import { isObject } from "../lib/shape.ts";
import { contentHash } from "../model/fingerprint.ts";

/**
 * A document is written to two slots in turn. The Engine unpacks an archive file by file and may be killed in between,
 * so a slot can hold half of what was sent; the other one then still holds what was there before.
 */

const ownVersion = 1;

export type Document =
  | { readonly kind: "valid"; readonly sequence: number; readonly payload: unknown }
  /** Of a version that we do not know; it may have been written by a newer program. */
  | { readonly kind: "newer"; readonly sequence: number; readonly version: number }
  | { readonly kind: "damaged"; readonly sequence?: number };

/** @param payload survives `JSON.stringify` */
export function formatDocument(sequence: number, payload: unknown): string {
  const text = JSON.stringify(payload);
  return `{"version":${ownVersion},"sequence":${sequence},"sha256":"${contentHash([text])}","payload":${text}}\n`;
}

/** Takes any text. The checksum is of the payload as `JSON.stringify` writes it, which is how it was written. */
export function parseDocument(text: string): Document {
  const json = parseJson(text);
  if (!isObject(json)) return { kind: "damaged", ...sequenceOfTorn(text) };
  const { version, sequence, sha256, payload } = json;
  if (!isSequence(sequence)) return { kind: "damaged" };
  if (isSequence(version) && version > ownVersion) return { kind: "newer", sequence, version };
  const isWhole =
    version === ownVersion &&
    payload !== undefined &&
    typeof sha256 === "string" &&
    sha256 === contentHash([JSON.stringify(payload)]);
  return isWhole ? { kind: "valid", sequence, payload } : { kind: "damaged", sequence };
}

export interface Choice {
  /** Absent: nothing that can be read. */
  readonly payload?: unknown;
  /** Sequence number of the next document. */
  readonly nextSequence: number;
  /** Slot to write next: the one whose loss costs nothing. */
  readonly nextSlot: number;
  /** The newest one cannot be read: it broke off, or is being written at this moment. */
  readonly isTorn: boolean;
  readonly warnings: readonly string[];
}

/**
 * The newest readable one of two slots.
 *
 * @param what `ledger`, for warnings
 * @param texts by slot; `undefined` where nothing was ever written
 */
export function chooseSlot(what: string, texts: readonly [string | undefined, string | undefined]): Choice {
  const documents = texts.map((text) => (text === undefined ? undefined : parseDocument(text)));
  const [newest, older] = documents
    .flatMap((document, slot) =>
      document === undefined || document.kind === "damaged" ? [] : [{ document, slot }],
    )
    .sort((a, b) => b.document.sequence - a.document.sequence);
  const next = {
    nextSequence: (newest?.document.sequence ?? 0) + 1,
    nextSlot: newest === undefined ? 0 : 1 - newest.slot,
  };
  const damaged = documents.find((document) => document?.kind === "damaged");
  if (newest === undefined) {
    const warnings = damaged === undefined ? [] : [`the ${what} is damaged and was ignored`];
    return { ...next, isTorn: damaged !== undefined, warnings };
  }
  if (newest.document.kind === "newer") {
    const { version } = newest.document;
    const warning = `the ${what} was written by a newer mysysconfig (format ${version}, this one knows ${ownVersion}) and was ignored`;
    return { ...next, isTorn: false, warnings: [warning] };
  }
  const { payload, sequence } = newest.document;
  const isTorn =
    older === undefined && damaged?.kind === "damaged" && (damaged.sequence ?? sequence) >= sequence;
  const warnings = isTorn ? [`the newest ${what} is damaged, the one before it is used`] : [];
  return { payload, ...next, isTorn, warnings };
}

/** Far from where counting on would stop. */
function isSequence(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0 && (value as number) < 2 ** 50;
}

/** Text that breaks off in the middle still has its beginning. */
function sequenceOfTorn(text: string): { readonly sequence?: number } {
  const digits = /^\{"version":\d+,"sequence":(\d+),/.exec(text)?.[1];
  return digits === undefined ? {} : { sequence: Number(digits) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
