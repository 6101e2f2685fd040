import { describe, expect, test } from "vitest";
import { DiagnosticSink } from "../../../src/lib/diagnostic.ts";
import { lastOf, listOf, parseUnitFile } from "../../../src/unit/unit-file.ts";
import { describe as describeFindings } from "./support.ts";

function parse(text: string) {
  const sink = new DiagnosticSink();
  const file = parseUnitFile("units/web.service", text, sink);
  const pairs = file.assignments.map(({ section, key, value }) => `${section}.${key}=${value.text}`);
  return { file, pairs, findings: describeFindings(sink.diagnostics) };
}

describe("the syntax of unit files", () => {
  test.for([
    { rule: "skip comments and empty lines", text: "# a\n; b\n\n  # c\n[A]\nK=v\n", pairs: ["A.K=v"] },
    { rule: "drop whitespace around the equals sign", text: "[A]\nK = v w \t\n", pairs: ["A.K=v w"] },
    { rule: "keep a # inside a value", text: "[A]\nK=v # w\n", pairs: ["A.K=v # w"] },
    { rule: "keep further equals signs", text: "[A]\nK=a=b\n", pairs: ["A.K=a=b"] },
    { rule: "replace a continuation by a space", text: "[A]\nK=a\\\nb\n", pairs: ["A.K=a b"] },
    { rule: "skip comments inside a continuation", text: "[A]\nK=a\\\n# c\n; d\n b\n", pairs: ["A.K=a  b"] },
    { rule: "end a continuation at an empty line", text: "[A]\nK=a \\\n\nL=b\n", pairs: ["A.K=a", "A.L=b"] },
    { rule: "read a continuation at the end of the file", text: "[A]\nK=a \\", pairs: ["A.K=a"] },
    {
      rule: "not continue after an escaped backslash",
      text: "[A]\nK=a\\\\\nL=b\n",
      pairs: ["A.K=a\\\\", "A.L=b"],
    },
    {
      rule: "keep repeated settings and sections",
      text: "[A]\nK=1\n[B]\nK=2\n[A]\nK=3\n",
      pairs: ["A.K=1", "B.K=2", "A.K=3"],
    },
    {
      rule: "read Windows line ends and a byte order mark",
      text: "\uFEFF[A]\r\nK=a \\\r\n b\r\n",
      pairs: ["A.K=a   b"],
    },
  ])("must $rule", ({ text, pairs }) => {
    const parsed = parse(text);
    expect(parsed.pairs).toEqual(pairs);
    expect(parsed.findings).toEqual([]);
  });

  test.for([
    { mistake: "a line without equals sign", text: "[A]\n  key\n", finding: '2:3+3 missing "=" in "key"' },
    { mistake: "a missing name", text: "[A]\n=v\n", finding: '2:1+2 missing name before "="' },
    {
      mistake: "an assignment outside of a section",
      text: "K=v\n",
      finding: '1:1+3 "K=" stands before any section',
    },
    { mistake: "a broken section header", text: "[A\nK=v\n", finding: '1:1+2 invalid section header "[A"' },
    {
      mistake: "whitespace after a backslash",
      text: "[A]\nK=a \\ \nb=c\n",
      finding: "2:5+1 a backslash followed by whitespace does not continue the line",
    },
  ])("must report $mistake at its place", ({ text, finding }) => {
    expect(parse(text).findings[0]).toBe(finding);
  });

  test("must drop earlier assignments of a list at an empty one", () => {
    const { file } = parse("[A]\nK=1\nK=2\nK=\nK=3\nK=4\n");
    expect(listOf(file, "A", "K").map(({ value }) => value.text)).toEqual(["3", "4"]);
    expect(lastOf(file, "A", "K")?.value.text).toBe("4");
  });

  test("must have no value after a last empty assignment", () => {
    const { file } = parse("[A]\nK=1\nK=\n");
    expect(lastOf(file, "A", "K")).toBeUndefined();
  });

  test("must know the place of a value and of its name", () => {
    const [item] = parse("[A]\n  Key =  some value\n").file.assignments;
    expect(item?.keyPosition).toEqual({ file: "units/web.service", line: 2, column: 3, length: 3 });
    expect(item?.position).toEqual({ file: "units/web.service", line: 2, column: 10, length: 10 });
  });
});
