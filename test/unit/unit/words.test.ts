import { describe, expect, test } from "vitest";
import { DiagnosticSink } from "../../../src/lib/diagnostic.ts";
import { parseUnitFile } from "../../../src/unit/unit-file.ts";
import { splitCommandLines, splitWords, wordPosition } from "../../../src/unit/words.ts";
import { describe as describeFindings } from "./support.ts";

function split(value: string) {
  const sink = new DiagnosticSink();
  const [item] = parseUnitFile("u.service", `[A]\nK=${value}`, sink).assignments;
  if (item === undefined) throw new Error("no assignment");
  const words = splitWords(item.value, sink);
  return {
    words,
    texts: words.map(({ text }) => text),
    commands: splitCommandLines(item.value, new DiagnosticSink()).map((line) => line.map(({ text }) => text)),
    findings: describeFindings(sink.diagnostics),
  };
}

describe("words of a value", () => {
  test.for([
    { rule: "split at whitespace", value: "a  b\tc", texts: ["a", "b", "c"] },
    { rule: "remove double quotes", value: '"a b" c', texts: ["a b", "c"] },
    { rule: "remove single quotes", value: "'a \"b' c", texts: ['a "b', "c"] },
    { rule: "read quotes inside a word", value: 'K="a b"c', texts: ["K=a bc"] },
    { rule: "keep empty words in quotes", value: "a '' b", texts: ["a", "", "b"] },
    {
      rule: "read the escapes of C",
      value: "\\a\\b\\f\\n\\r\\t\\v\\\\\\\"\\'\\s",
      texts: ["\x07\b\f\n\r\t\v\\\"' "],
    },
    { rule: "read characters by number", value: "\\x41\\102\\u00e4\\U0001F600", texts: ["ABä😀"] },
    { rule: "join bytes to a UTF-8 character", value: "\\xc3\\xa4\\303\\244", texts: ["ää"] },
    { rule: "read escapes inside single quotes", value: "'a\\tb'", texts: ["a\tb"] },
    { rule: "read an escaped space as part of the word", value: "a\\sb", texts: ["a b"] },
  ])("must $rule", ({ value, texts }) => {
    const result = split(value);
    expect(result.texts).toEqual(texts);
    expect(result.findings).toEqual([]);
  });

  test.for([
    { mistake: "an open quote", value: "a 'b", finding: "2:5+1 quotation is never closed" },
    { mistake: "an unknown escape", value: "ab\\q", finding: '2:5+2 unknown escape sequence "\\q"' },
    { mistake: "a NUL character", value: "\\x00", finding: '2:3+2 unknown escape sequence "\\x"' },
    { mistake: "half a surrogate pair", value: "\\ud800", finding: '2:3+2 unknown escape sequence "\\u"' },
    { mistake: "bytes that are no UTF-8", value: "\\xff", finding: '2:3+4 "\\xff" is no UTF-8 text' },
  ])("must report $mistake", ({ value, finding }) => {
    expect(split(value).findings).toEqual([finding]);
  });

  test.for([
    { rule: "separate commands at a lone semicolon", value: "a b ; c", commands: [["a", "b"], ["c"]] },
    { rule: "keep a semicolon inside a word", value: "a b;c", commands: [["a", "b;c"]] },
    { rule: "keep an escaped lone semicolon", value: "a \\; b", commands: [["a", ";", "b"]] },
    { rule: "keep a quoted semicolon", value: 'a ";" b', commands: [["a", ";", "b"]] },
    { rule: "skip empty commands", value: "; a ;", commands: [["a"]] },
  ])("must $rule", ({ value, commands }) => {
    expect(split(value).commands).toEqual(commands);
  });

  test("must know the place of every word of a continued value", () => {
    const { words } = split('one "t w" \\\n  # comment\n  three \\\n\tfour');
    expect(words.map((word) => wordPosition(word))).toEqual([
      { file: "u.service", line: 2, column: 3, length: 3 },
      { file: "u.service", line: 2, column: 7, length: 5 },
      { file: "u.service", line: 4, column: 3, length: 5 },
      { file: "u.service", line: 5, column: 2, length: 4 },
    ]);
  });
});
