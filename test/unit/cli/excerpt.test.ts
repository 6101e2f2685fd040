import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { excerptOf } from "../../../src/cli/excerpt.ts";
import { jsonFindings } from "../../../src/cli/findings-json.ts";

describe("an excerpt of a line", () => {
  test.for([
    { why: "plain", line: "a BAD b", at: 2, length: 3, indent: 2, width: 3 },
    { why: "behind tabs", line: "\t\tBAD", at: 2, length: 3, indent: 2, width: 3 },
    { why: "behind wide characters", line: "日本 BAD", at: 3, length: 3, indent: 5, width: 3 },
    { why: "of wide characters", line: "a=日本", at: 2, length: 2, indent: 2, width: 4 },
    { why: "behind combining marks", line: "e\u0301e\u0301 BAD", at: 5, length: 3, indent: 3, width: 3 },
    { why: "behind a family", line: "👩‍👧 BAD", at: 6, length: 3, indent: 3, width: 3 },
    { why: "at the end of the line", line: "abc", at: 3, length: 1, indent: 3, width: 1 },
    { why: "beyond the end of the line", line: "abc", at: 300, length: 5, indent: 3, width: 1 },
  ])("must have its mark under what is $why", ({ line, at, length, indent, width }) => {
    expect(excerptOf(line, at, length)).toMatchObject({ indent, width });
  });

  test("must show the part of a very long line that is meant, and look at no more", () => {
    const line = `${"x".repeat(500_000)}HERE${"y".repeat(500_000)}`;
    const { text, indent, width } = excerptOf(line, 500_000, 4);
    expect([text.slice(indent, indent + width), text.length]).toEqual(["HERE", 110]);
  });

  test("must fit the terminal whatever the line is", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 400 }),
        fc.nat(500),
        fc.nat(500),
        (line, at, length) => {
          const { text, indent, width } = excerptOf(line, at, length);
          expect(indent + width).toBeLessThanOrEqual(111);
          for (const driving of ["\t", "\r", "\u001b"]) expect(text).not.toContain(driving);
        },
      ),
    );
  });
});

test("a finding in JSON must have its place from start to end", () => {
  const position = { file: "units/web.service", line: 2, column: 31, length: 6 };
  const finding = {
    severity: "error",
    code: "unknown-flag",
    message: "unknown",
    hint: "did you mean --name?",
  } as const;
  expect(jsonFindings([{ ...finding, position, isConfidential: true }])).toEqual([
    { ...finding, file: "units/web.service", line: 2, column: 31, endLine: 2, endColumn: 37, position },
  ]);
  const bare = { file: "a", line: 1, column: 1 };
  expect(
    jsonFindings([{ severity: "warning", code: "yaml", message: "x", hint: "y", position: bare }])[0]
      ?.endColumn,
  ).toBe(2);
});
