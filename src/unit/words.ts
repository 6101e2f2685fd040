import type { DiagnosticSink, Position } from "../lib/diagnostic.ts";
import { positionAt, type SourceText } from "./source-text.ts";
import { readEscape } from "./word-escapes.ts";

/** One word of a value after unquoting, with the source index of every character. */
export interface Word {
  readonly source: SourceText;
  readonly text: string;
  /** Source index of each character of `text`, and one more for the end. */
  readonly map: readonly number[];
  /** Source range of the word as written, quotes included. */
  readonly start: number;
  readonly end: number;
}

/** The place of a word as written. */
export function wordPosition(word: Word): Position {
  return positionAt(word.source, word.start, word.end);
}

/** A part of a word that keeps its places. */
export function sliceWord(word: Word, from: number, to = word.text.length): Word {
  const start = word.map[from] ?? word.end;
  const end = word.map[to] ?? word.end;
  return {
    source: word.source,
    text: word.text.slice(from, to),
    map: word.map.slice(from, to + 1),
    start,
    end: Math.max(end, Math.min(start + 1, word.end)),
  };
}

/** A word whose text is not written there (an expanded variable, a default); all of it points to `origin`. */
export function wordAt(origin: Word, text: string): Word {
  return { ...origin, text, map: Array.from({ length: text.length + 1 }, () => origin.start) };
}

/** A whole value as one word, without unquoting. */
export function wholeWord(source: SourceText): Word {
  const end = source.text.length;
  const map = Array.from({ length: end + 1 }, (_, index) => index);
  return { source, text: source.text, map, start: 0, end };
}

export interface WordRules {
  /** Unknown escapes are errors instead of warnings; systemd keeps them as written in command lines only. */
  readonly strictEscapes: boolean;
}

/** Splits a value as systemd does (`Quoting` in systemd.syntax(7)): quotes also inside a word, C escapes everywhere. */
export function splitWords(source: SourceText, rules: WordRules, sink: DiagnosticSink): Word[] {
  const cursor = { index: 0 };
  const words: Word[] = [];
  for (;;) {
    const word = readWord(source, cursor, rules, sink);
    if (!word) return words;
    words.push(word);
  }
}

/** Splits at whitespace alone; lists of unit names know no quotes and keep their escapes. */
export function splitPlain(source: SourceText): Word[] {
  return [...source.text.matchAll(/\S+/g)].map((match) => {
    return sliceWord(wholeWord(source), match.index, match.index + match[0].length);
  });
}

/** Command lines of an Exec setting, separated by lone unquoted `;` (`Command lines` in systemd.service(5)). */
export function splitCommandLines(source: SourceText, sink: DiagnosticSink): Word[][] {
  const lines: Word[][] = [[]];
  const cursor = { index: 0 };
  for (;;) {
    skipWhitespace(source.text, cursor);
    if (/^;(?=\s|$)/.test(source.text.slice(cursor.index, cursor.index + 2))) {
      cursor.index++;
      lines.push([]);
      continue;
    }
    if (/^\\;(?=\s|$)/.test(source.text.slice(cursor.index, cursor.index + 3))) {
      const start = cursor.index;
      cursor.index += 2;
      lines.at(-1)?.push({ source, text: ";", map: [start, start + 2], start, end: start + 2 });
      continue;
    }
    const word = readWord(source, cursor, { strictEscapes: false }, sink);
    if (!word) return lines.filter((line) => line.length > 0);
    lines.at(-1)?.push(word);
  }
}

function skipWhitespace(text: string, cursor: { index: number }): void {
  while (cursor.index < text.length && /\s/.test(text.charAt(cursor.index))) cursor.index++;
}

/** Reads the next word; `undefined` at the end, or after a quote that is never closed (reported). */
function readWord(
  source: SourceText,
  cursor: { index: number },
  rules: WordRules,
  sink: DiagnosticSink,
): Word | undefined {
  const { text } = source;
  skipWhitespace(text, cursor);
  const start = cursor.index;
  if (start >= text.length) return undefined;
  const built: { text: string; map: number[] } = { text: "", map: [] };
  const add = (part: string, at: number) => {
    built.text += part;
    for (let unit = 0; unit < part.length; unit++) built.map.push(at);
  };
  let quote: { character: string; at: number } | undefined;
  while (cursor.index < text.length) {
    const at = cursor.index;
    const character = text.charAt(at);
    if (character === "\\") {
      const sequence = readEscape(text, at);
      if (sequence.unknown) reportEscape(source, at, rules, sink);
      add(sequence.text, at);
      cursor.index = sequence.next;
      continue;
    }
    if (quote === undefined && /\s/.test(character)) break;
    cursor.index++;
    if (quote === undefined && (character === '"' || character === "'")) quote = { character, at };
    else if (quote?.character === character) quote = undefined;
    else add(character, at);
  }
  if (quote !== undefined) {
    const hint = `close the quotation with ${quote.character}, or write \\${quote.character} for the character itself`;
    sink.error(positionAt(source, quote.at, quote.at + 1), "open-quote", "quotation is never closed", hint);
    return undefined;
  }
  return { source, text: built.text, map: [...built.map, cursor.index], start, end: cursor.index };
}

function reportEscape(source: SourceText, at: number, rules: WordRules, sink: DiagnosticSink): void {
  const position = positionAt(source, at, at + 2);
  const message = `unknown escape sequence "${source.text.slice(at, at + 2)}"`;
  const hint = "write \\\\ for a backslash";
  if (rules.strictEscapes) sink.error(position, "unknown-escape", message, hint);
  else sink.warning(position, "unknown-escape", `${message} is kept as it is`, hint);
}
