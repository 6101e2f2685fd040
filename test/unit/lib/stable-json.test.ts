import fc from "fast-check";
import { expect, test } from "vitest";
import { deepEqual, stableJson } from "../../../src/lib/stable-json.ts";

test("keys must be sorted at every depth and absent members left out", () => {
  expect(stableJson({ b: [{ d: 1, c: undefined }], a: { z: null, y: "x" } })).toBe(
    '{"a":{"y":"x","z":null},"b":[{"d":1}]}',
  );
  expect(stableJson({ b: 1, a: 2 }, 2)).toBe('{\n  "a": 2,\n  "b": 1\n}');
});

test("a map must read as the object with its entries", () => {
  expect(
    stableJson(
      new Map([
        ["b", 1],
        ["a", 2],
      ]),
    ),
  ).toBe('{"a":2,"b":1}');
});

test("the order of keys must not matter, that of lists must", () => {
  expect(deepEqual({ a: 1, b: [1, 2] }, { b: [1, 2], a: 1 })).toBe(true);
  expect(deepEqual({ a: 1, b: undefined }, { a: 1 })).toBe(true);
  expect(deepEqual([1, 2], [2, 1])).toBe(false);
  expect(deepEqual({ a: "1" }, { a: 1 })).toBe(false);
});

test("the text must read back as the same value and be the same for any order of keys", () => {
  fc.assert(
    fc.property(
      fc.dictionary(
        fc.string({ minLength: 1 }).filter((key) => key !== "__proto__"),
        fc.jsonValue(),
      ),
      (value) => {
        const text = stableJson(value);
        expect(stableJson(JSON.parse(text))).toBe(text);
        expect(stableJson(Object.fromEntries(Object.entries(value).reverse()))).toBe(text);
      },
    ),
  );
});

test("what is equal must have the same text, and what is not another one", () => {
  const value = fc.jsonValue({ maxDepth: 3 });
  fc.assert(
    fc.property(value, value, (a, b) => {
      expect(deepEqual(a, b)).toBe(stableJson(a) === stableJson(b));
      expect(deepEqual(a, structuredClone(a))).toBe(true);
    }),
  );
  expect(deepEqual(new Map([["a", 1]]), { a: 1 })).toBe(true);
  expect(deepEqual({ a: null }, {})).toBe(false);
  expect(deepEqual([], {})).toBe(false);
});
