import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromTagged, toTagged } from "../../../src/docker/tagged-json.ts";

const through = (value: unknown) => fromTagged(JSON.parse(JSON.stringify(toTagged(value))));

/** Like everything that a desired state could be made of, and more. */
const anything = fc.anything({
  withMap: true,
  withSet: true,
  withTypedArray: false,
  withObjectString: true,
  key: fc.oneof(fc.string(), fc.constantFrom("$", "__proto__", "constructor", "0")),
  values: [
    fc.string(),
    fc.double(),
    fc.boolean(),
    fc.constantFrom(null, undefined, -0, Number.NaN, Number.POSITIVE_INFINITY),
    fc.uint8Array(),
  ],
});

describe("values that JSON has no words for", () => {
  test("must come back as they were, whatever they are made of", () => {
    fc.assert(
      // Node's own comparison: that of the test runner stumbles over members named `constructor`.
      fc.property(anything, (value) => {
        expect(isDeepStrictEqual(through(value), { value })).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  test.for([
    ["absent in its own right", { a: undefined, b: [undefined, 1] }],
    ["an object that looks like a tag", { $: ["bytes", "eA=="] }],
    ["a tag within a tag", { $: { $: ["map", []] } }],
    ["a key that objects inherit", JSON.parse('{"__proto__":{"x":1},"toString":2}')],
    ["every byte", Uint8Array.from({ length: 256 }, (_, byte) => byte)],
    [
      "a map with keys of all kinds",
      new Map<unknown, unknown>([
        [undefined, new Set([1])],
        [new Uint8Array(2), -0],
      ]),
    ],
  ] as const)("must keep %s", ([, value]) => {
    expect(through(value)).toStrictEqual({ value });
  });

  test("must keep the bytes of a Buffer, as bytes", () => {
    const bytes = readFileSync(join(import.meta.dirname, "..", "..", "..", "package.json"));
    expect(through({ bytes })).toStrictEqual({ value: { bytes: new Uint8Array(bytes) } });
  });

  test.for([[() => 1], [Symbol("x")], [1n]])("must not write what is no data: %o", ([value]) => {
    expect(() => toTagged({ value })).toThrow(expect.objectContaining({ code: "internal" }));
  });

  test.for([
    [{ $: 1 }],
    [{ $: ["nothing we know", 1] }],
    [{ $: ["bytes", 7] }],
    [{ $: ["map", [[1]]] }],
    [{ $: ["map", [[1, 2, 3]]] }],
    [{ $: ["object", [[7, 1]]] }],
    [{ $: ["set", "x"] }],
  ])("must be no value: %j", ([json]) => {
    expect(fromTagged({ deep: json })).toBeUndefined();
  });

  test("must be no value when it is nested without end", () => {
    expect(fromTagged(JSON.parse(`${"[".repeat(5_000)}${"]".repeat(5_000)}`)) === undefined).toBe(true);
  });
});
