import { describe, expect, test } from "vitest";
import { splitWords } from "../../../src/compose/shell-words.ts";

describe("splitting the text form of a command", () => {
  test.for([
    ["", []],
    ["  ", []],
    ["a b\tc\nd", ["a", "b", "c", "d"]],
    ['echo "a b" c\\ d', ["echo", "a b", "c d"]],
    [`'q"r' "s't"`, ['q"r', "s't"]],
    ['"a""b" c"d"', ["ab", "cd"]],
    ['""', [""]],
    ["a '' b", ["a", "", "b"]],
    ['"x\\ny" x\\ny', ["xny", "xny"]],
    ["'a\\b'", ["a\\b"]],
    ["a#b # c", ["a#b", "#", "c"]],
    ["--x=$A *.txt ~", ["--x=$A", "*.txt", "~"]],
    ["sh -c 'a; b | c > d && (e) `f`'", ["sh", "-c", "a; b | c > d && (e) `f`"]],
  ] as const)("must split %j like Compose", ([text, words]) => {
    expect(splitWords(text)).toEqual(words);
  });

  test.for([
    ["a 'b", 2],
    ['a "b', 2],
    ["a\\", 1],
    ["a ; b", 2],
    ["a && b", 2],
    ["a | b", 2],
    ["a > b", 2],
    ["a < b", 2],
    ["a (b)", 2],
    ["a `b`", 2],
  ] as const)("must refuse %j at its place, because Compose would drop or mangle it", ([text, offset]) => {
    expect(splitWords(text)).toMatchObject({ offset });
  });
});
