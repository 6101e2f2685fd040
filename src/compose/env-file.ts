import type { DiagnosticSink, Position } from "../lib/diagnostic.ts";
import { interpolateText } from "./interpolate.ts";

/** An environment file of the repository and what its variables may refer to. */
export interface EnvFile {
  readonly path: string;
  readonly text: string;
  /** `raw`: every line is NAME=value as it stands. */
  readonly format: "compose" | "raw";
  readonly variables: ReadonlyMap<string, string>;
}

/**
 * Reads an environment file in Compose's own dialect (Compose specification, "env_file", "Env_file format"): `NAME=value`
 * or `NAME: value`, `export` in front, comments with `#`, `'literal'`, `"escaped and interpolated"`, both over several
 * lines, and bare names that take the variable's value. References see the run's variables first, then earlier lines.
 */
export function parseEnvFile(file: EnvFile, sink: DiagnosticSink): ReadonlyMap<string, string> {
  const text = file.text.replace(/^\uFEFF/, "").replaceAll("\r\n", "\n");
  const reader: Reader = { text, file, sink, next: 0, mistakes: 0, values: new Map() };
  if (file.format === "raw") readRawLines(reader);
  else while (skipToStatement(reader)) readStatement(reader);
  return reader.values;
}

interface Reader {
  readonly text: string;
  readonly file: EnvFile;
  readonly sink: DiagnosticSink;
  readonly values: Map<string, string>;
  next: number;
  mistakes: number;
}

/** What is no environment file at all is not reported line by line. */
const maxMistakes = 20;

const namePattern = /^[\p{L}\p{N}_.[\]-]+$/u;

function readRawLines(reader: Reader): void {
  for (const line of reader.text.split("\n")) {
    const equals = line.indexOf("=");
    if (equals > 0 && !line.startsWith("#")) reader.values.set(line.slice(0, equals), line.slice(equals + 1));
    else if (line.trim() !== "" && !line.startsWith("#")) {
      report(reader, { offset: reader.next, length: line.length }, `no NAME=value: "${line}"`);
    }
    reader.next += line.length + 1;
  }
}

/** Blank lines and comments; false at the end. */
function skipToStatement(reader: Reader): boolean {
  const blank = /(?:\s+|#[^\n]*)*/y;
  blank.lastIndex = reader.next;
  reader.next += blank.exec(reader.text)?.[0].length ?? 0;
  return reader.next < reader.text.length;
}

function readStatement(reader: Reader): void {
  const start = reader.next;
  const line = lineAt(reader, start);
  const exported = /^export[ \t]+/.exec(line)?.[0].length ?? 0;
  const separator = line.slice(exported).search(/[=:]/);
  const name = (separator < 0 ? line.slice(exported) : line.slice(exported, exported + separator)).trim();
  const afterName = separator < 0 ? line.length : exported + separator + 1;
  reader.next = start + afterName;
  if (!namePattern.test(name)) {
    report(
      reader,
      { offset: start + exported, length: Math.max(name.length, 1) },
      `"${name}" is no variable name`,
    );
    reader.next = start + line.length;
  } else if (separator < 0) {
    const inherited = reader.file.variables.get(name);
    if (inherited !== undefined) reader.values.set(name, inherited);
  } else {
    reader.values.set(name, readValue(reader));
  }
}

function readValue(reader: Reader): string {
  const line = lineAt(reader, reader.next);
  const indent = line.length - line.trimStart().length;
  reader.next += indent;
  const quote = line[indent];
  if (quote === '"' || quote === "'") return readQuoted(reader, quote);
  const written = line.slice(indent);
  const start = reader.next;
  reader.next += written.length;
  if (indent > 0 && written.startsWith("#")) {
    const at = positionAt(reader, { offset: start, length: written.length });
    const hint = "put the comment on a line of its own";
    reader.sink.warning(
      at,
      "comment-is-value",
      `Compose reads "${written}" as the value, not as a comment`,
      hint,
    );
  }
  const value = written.split(" #")[0] ?? "";
  return expand(reader, value.trimEnd(), start);
}

function readQuoted(reader: Reader, quote: string): string {
  const start = reader.next;
  for (let index = start + 1; index < reader.text.length; index++) {
    const char = reader.text[index];
    if (char === "\\") index++;
    else if (char === quote) {
      reader.next = index + 1;
      refuseRest(reader);
      const inside = reader.text.slice(start + 1, index);
      return quote === "'"
        ? inside.replaceAll("\\'", "'")
        : expand(reader, resolveEscapes(inside), start + 1);
    }
  }
  report(reader, { offset: start, length: 1 }, `this ${quote} is never closed`);
  reader.next = reader.text.length;
  return "";
}

/** Behind a closing quote there may be a comment only. */
function refuseRest(reader: Reader): void {
  const rest = lineAt(reader, reader.next);
  if (/^\s*(?:#.*)?$/.test(rest)) reader.next += rest.length;
  else {
    report(
      reader,
      { offset: reader.next, length: rest.length },
      `text behind the closing quote: "${rest.trim()}"`,
    );
    reader.next += rest.length;
  }
}

const escapes: Readonly<Record<string, string>> = {
  n: "\n",
  r: "\r",
  t: "\t",
  f: "\f",
  v: "\v",
  b: "\b",
  a: "\x07",
  "\\": "\\",
  '"': '"',
  $: "$$",
};

function resolveEscapes(text: string): string {
  return text.replace(/\\([\s\S])/g, (whole, char: string) => escapes[char] ?? whole);
}

function expand(reader: Reader, value: string, offset: number): string {
  if (!value.includes("$")) return value;
  const known = new Map([...reader.values, ...reader.file.variables]);
  const { text, mistakes } = interpolateText(value, known);
  for (const mistake of mistakes) {
    const at = positionAt(reader, { offset: offset + mistake.offset, length: mistake.length });
    reader.sink.error(at, mistake.code, mistake.message, mistake.hint);
  }
  return text;
}

interface Span {
  readonly offset: number;
  readonly length: number;
}

function lineAt(reader: Reader, offset: number): string {
  const end = reader.text.indexOf("\n", offset);
  return reader.text.slice(offset, end < 0 ? reader.text.length : end);
}

function report(reader: Reader, span: Span, message: string): void {
  if (++reader.mistakes > maxMistakes) return;
  reader.sink.error(positionAt(reader, span), "bad-env-file", message, "write NAME=value, one a line");
}

function positionAt(reader: Reader, { offset, length }: Span): Position {
  const before = reader.text.slice(0, offset);
  const line = before.split("\n").length;
  return {
    file: reader.file.path,
    line,
    column: offset - before.lastIndexOf("\n"),
    ...(length > 0 ? { length } : {}),
  };
}
