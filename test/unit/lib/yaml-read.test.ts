import { describe, expect, test } from "vitest";
import { DiagnosticSink } from "../../../src/lib/diagnostic.ts";
import { parseYaml, type YamlNode } from "../../../src/lib/yaml.ts";
import {
  entryOf,
  isNull,
  knownEntries,
  readBoolean,
  readInteger,
  readList,
  readMap,
  readNumber,
  readText,
  readTextList,
  readWord,
  toPlainValue,
} from "../../../src/lib/yaml-read.ts";

function nodeOf(text: string): YamlNode {
  const { root } = parseYaml(`v: ${text}`, "f");
  if (root?.kind !== "map" || !root.entries[0]) throw new Error("no value");
  return root.entries[0].value;
}

function read(text: string, reader: (node: YamlNode, what: string, sink: DiagnosticSink) => unknown) {
  const sink = new DiagnosticSink();
  const value = reader(nodeOf(text), "v", sink);
  return { value, messages: sink.diagnostics.map(({ message }) => message) };
}

describe("typed reading of YAML", () => {
  test.for([
    ["text", "1.10", readText, "1.10"],
    ["text", "true", readText, "true"],
    ["text", '""', readText, ""],
    ["number", "1.5", readNumber, 1.5],
    ["number", '"-7"', readNumber, -7],
    ["integer", "5", readInteger, 5],
    ["boolean", "true", readBoolean, true],
    ["boolean", '"false"', readBoolean, false],
    ["list of texts", "[a, 1, true]", readTextList, ["a", "1", "true"]],
    ["empty list", "", readTextList, []],
  ] as const)("must take %s %s", ([, text, reader, expected]) => {
    expect(read(text, reader)).toEqual({ value: expected, messages: [] });
  });

  test.for([
    ["{a: b}", readText, "v must be a text, not a mapping"],
    ["[a]", readText, "v must be a text, not a list"],
    ["", readText, "v must be a text, not empty"],
    ["x", readNumber, 'v must be a number, not "x"'],
    ["0x", readNumber, 'v must be a number, not "0x"'],
    ["1.5", readInteger, "v must be a whole number from 0 to 9007199254740991, not 1.5"],
    ["-1", readInteger, "v must be a whole number from 0 to 9007199254740991, not -1"],
    ["yes", readBoolean, 'v must be true or false, not "yes"'],
    ["5", readMap, 'v must be a mapping, not "5"'],
    ["{a: b}", readList, "v must be a list, not a mapping"],
    ["[[a]]", readTextList, "an item of v must be a text, not a list"],
  ] as const)("must report %j in words", ([text, reader, message]) => {
    expect(read(text, reader).messages).toEqual([message]);
  });

  test("must take an empty value for an empty mapping", () => {
    expect(read("", readMap).value).toMatchObject({ kind: "map", entries: [] });
    expect(isNull(nodeOf("~"))).toBe(true);
    expect(isNull(nodeOf('""'))).toBe(false);
  });

  test("must suggest the nearest word and key", () => {
    const sink = new DiagnosticSink();
    expect(readWord(nodeOf("alwas"), "v", ["no", "always"], sink)).toBeUndefined();
    expect(readWord(nodeOf("always"), "v", ["no", "always"], sink)).toBe("always");
    readWord(nodeOf("zzzzzzzz"), "v", ["no", "always"], sink);
    const map = readMap(nodeOf("{imag: 1, known: 2}"), "v", sink);
    if (!map) throw new Error("no map");
    expect(knownEntries(map, ["image", "known"], "v", sink).map(({ key }) => key)).toEqual(["known"]);
    expect(entryOf(map, "known")?.value).toMatchObject({ value: 2 });
    expect(sink.diagnostics.map(({ hint }) => hint)).toEqual([
      'did you mean "always"?',
      "one of: no, always",
      'did you mean "image"?',
    ]);
    expect(sink.diagnostics[2]?.position).toMatchObject({ line: 1, column: 5 });
  });

  test("must give plain values without a prototype", () => {
    const value = toPlainValue(nodeOf("{a: [1, {b: null}], __proto__: {x: 1}}"));
    expect(Object.getPrototypeOf(value)).toBeNull();
    expect(JSON.stringify(value)).toBe('{"a":[1,{"b":null}],"__proto__":{"x":1}}');
  });
});
