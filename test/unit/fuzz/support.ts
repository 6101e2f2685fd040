/**
 * What holds for every text, whoever wrote it: a parser ends, never throws, says the same about the same text, and every
 * finding has a place inside the text, a code, one line of message and a hint. `MYSYSCONFIG_FUZZ=50` makes fifty times as
 * many cases.
 */
import fc from "fast-check";
import { expect } from "vitest";
import { type Diagnostic, hasErrors, type Parsed } from "../../../src/lib/diagnostic.ts";

/** How often each property is tried: so many times as in `npm test`. */
const factor = Number(process.env["MYSYSCONFIG_FUZZ"] ?? "1");

/** Runs of one property, and room for them on a busy machine. */
export function runs(count: number): fc.Parameters<unknown> {
  return { numRuns: Math.max(1, Math.round(count * factor)) };
}

/** Milliseconds that a test may take; a busy machine is slow, a parser that hangs never ends. */
export const patience = 60_000 * Math.max(1, factor);

/** Files of a repository by path. */
export type Texts = Readonly<Record<string, string>>;

/** What is wrong with a finding, in words; nothing for a sound one. */
function faultOf({ position, code, message, hint }: Diagnostic, texts: Texts): string | undefined {
  const { file, line, column, length = 0 } = position;
  const text = texts[file];
  if (text === undefined) return `it is about ${file}, which nobody gave`;
  const written = text.split("\n")[line - 1];
  if (written === undefined) return `line ${line} is not in the file`;
  if (!Number.isInteger(column) || column < 1 || column > written.length + 1)
    return `column ${column} is not in line ${line}, which has ${written.length}`;
  if (length < 0 || column - 1 + length > written.length) return `it goes on behind the end of line ${line}`;
  if (!/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(code)) return `"${code}" is no code`;
  if (message.trim() === "") return "it says nothing";
  if (hint === undefined || hint.trim() === "") return "it has no hint";
  return undefined;
}

/** Holds that all findings are sound, and that there is a value exactly where there is no error. */
export function expectSound({ value, diagnostics }: Parsed<unknown>, texts: Texts): void {
  expectSoundFindings(diagnostics, texts);
  expect(value === undefined, "a value where there is no error, and only there").toBe(hasErrors(diagnostics));
}

export function expectSoundFindings(diagnostics: readonly Diagnostic[], texts: Texts): void {
  const faults = diagnostics.flatMap((diagnostic) => {
    const fault = faultOf(diagnostic, texts);
    return fault === undefined ? [] : [{ fault, ...diagnostic }];
  });
  expect(faults).toEqual([]);
}

/** The same text must give the same answer; `read` makes its own state each time. */
export function expectSame<T>(read: () => T): T {
  const first = read();
  expect(read()).toEqual(first);
  return first;
}

/** Characters that parsers treat in a way of their own, besides any other. */
const odd = [
  "\0",
  "\t",
  "\r",
  "\n",
  "\r\n",
  "\u00a0",
  "\u2028",
  "\ufeff",
  "\ud800",
  "é",
  "日本",
  "👩‍👧",
  "%",
  "$",
  "${",
  "}",
  "{{",
  "}}",
  "\\",
  '"',
  "'",
  "`",
  "$(",
  ")",
  ";",
  "#",
  "=",
  ":",
  ",",
  "[",
  "]",
  "-",
  "--",
  "@",
  "/",
  "../",
  "*",
  "&",
  "!",
  "|",
  "<<",
  "~",
  "0x",
  "1e9",
  "-1",
  "9".repeat(30),
];

/** Any text at all: of Unicode, of bytes' worth, and of what is odd. */
export const anyText = (maxLength = 60): fc.Arbitrary<string> =>
  fc.oneof(
    fc.string({ maxLength, unit: "grapheme" }),
    fc.string({ maxLength, unit: "binary" }),
    fc.array(fc.constantFrom(...odd), { maxLength: Math.ceil(maxLength / 3) }).map((parts) => parts.join("")),
  );

/** Words of a grammar in any order, with noise between them at times. */
export function soup(
  words: readonly string[],
  maxLength = 30,
  glue: readonly string[] = ["", " "],
): fc.Arbitrary<string> {
  const word = fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom(...words) },
    { weight: 1, arbitrary: fc.constantFrom(...odd) },
  );
  const pieces = fc.array(fc.tuple(word, fc.constantFrom(...glue)), { maxLength });
  return pieces.map((found) => found.flat().join(""));
}

/** A sound text with a few places changed: cut out, doubled, exchanged, or with something put in. */
export function mutated(texts: readonly string[], words: readonly string[] = odd): fc.Arbitrary<string> {
  const change = fc.record({
    at: fc.nat(),
    length: fc.oneof(fc.nat({ max: 3 }), fc.nat({ max: 80 })),
    kind: fc.constantFrom("cut", "double", "insert", "replace", "end" as const),
    word: fc.oneof(fc.constantFrom(...odd), fc.constantFrom(...words)),
  });
  return fc
    .tuple(fc.constantFrom(...texts), fc.array(change, { minLength: 1, maxLength: 4 }))
    .map(([text, changes]) =>
      changes.reduce((before, { at, length, kind, word }) => {
        const start = at % (before.length + 1);
        const part = before.slice(start, start + length);
        const rest = before.slice(start + length);
        if (kind === "end") return before.slice(0, start);
        const middle = { cut: "", double: part + part, insert: word + part, replace: word }[kind];
        return before.slice(0, start) + middle + rest;
      }, text),
    );
}
