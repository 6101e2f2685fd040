import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseYaml, type YamlNode } from "../../../src/lib/yaml.ts";
import { toPlainValue } from "../../../src/lib/yaml-read.ts";
import { costGrowth } from "../../support/growth.ts";

const parse = (text: string) => parseYaml(text, "f.yaml");
const plain = (text: string) => {
  const { root, mistakes } = parse(text);
  expect(mistakes).toEqual([]);
  return JSON.parse(JSON.stringify(root && toPlainValue(root)));
};
const mistakesOf = (text: string) =>
  parse(text).mistakes.map(({ position: { line, column }, message }) => `${line}:${column} ${message}`);

/** The node at a path of keys and indexes. */
function at(node: YamlNode | undefined, ...keys: readonly (string | number)[]): YamlNode | undefined {
  return keys.reduce<YamlNode | undefined>((inner, key) => {
    if (inner?.kind === "list" && typeof key === "number") return inner.items[key];
    return inner?.kind === "map" ? inner.entries.find((entry) => entry.key === key)?.value : undefined;
  }, node);
}

describe("scalars", () => {
  test.for([
    ["0644", 420],
    ["-010", -8],
    ["0o644", 420],
    ["089", 89],
    ["22:22", "22:22"],
    ["yes", "yes"],
    ["no", "no"],
    ["true", true],
    ["1.10", 1.1],
    ["0x1F", 31],
    ["~", null],
    ["", null],
    ["2026-01-01", "2026-01-01"],
    ['"5"', "5"],
    ["'true'", "true"],
    ["!!str 5", "5"],
  ] as const)("must read %j for compose files and keep its text", ([text, value]) => {
    const node = at(parse(`a: ${text}`).root, "a");
    expect(node).toMatchObject({ kind: "scalar", value });
  });

  test("must keep the text as written, and whether it was quoted", () => {
    const { root } = parse('a: 1.10\nb: 0644\nc: "1.10"\nd: |\n  x\n  y\ne: 12345678901234567890');
    expect(["a", "b", "c", "d", "e"].map((key) => at(root, key))).toMatchObject([
      { text: "1.10", quoted: false },
      { text: "0644", quoted: false },
      { text: "1.10", quoted: true },
      { text: "x\ny\n", quoted: true },
      { text: "12345678901234567890", quoted: false },
    ]);
  });
});

describe("positions", () => {
  test("must be those of keys and values, counted from 1, no longer than the line", () => {
    const { root } = parse('a:\n  - b: "cc"\n    d: [e, f]\n');
    const entry = at(root, "a", 0);
    expect(entry?.kind === "map" && entry.entries[0]?.keyPosition).toEqual({
      file: "f.yaml",
      line: 2,
      column: 5,
      length: 1,
    });
    expect(at(root, "a", 0, "b")?.position).toEqual({ file: "f.yaml", line: 2, column: 8, length: 4 });
    expect(at(root, "a", 0, "d", 1)?.position).toEqual({ file: "f.yaml", line: 3, column: 12, length: 1 });
    expect(at(root, "a")?.position).toMatchObject({ line: 2, column: 3, length: 9 });
  });

  test("must count characters behind others of any width, and lines that end with CRLF", () => {
    const { root } = parse("ä: 1\r\nb: {c: x}\r\n");
    expect(at(root, "b", "c")?.position).toMatchObject({ line: 2, column: 8, length: 1 });
  });

  test("must be those of the anchor for values that come by an alias or a merge", () => {
    const { root } = parse("x: &x {a: 1}\ny: *x\nz: {<<: *x, b: 2}");
    expect(at(root, "y", "a")?.position).toMatchObject({ line: 1, column: 11 });
    expect(at(root, "z", "a")?.position).toMatchObject({ line: 1, column: 11 });
  });

  test("must be there for values that are not", () => {
    expect(at(parse("a:\nb: 1").root, "a")?.position).toMatchObject({ line: 1 });
  });
});

describe("anchors and merge keys", () => {
  test.for([
    ["a: &x {k: 1}\nb: {<<: *x, l: 2}", { a: { k: 1 }, b: { l: 2, k: 1 } }],
    ["a: &x {k: 1}\nb: {<<: *x, k: 2}", { a: { k: 1 }, b: { k: 2 } }],
    [
      "a: &x {k: 1}\nb: &y {k: 2, l: 2}\nc: {<<: [*x, *y]}",
      { a: { k: 1 }, b: { k: 2, l: 2 }, c: { k: 1, l: 2 } },
    ],
    ["a: {<<: {k: 1}}", { a: { k: 1 } }],
    ["a: &x {k: 1}\nb: {'<<': *x}", { a: { k: 1 }, b: { "<<": { k: 1 } } }],
    ["a: &x 1\nb: *x\nc: &x 2\nd: *x", { a: 1, b: 1, c: 2, d: 2 }],
    ["a: &a {x: &x 1}\nc: &x 2\nd: *a\ne: *x", { a: { x: 1 }, c: 2, d: { x: 1 }, e: 2 }],
    ["&k a: 1\nb: *k", { a: 1, b: "a" }],
    ["a: &k foo\n*k : 1", { a: "foo", foo: 1 }],
    ["a: &e\nb: *e", { a: null, b: null }],
  ] as const)("must resolve %j", ([text, value]) => {
    expect(plain(text)).toEqual(value);
  });

  test.for([
    ["a: *x", '1:4 alias "*x" has no anchor before it'],
    ["a: *x\nb: &x 1", '1:4 alias "*x" has no anchor before it'],
    ["a: &a [*a]", '1:8 alias "*a" contains itself'],
    ["a: &a\n  b: {<<: *a}", '2:11 alias "*a" contains itself'],
    ["a: {<<: 5}", "1:5 a merge key (<<) takes a mapping or a list of mappings"],
  ] as const)("must refuse %j", ([text, mistake]) => {
    expect(mistakesOf(text)).toContain(mistake);
  });
});

