import { describe, expect, test } from "vitest";
import { parseEnvFile } from "../../../src/compose/env-file.ts";
import { DiagnosticSink } from "../../../src/lib/diagnostic.ts";
import { describe as show } from "./support.ts";

function parse(text: string, format: "compose" | "raw" = "compose") {
  const sink = new DiagnosticSink();
  const variables = new Map([["HOME", "/root"]]);
  const values = parseEnvFile({ path: "units/a.env", text, format, variables }, sink);
  return { values: Object.fromEntries(values), findings: show(sink.diagnostics) };
}

describe("an environment file", () => {
  test.for([
    ["", {}],
    ["# only\n\n  # comments\n", {}],
    ["A=1 # c", { A: "1" }],
    ['B="x # y" # z', { B: "x # y" }],
    ["export C='lit $A\\n'", { C: "lit $A\\n" }],
    ["D: yaml", { D: "yaml" }],
    ['E="a\\tb\\$A\\x\\"q\\""', { E: 'a\tb$A\\x"q"' }],
    ["A=1\nF=${A:-q}${B:-w}", { A: "1", F: "1w" }],
    ["G=a#b", { G: "a#b" }],
    ["I=\nJ=#x", { I: "", J: "#x" }],
    ['K="multi\nline"\nL=1', { K: "multi\nline", L: "1" }],
    ["L='it\\'s'", { L: "it's" }],
    ["M=a\\nb", { M: "a\\nb" }],
    ["N =  spaced  ", { N: "spaced" }],
    ["HOME=/f\nC=$HOME", { HOME: "/f", C: "/root" }],
    ["HOME\nNOPE", { HOME: "/root" }],
    ["A=1\r\nB=2\r\n", { A: "1", B: "2" }],
    ["\uFEFFA=1", { A: "1" }],
    ["a.b-c[0]=1", { "a.b-c[0]": "1" }],
    ["A=$$x", { A: "$x" }],
    ["A=1\nA=2", { A: "2" }],
    ["URL=http://x/?a=b&c:d", { URL: "http://x/?a=b&c:d" }],
  ] as const)("must read %j as Compose does", ([text, expected]) => {
    expect(parse(text)).toEqual({ values: expected, findings: [] });
  });

  test("must take a comment for the value where Compose does, and say so", () => {
    const { values, findings } = parse("H= # only");
    expect(values).toEqual({ H: "# only" });
    expect(findings[0]).toMatch(/^units\/a\.env:1:4 warning comment-is-value/);
  });

  test("must take raw values as they stand", () => {
    expect(parse("# c\nA='$B' # x\n\nC=", "raw").values).toEqual({ A: "'$B' # x", C: "" });
  });

  test.for([
    ["A B=1", "1:1", "bad-env-file"],
    ["A=1\nexport =2", "2:8", "bad-env-file"],
    ["A='x", "1:3", "bad-env-file"],
    ['A="x" y', "1:6", "bad-env-file"],
    ["A=1\nB=x$NOPE", "2:4", "unset-variable"],
    ["A=${", "1:3", "bad-interpolation"],
    ["{a}=1", "1:1", "bad-env-file"],
  ] as const)("must report %j at %s of the file", ([text, place, code]) => {
    const { findings } = parse(text);
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatch(`units/a.env:${place} error ${code}`);
  });

  test("must report a raw line without a name", () => {
    expect(parse("A=1\nnothing", "raw").findings[0]).toMatch("units/a.env:2:1 error bad-env-file");
  });

  test("must read on behind a mistake", () => {
    const { values, findings } = parse("A B=1\n'=2\nC=3");
    expect(values).toEqual({ C: "3" });
    expect(findings).toHaveLength(2);
  });
});
