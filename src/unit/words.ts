import type { DiagnosticSink, Position } from "../lib/diagnostic.ts";
import { positionAt, type SourceText } from "./source-text.ts";
import { readEscape } from "./word-escapes.ts";

/** One word of a value after unquoting, with the source index of every character. */
export interface Word {
  readonly source: SourceText;
  readonly text: string;
  /** Source index of each character of `text`, and one more for the end; absent when the text is as written. */
  readonly map?: readonly number[] | undefined;
  /** Source range of the word as written, quotes included. */
  readonly start: number;
  readonly end: number;
}

/** The place of a word as written. */
export function wordPosition(word: Word): Position {
  return positionAt(word.source, word.start, word.end);
}

/** The source index of a character of a word. */
export function indexIn(word: Word, character: number): number {
  if (word.map === undefined) return Math.min(word.start + character, word.end);
  return word.map[character] ?? word.end;
}

/** A part of a word that keeps its places. */
export function sliceWord(word: Word, from: number, to = word.text.length): Word {
  const start = indexIn(word, from);
  return {
    source: word.source,
    text: word.text.slice(from, to),
    map: word.map?.slice(from, to + 1),
    start,
    end: Math.max(indexIn(word, to), Math.min(start + 1, word.end)),
  };
}

/** A word whose text is not written there (an expanded variable, a default); all of it points to `origin`. */
export function wordAt(origin: Word, text: string): Word {
  return { ...origin, text, map: Array.from({ length: text.length + 1 }, () => origin.start) };
}

/** A whole value as one word, without unquoting. */
export function wholeWord(source: SourceText): Word {
  return { source, text: source.text, start: 0, end: source.text.length };
}

/** Text that grows part by part, with the place each character came from. */
export interface PlacedText {
  text: string;
  readonly map: number[];
}

export function addText(placed: PlacedText, part: string, at: number): void {
  placed.text += part;
  for (let unit = 0; unit < part.length; unit++) placed.map.push(at);
}

interface WordReader {
  readonly source: SourceText;
  readonly sink: DiagnosticSink;
  /** Unknown escapes are errors instead of warnings; systemd keeps them as written in command lines only. */
  readonly strictEscapes: boolean;
  /** Where the next word may begin. */
  index: number;
}

/**
 * Splits the value of `Environment=` and the like as systemd does (`Quoting` in systemd.syntax(7)): quotes also inside a
 * word, C escapes everywhere.
 */
export function splitWords(source: SourceText, sink: DiagnosticSink): Word[] {
  const reader = { source, sink, strictEscapes: true, index: 0 };
  const words: Word[] = [];
  for (let word = readWord(reader); word !== undefined; word = readWord(reader)) words.push(word);
  return words;
}

/** Splits at whitespace alone; lists of unit names know no quotes and keep their escapes. */
export function splitPlain(source: SourceText): Word[] {
  const whole = wholeWord(source);
  return [...source.text.matchAll(/\S+/g)].map((match) =>
    sliceWord(whole, match.index, match.index + match[0].length),
  );
}

const loneSemicolon = /(\\?);(?!\S)/y;

/** Command lines of an Exec setting, separated by lone unquoted `;` (`Command lines` in systemd.service(5)). */
export function splitCommandLines(source: SourceText, sink: DiagnosticSink): Word[][] {
  const lines: Word[][] = [[]];
  const reader = { source, sink, strictEscapes: false, index: 0 };
  for (;;) {
    skipWhitespace(reader);
    const start = reader.index;
    loneSemicolon.lastIndex = start;
    const semicolon = loneSemicolon.exec(source.text);
    if (semicolon !== null) {
      const end = start + semicolon[0].length;
      reader.index = end;
      if (semicolon[1] === "") lines.push([]);
      else lines.at(-1)?.push({ source, text: ";", map: [start, end], start, end });
      continue;
    }
    const word = readWord(reader);
    if (!word) return lines.filter((line) => line.length > 0);
    lines.at(-1)?.push(word);
  }
}

function skipWhitespace(reader: WordReader): void {
  while (isBlank(reader.source.text.charCodeAt(reader.index))) reader.index++;
}

/** Space, tab, line feed, carriage return. */
function isBlank(code: number): boolean {
  return code === 32 || code === 9 || code === 10 || code === 13;
}

const plainWord = /[^ \t\n\r"'\\]+(?![^ \t\n\r])/y;

/** Reads the next word; `undefined` at the end, or after a quote that is never closed (reported). */
function readWord(reader: WordReader): Word | undefined {
  skipWhitespace(reader);
  const { source, index: start } = reader;
  plainWord.lastIndex = start;
  const plain = plainWord.exec(source.text)?.[0];
  if (plain !== undefined) {
    reader.index += plain.length;
    return { source, text: plain, start, end: reader.index };
  }
  return start < source.text.length ? readQuotedWord(reader, start) : undefined;
}

function readQuotedWord(reader: WordReader, start: number): Word | undefined {
  const { source, sink } = reader;
  const placed: PlacedText = { text: "", map: [] };
  let quote: { character: string; at: number } | undefined;
  while (reader.index < source.text.length) {
    const at = reader.index;
    const character = source.text.charAt(at);
    if (character === "\\") {
      const sequence = readEscape(source.text, at);
      if (sequence.invalid) reportBytes(reader, at, sequence.next);
      else if (sequence.unknown) reportEscape(reader, at);
      addText(placed, sequence.text, at);
      reader.index = sequence.next;
      continue;
    }
    if (quote === undefined && isBlank(character.charCodeAt(0))) break;
    reader.index++;
    if (quote === undefined && (character === '"' || character === "'")) quote = { character, at };
    else if (quote?.character === character) quote = undefined;
    else addText(placed, character, at);
  }
  const end = reader.index;
  if (quote === undefined) return { source, text: placed.text, map: [...placed.map, end], start, end };
  const hint = `close the quotation with ${quote.character}, or write \\${quote.character} for the character itself`;
  sink.error(positionAt(source, quote.at, quote.at + 1), "open-quote", "quotation is never closed", hint);
  return undefined;
}

/** systemd would put the bytes there, which no container could be told in JSON. */
function reportBytes({ source, sink }: WordReader, at: number, end: number): void {
  const message = `"${source.text.slice(at, end)}" is no UTF-8 text`;
  sink.error(positionAt(source, at, end), "invalid-escape", message, "write the characters themselves");
}

function reportEscape({ source, sink, strictEscapes }: WordReader, at: number): void {
  const position = positionAt(source, at, at + 2);
  const message = `unknown escape sequence "${source.text.slice(at, at + 2)}"`;
  const hint = "write \\\\ for a backslash";
  if (strictEscapes) sink.error(position, "unknown-escape", message, hint);
  else sink.warning(position, "unknown-escape", `${message} is kept as it is`, hint);
}