describe("mistakes", () => {
  test.for([
    ["a: 1\na: 2", ['2:1 key "a" is given twice']],
    ["a: 1\nb: 1\na: 2\nb: 2", ['3:1 key "a" is given twice', '4:1 key "b" is given twice']],
    ["a: 1\n---\nb: 2", ["2:1 a file holds one document: remove the second ---"]],
    ["a: !reset null", ["1:4 Unresolved tag: !reset"]],
    ["{[a]: 1}", ["1:2 a key must be a plain name"]],
  ] as const)("must be reported for %j", ([text, mistakes]) => {
    expect(mistakesOf(text)).toEqual(mistakes);
  });

  test("must be reported without the parser's own position, on one line", () => {
    const [mistake] = parse("a: [1\nb: 2").mistakes;
    expect(mistake?.message).not.toMatch(/at line|\n/);
  });

  test("must be reported for binary values instead of passing bytes on", () => {
    expect(mistakesOf("a: !!binary aGk=")[0]).toMatch(/^1:13 a value with the tag .* has no meaning here$/);
  });

  test("must leave the rest of the tree readable", () => {
    expect(at(parse("a: 1\na: 2\nb: 3").root, "b")).toMatchObject({ value: 3 });
  });
});

describe("limits", () => {
  const bomb = ["a: &a [x,x,x,x,x,x,x,x,x,x]"]
    .concat(
      [..."bcdefghi"].map(
        (name, index) => `${name}: &${name} [${Array(10).fill(`*${"abcdefgh"[index]}`).join(",")}]`,
      ),
    )
    .join("\n");
  const chain = Array.from(
    { length: 2000 },
    (_, i) => `b${i}: &b${i} {<<: *${i === 0 ? "a" : `b${i - 1}`}, k${i}: 1}`,
  );

  test.for([
    ["an alias bomb", bomb, /more than 100000 values/],
    ["a merge chain bomb", `a: &a {k: 1}\n${chain.join("\n")}`, /more than 100000 values/],
    ["deep nesting", "[".repeat(20_000) + "]".repeat(20_000), /nested/],
    ["nesting beyond our own limit", "[".repeat(300) + "]".repeat(300), /nested deeper than 200 levels/],
    ["a large file", `a: ${"x".repeat(2 * 1024 * 1024)}`, /larger than/],
  ] as const)("must refuse %s without a tree", ([, text, message]) => {
    const { root, mistakes } = parse(text);
    expect(root).toBeUndefined();
    expect(mistakes).toHaveLength(1);
    expect(mistakes[0]?.message).toMatch(message);
  });

  test("must not refuse many plain uses of an anchor, nor look for it anew each time", () => {
    const read = (count: number) => {
      const uses = Array.from({ length: count }, (_, index) => `k${index}: *x`).join("\n");
      expect(parse(`x: &x {a: 1}\n${uses}`).mistakes).toEqual([]);
    };
    expect(costGrowth(read, 1_000, 20_000)).toBeLessThan(150);
  });
});

describe("keys", () => {
  test("must be data, whatever they are called", () => {
    const { root } = parse("__proto__: {polluted: 1}\nconstructor: 2\n1: x\ntrue: y");
    expect(root?.kind === "map" && root.entries.map(({ key }) => key)).toEqual([
      "__proto__",
      "constructor",
      "1",
      "true",
    ]);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });
});

test("parsing must never throw, whatever the text", () => {
  const piece = fc.constantFrom(
    "a",
    ": ",
    "\n",
    "  ",
    "- ",
    "{",
    "}",
    "[",
    "]",
    "&x ",
    "*x",
    "<<: ",
    "!t ",
    "|\n",
    '"',
    "'",
    "#",
    "? ",
    ",",
    "---\n",
    "%",
  );
  const text = fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.array(piece).map((pieces) => pieces.join("")),
  );
  fc.assert(
    fc.property(text, (value) => {
      const { root, mistakes } = parse(value);
      for (const { position } of mistakes) expect(position.line).toBeGreaterThan(0);
      if (root) toPlainValue(root);
    }),
    { numRuns: 1000 },
  );
});

test("parsing must read back any JSON", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue({ depthSize: "small" })), (value) => {
      fc.pre(!JSON.stringify(value).includes("__proto__"));
      expect(plain(JSON.stringify(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});
