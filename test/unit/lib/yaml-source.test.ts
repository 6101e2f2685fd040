import { expect, test } from "vitest";
import { replaceRanges, TextPlaces } from "../../../src/lib/text-places.ts";
import { YamlSource } from "../../../src/lib/yaml-source.ts";

function found(text: string, ...keys: readonly string[]): string {
  const place = new YamlSource(text).find(keys);
  if (place.kind === "missing") return "missing";
  const written = text.slice(place.range.start, place.range.end);
  const anchors = place.kind === "shared" ? place.anchors : place.sharedAnchors;
  return [place.kind, JSON.stringify(written), ...anchors].join(" ");
}

test.for([
  ["a: b:1 # c\r\nd: 1", ["a"], 'scalar "b:1"'],
  ["a: 'b:1'", ["a"], `scalar "'b:1'"`],
  ["a: &x !!str b:1\nc: 1", ["a"], 'scalar "b:1"'],
  ["a: &x b:1\nc: *x", ["a"], 'scalar "b:1" x'],
  ["s: &y\n  a: b:1\nc: {<<: *y}", ["s", "a"], 'scalar "b:1" y'],
  ["a: >-\n  b:1\nd: 1", ["a"], 'scalar ">-\\n  b:1\\n"'],
  ['{"s": {"a": "b:1"}}', ["s", "a"], 'scalar "\\"b:1\\""'],
  ["x: &x b\na: *x", ["a"], 'shared "*x" x'],
  ["x: &x {a: 1}\ns: *x", ["s", "a"], 'shared "*x" x'],
  ["x: &x {a: 1}\ns: {<<: *x}", ["s", "a"], 'shared "*x" x'],
  ["x: &x {a: 1}\ns: {<<: *x, a: 2}", ["s", "a"], 'scalar "2"'],
  ["s: {<<: {a: 1}}", ["s", "a"], "missing"],
  ["a: 1", ["b"], "missing"],
  ["a: [1]", ["a"], "missing"],
  ["a: [1]", ["a", "b"], "missing"],
  ["", ["a"], "missing"],
] as const)("in %j the value %j must be found as %s", ([text, keys, expected]) => {
  expect(found(text, ...keys)).toBe(expected);
});

test("offsets must be found by line and column and back", () => {
  const text = "a\r\nbc\n\nd";
  const places = new TextPlaces(text);
  for (let offset = 0; offset <= text.length; offset++)
    expect(places.offsetOf(places.placeOf(offset))).toBe(offset);
  expect(places.placeOf(4)).toEqual({ line: 2, column: 2 });
  expect(places.offsetOf({ line: 9, column: 1 })).toBe(text.length);
});

test("ranges must be replaced wherever they stand in the list", () => {
  const replacements = [
    { range: { start: 4, end: 5 }, text: "" },
    { range: { start: 1, end: 2 }, text: "long" },
    { range: { start: 3, end: 3 }, text: "+" },
  ];
  expect(replaceRanges("abcdef", replacements)).toBe("alongc+df");
});
