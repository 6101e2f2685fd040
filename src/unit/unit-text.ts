import type { DiagnosticSink, Position } from "../lib/diagnostic.ts";
import { formatLimit, limits } from "../lib/limits.ts";
import { TextPlaces } from "../lib/text-places.ts";
import type { ManifestFile } from "../model/manifest-tree.ts";
import type { Room } from "./room.ts";

/** What a text cannot have: systemd ends the line at each of these, which no editor shows. */
const oddLineEnd = /\0|\r(?!\n|$)/;

/** Whether a text can be read as systemd reads it; says what is wrong otherwise. */
export function checkText(path: string, text: string, sink: DiagnosticSink): boolean {
  const start = { file: path, line: 1, column: 1 };
  if (text.length > limits.text.most) {
    const message = `the file has more than ${formatLimit("text")} characters`;
    sink.error(start, "too-large", message, "a unit holds no data: mount a file, or use an image");
    return false;
  }
  const odd = oddLineEnd.exec(text);
  if (odd === null) return true;
  const position = { file: path, ...new TextPlaces(text).placeOf(odd.index), length: 1 };
  const what = odd[0] === "\0" ? "a NUL" : "a lone carriage return";
  sink.error(position, "not-text", `${what} ends the line for systemd`, "remove it, or save the file anew");
  return false;
}

interface Reading {
  readonly sink: DiagnosticSink;
  readonly room: Room;
}

/** The text of a file that systemd would read, or nothing after saying why. */
export function readTextOf(file: ManifestFile, position: Position, reading: Reading): string | undefined {
  const text = readAnyText(file, position, reading);
  return text !== undefined && checkText(file.path, text, reading.sink) ? text : undefined;
}

/**
 * The text of a file that a unit names, or nothing after saying why.
 *
 * @param position where the unit names it
 */
export function readAnyText(
  file: ManifestFile,
  position: Position,
  { sink, room }: Reading,
): string | undefined {
  if (!room.take(file.content.length, () => position)) return undefined;
  const text = decode(file.content);
  if (text !== undefined) return text;
  const start = { file: file.path, line: 1, column: 1 };
  sink.error(start, "not-text", "the file is not UTF-8 text", "save it as UTF-8");
  return undefined;
}

/** The text of UTF-8 bytes; `undefined` when they are none. */
export function decode(content: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(content);
  } catch {
    return undefined;
  }
}
