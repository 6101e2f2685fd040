import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { interpolateText } from "../../../src/compose/interpolate.ts";
import { composeKeyReference } from "../../../src/compose/key-reference.ts";
import { hasErrors } from "../../../src/lib/diagnostic.ts";
import { serviceCorpus } from "./service-corpus.ts";
import { compile, path, serviceFile } from "./support.ts";

const keys = [...new Set([...composeKeyReference().values()].flat().map(({ key }) => key))];
const scalar = fc.oneof(
  fc.constantFrom(
    "",
    "a",
    "80:80",
    "/x:/y",
    "./x:/y",
    "service:a",
    "1.5",
    "-1",
    "true",
    "0444",
    "5s",
    "1g",
    "$A",
    "${A:-x}",
  ),
  fc.string({ maxLength: 8 }),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
);
/** JSON that looks like compose: known keys at all levels, with values of any form. */
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 5 },
    scalar,
    fc.array(tie("tree"), { maxLength: 3 }),
    fc.dictionary(fc.oneof(fc.constantFrom(...keys), fc.string({ maxLength: 5 })), tie("tree"), {
      maxKeys: 4,
    }),
  ),
}));
const composeLike = fc.record({
  services: fc.dictionary(
    fc.constantFrom("a", "b"),
    fc.dictionary(fc.constantFrom(...keys), tree, { maxKeys: 8 }),
  ),
  networks: tree,
  volumes: tree,
  configs: tree,
});

/** What must hold for every text: no exception, a place inside the file for every finding, no value with errors. */
function check(text: string): void {
  const { value, diagnostics } = compile(text, { variables: { A: "x" } });
  expect(value === undefined).toBe(hasErrors(diagnostics));
  const lines = text.split("\n").length;
  for (const { position, message, code } of diagnostics) {
    expect(position.file).toBe(path);
    expect(position.line).toBeGreaterThanOrEqual(1);
    expect(position.line).toBeLessThanOrEqual(lines);
    expect(position.column).toBeGreaterThanOrEqual(1);
    expect(message).not.toBe("");
    expect(code).toMatch(/^[a-z-]+$/);
  }
}

describe("whatever a file holds, the compiler", () => {
  test("must never throw on arbitrary text", () => {
    fc.assert(fc.property(fc.string({ maxLength: 200, unit: "grapheme" }), check));
  });

  test("must never throw on arbitrary YAML-like text", () => {
    const piece = fc.constantFrom(
      "services:",
      "\n",
      "  ",
      "- ",
      "a",
      ": ",
      "{",
      "}",
      "[",
      "]",
      "&x ",
      "*x",
      "<<: ",
      "|\n",
      '"',
      "'",
      "$",
      "${",
      "#",
      "!t ",
      "image",
      "ports",
    );
    fc.assert(fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => check(pieces.join(""))));
  });

  test("must never throw on arbitrary JSON under known keys", () => {
    fc.assert(
      fc.property(composeLike, (value) => check(JSON.stringify(value))),
      { numRuns: 1000 },
    );
  });

  test("must find a service with any one value replaced either valid or mistaken at a place", () => {
    const cases = Object.values(serviceCorpus).flat();
    fc.assert(
      fc.property(
        fc.constantFrom(...cases),
        fc.nat(),
        fc.string({ maxLength: 3 }),
        ({ yaml, rest }, at, noise) => {
          const index = at % (yaml.length + 1);
          check(serviceFile(yaml.slice(0, index) + noise + yaml.slice(index), rest));
        },
      ),
      { numRuns: 1000 },
    );
  });

  test("must compile the same text to the same manifest", () => {
    for (const { yaml, ...world } of Object.values(serviceCorpus).flat()) {
      const text = serviceFile(yaml, world.rest);
      expect(compile(text, world)).toEqual(compile(text, world));
    }
  });
});

describe("interpolation", () => {
  test("must undo the doubling of dollars, whatever the text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        const { text: result, mistakes } = interpolateText(text.replaceAll("$", "$$$$"), new Map());
        expect([result, mistakes]).toEqual([text, []]);
      }),
    );
  });

  test("must put any value in as it stands", () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        expect(interpolateText("<${V}>", new Map([["V", value]])).text).toBe(`<${value}>`);
      }),
    );
  });
});
