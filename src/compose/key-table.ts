import { type DiagnosticSink, hasErrors, type Position } from "../lib/diagnostic.ts";
import { didYouMean } from "../lib/suggest.ts";
import type { YamlMap, YamlNode } from "../lib/yaml.ts";
import { readMap } from "../lib/yaml-read.ts";
import type { Target } from "../model/actual-state.ts";

/** What every reader needs: where findings go. */
export interface Reading {
  readonly sink: DiagnosticSink;
  /** On an Engine, keys with a meaning on a Swarm only are warned about; absent where there are none. */
  readonly runsOn?: Target;
}

/** A key that is compiled. `doc` is the sentence for the documentation. */
export interface SupportedKey<R extends Reading> {
  readonly doc: string;
  /** The key has no effect on an Engine; what to know or write there. */
  readonly swarmOnly?: string;
  /** @param what the value's path for messages, `services.web.ports` */
  readonly read: (value: YamlNode, reading: R, what: string) => void;
}

/** A key that Compose knows and that is refused, with what to write instead. */
export interface RefusedKey {
  readonly refused: string;
  readonly hint: string;
}

export type KeyTable<R extends Reading> = Readonly<Record<string, SupportedKey<R> | RefusedKey>>;

/**
 * Reads the entries of a mapping by its table. `x-` keys are extensions and have no meaning; refused keys say why, unknown
 * ones name the nearest known key.
 *
 * @returns whether there was no error; a warning is none
 */
export function readKeys<R extends Reading>(
  map: YamlMap,
  table: KeyTable<R>,
  what: string,
  reading: R,
): boolean {
  const { diagnostics } = reading.sink;
  const before = diagnostics.length;
  for (const { key, keyPosition, value } of map.entries) {
    if (key.startsWith("x-")) continue;
    const path = what === "" ? key : `${what}.${key}`;
    const row = Object.hasOwn(table, key) ? table[key] : undefined;
    if (row && "read" in row) {
      if (row.swarmOnly !== undefined) warnOnEngine(path, keyPosition, row.swarmOnly, reading);
      row.read(value, reading, path);
    } else if (row)
      reading.sink.error(
        keyPosition,
        "unsupported-key",
        `${path} is not supported: ${row.refused}`,
        row.hint,
      );
    else reportUnknownKey({ key, keyPosition, what, known: Object.keys(table) }, reading.sink);
  }
  return diagnostics.length === before || !hasErrors(diagnostics.slice(before));
}

/** Says on an Engine that something is read, but has an effect on a Swarm only. */
export function warnOnEngine(
  what: string,
  position: Position,
  hint: string,
  { sink, runsOn }: Reading,
): void {
  if (runsOn === "engine")
    sink.warning(position, "swarm-only", `${what} has a meaning only on a Swarm`, hint);
}

interface UnknownKey {
  readonly key: string;
  readonly keyPosition: Position;
  readonly what: string;
  readonly known: readonly string[];
}

function reportUnknownKey({ key, keyPosition, what, known }: UnknownKey, sink: DiagnosticSink): void {
  const place = what === "" ? "" : ` in ${what}`;
  const list = known.length > 20 ? "x-… keys are free for your own use" : `known keys: ${known.join(", ")}`;
  sink.error(keyPosition, "unknown-key", `unknown key "${key}"${place}`, didYouMean(key, known) ?? list);
}

/** A reader for a mapping with keys of its own that fill the same reading. */
export function nested<R extends Reading>(table: () => KeyTable<R>): SupportedKey<R>["read"] {
  return (value, reading, what) => {
    const map = readMap(value, what, reading.sink);
    if (map) readKeys(map, table(), what, reading);
  };
}

/** Checks a value that has no effect on a single Engine. */
export function withoutEffect<R extends Reading>(
  doc: string,
  check: (value: YamlNode, what: string, sink: DiagnosticSink) => unknown,
): SupportedKey<R> {
  return {
    doc,
    read: (value, reading, what) => {
      check(value, what, reading.sink);
    },
  };
}
