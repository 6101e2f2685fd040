import type { DiagnosticSink, Position } from "../lib/diagnostic.ts";

/** One line `NAME=value` of an environment file, or `NAME` alone where the format allows it. */
export interface FileVariable {
  readonly name: string;
  readonly value?: string;
  readonly position: Position;
}

const variableName = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * Reads a file of `EnvironmentFile=` (systemd.exec(5)): one assignment a line, values as they are, in single quotes
 * (verbatim, may span lines) or double quotes (backslash escapes as in a shell), comments from `#` or `;`.
 */
export function parseServiceEnvironment(path: string, text: string, sink: DiagnosticSink): FileVariable[] {
  const variables: FileVariable[] = [];
  const placeOf = placeReader(path, text);
  let index = 0;
  while (index < text.length) {
    const lineEnd = endOfLine(text, index);
    const first = text.charAt(index);
    if (/[\s\uFEFF]/.test(first)) {
      index++;
    } else if (first === "#" || first === ";") {
      index = lineEnd + 1;
    } else {
      const position = placeOf(index);
      const equals = text.slice(index, lineEnd).indexOf("=");
      const value: ReadValue | undefined = equals < 0 ? undefined : readValue(text, index + equals + 1);
      if (value === undefined) reportIgnoredLine(position, text.slice(index, lineEnd).trim(), sink);
      else addVariable(variables, { name: text.slice(index, index + equals).trim(), position }, value, sink);
      index = value?.next ?? lineEnd + 1;
    }
  }
  return variables;
}

function addVariable(
  variables: FileVariable[],
  { name, position }: FileVariable,
  value: ReadValue,
  sink: DiagnosticSink,
): void {
  if (value.open) sink.error(position, "open-quote", `the quotation of "${name}" is never closed`);
  else if (variableName.test(name)) variables.push({ name, value: value.text, position });
  else reportName(position, name, sink);
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf("\n", from);
  return end < 0 ? text.length : end;
}

interface ReadValue {
  readonly text: string;
  readonly next: number;
  readonly open: boolean;
}

/** Reads the value that begins after `=`; quotes count only as its first character. */
function readValue(text: string, from: number): ReadValue {
  let index = from;
  while (/[ \t\r]/.test(text.charAt(index))) index++;
  const quote = text.charAt(index);
  if (quote === "'") {
    const close = text.indexOf("'", index + 1);
    if (close < 0) return { text: "", next: text.length, open: true };
    return withTail(text, close + 1, text.slice(index + 1, close));
  }
  if (quote === '"') return readDoubleQuoted(text, index + 1);
  return readPlain(text, index);
}

function readDoubleQuoted(text: string, from: number): ReadValue {
  let value = "";
  for (let index = from; index < text.length; index++) {
    const character = text.charAt(index);
    if (character === '"') return withTail(text, index + 1, value);
    if (character !== "\\") {
      value += character;
      continue;
    }
    index++;
    const next = text.charAt(index);
    if (next === "\n") continue;
    value += '"\\`$'.includes(next) ? next : `\\${next}`;
  }
  return { text: value, next: text.length, open: true };
}

function readPlain(text: string, from: number): ReadValue {
  let value = "";
  let kept = 0;
  let index = from;
  for (; index < text.length && text.charAt(index) !== "\n"; index++) {
    const character = text.charAt(index);
    if (character === "\\") {
      index++;
      if (text.charAt(index) !== "\n") value += text.charAt(index);
      kept = value.length;
    } else {
      value += character;
      if (!/[ \t\r]/.test(character)) kept = value.length;
    }
  }
  return { text: value.slice(0, kept), next: index + 1, open: false };
}

/** After a closing quote the value goes on: whitespace is skipped, further quotes count again. */
function withTail(text: string, from: number, quoted: string): ReadValue {
  const tail = readValue(text, from);
  return { ...tail, text: quoted + tail.text };
}

/** What Go calls white space; unlike JavaScript it has U+0085 among it and no byte order mark. */
const goSpace = /[\t\v\f\r\u0085\p{Z}]/u;

/** The docker command reads no line of so many bytes. */
const longestLine = 65_536;

/**
 * Reads a file of `docker run --env-file` or `--label-file` (docker run reference): `NAME=value` or `NAME` a line,
 * the value verbatim, comments from `#`.
 */
export function parseDockerKeyValues(path: string, text: string, sink: DiagnosticSink): FileVariable[] {
  const variables: FileVariable[] = [];
  const lines = text.replace(/^\uFEFF/, "").split("\n");
  for (const [index, raw] of lines.entries()) {
    let start = 0;
    while (goSpace.test(raw.charAt(start))) start++;
    const line = raw.slice(start).replace(/\r$/, "");
    const place = { file: path, line: index + 1, column: start + 1 };
    if (raw.length * 3 >= longestLine && new TextEncoder().encode(raw).length >= longestLine)
      sink.error(
        place,
        "bad-env-file",
        "the line has 65,536 bytes or more, which Docker does not read",
        "shorten it",
      );
    if (line === "" || line.startsWith("#")) continue;
    const equals = line.indexOf("=");
    const name = equals < 0 ? withoutTrailingSpace(line) : line.slice(0, equals);
    const position = { ...place, length: Math.max(name.length, 1) };
    if (name === "" || /\s/.test(name)) reportName(position, name, sink);
    else variables.push({ name, position, ...(equals < 0 ? {} : { value: line.slice(equals + 1) }) });
  }
  return variables;
}

/** Read from the end, because an expression would try at every space. */
function withoutTrailingSpace(text: string): string {
  let end = text.length;
  while (end > 0 && goSpace.test(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}

/** Places of indexes that are asked for in ascending order. */
function placeReader(path: string, text: string): (index: number) => Position {
  let line = 1;
  let lineStart = 0;
  return (index) => {
    for (let end = endOfLine(text, lineStart); end < index; end = endOfLine(text, lineStart)) {
      line++;
      lineStart = end + 1;
    }
    return { file: path, line, column: index - lineStart + 1 };
  };
}

function reportIgnoredLine(position: Position, line: string, sink: DiagnosticSink): void {
  if (line === "") return;
  const hint = "write NAME=value, or # before a comment";
  sink.error(position, "missing-equals", `missing "=" in "${line}"`, hint);
}

function reportName(position: Position, name: string, sink: DiagnosticSink): void {
  const message = name === "" ? 'missing name before "="' : `"${name}" is not a valid variable name`;
  sink.error(position, "invalid-variable", message, "names have letters, digits and underscores");
}
