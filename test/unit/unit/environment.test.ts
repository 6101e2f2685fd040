import { describe, expect, test } from "vitest";
import { DiagnosticSink } from "../../../src/lib/diagnostic.ts";
import { parseDockerKeyValues, parseServiceEnvironment } from "../../../src/unit/environment-files.ts";
import {
  describe as describeFindings,
  findingsOf,
  type TestInput,
  underlinedIn,
  workloadOf,
} from "./support.ts";

/** Variables of the container that passes A, B and C on. */
function variablesOf(service: string, input: TestInput = {}): Readonly<Record<string, string>> {
  const text = `[Service]\n${service}\nExecStart=docker run -e A -e B=\${B} busybox:1\n`;
  return workloadOf(text, input).container.environment;
}

describe("the environment of a unit", () => {
  test.for([
    { rule: "read several assignments", service: "Environment=A=1 B=2", environment: { A: "1", B: "2" } },
    {
      rule: "read quoted assignments",
      service: "Environment=\"A=1 x\" 'B=$y'",
      environment: { A: "1 x", B: "$y" },
    },
    {
      rule: "let the later assignment win",
      service: "Environment=A=1 B=2\nEnvironment=A=3",
      environment: { A: "3", B: "2" },
    },
    {
      rule: "drop all before an empty assignment",
      service: "Environment=A=1\nEnvironment=\nEnvironment=A=2 B=3",
      environment: { A: "2", B: "3" },
    },
    {
      rule: "let EnvironmentFile= win over Environment=",
      service: "EnvironmentFile=web.env\nEnvironment=A=1 B=2",
      environment: { A: "from file", B: "2" },
    },
    {
      rule: "let the later file win",
      service: "EnvironmentFile=./web.env\nEnvironmentFile=../more/other.env",
      environment: { A: "other", B: "other" },
    },
    {
      rule: "take declared values of a host file",
      service: "EnvironmentFile=/etc/environment",
      environment: { A: "host", B: "host" },
    },
    {
      rule: "take values of the run for PassEnvironment=",
      service: "PassEnvironment=A B\nEnvironment=B=2",
      environment: { A: "value of the run", B: "2" },
    },
    {
      rule: "leave out a missing file after -",
      service: "EnvironmentFile=-missing.env\nEnvironment=A=1 B=2",
      environment: { A: "1", B: "2" },
    },
    {
      rule: "resolve specifiers in the path of a file",
      service: "Environment=B=\nEnvironmentFile=%p.env",
      environment: { A: "from file", B: "" },
    },
  ])("must $rule", ({ service, environment }) => {
    const input = {
      files: { "units/web.env": "A=from file\n", "more/other.env": "A=other\nB=other\n" },
      hostFiles: { "/etc/environment": { A: "host", B: "host" } },
      variables: { A: "value of the run", B: "too" },
    };
    expect(variablesOf(service, input)).toEqual(environment);
  });

  test.for([
    { mistake: "a word that assigns nothing", service: "Environment=A=1 x y=2", underlined: ["x"] },
    { mistake: "an impossible name", service: "Environment=1A=1", underlined: ["1A=1"] },
    { mistake: "an open quote", service: 'Environment="A=1', underlined: ['"'] },
    {
      mistake: "a variable that addresses an Engine",
      service: "Environment=DOCKER_HOST=x",
      underlined: ["DOCKER_HOST=x"],
    },
    { mistake: "a file that is missing", service: "EnvironmentFile=other.env", underlined: ["other.env"] },
    {
      mistake: "a file outside of the repository",
      service: "EnvironmentFile=../../x",
      underlined: ["../../x"],
    },
    { mistake: "a value that nobody gave", service: "PassEnvironment=SECRET", underlined: ["SECRET"] },
    {
      mistake: "a host file that is not declared",
      service: "EnvironmentFile=/etc/x",
      underlined: ["/etc/x"],
    },
  ])("must report $mistake", ({ service, underlined }) => {
    expect(underlinedIn(`[Service]\n${service}\nExecStart=docker run busybox:1\n`)).toEqual(underlined);
  });

  test("must name hostFiles for a host file, and only warn after -", () => {
    const unit = (path: string) => `[Service]\nEnvironmentFile=${path}\nExecStart=docker run busybox:1\n`;
    expect(findingsOf(unit("/etc/environment"))[0]).toMatch(
      /^error 2:17 "\/etc\/environment" is a file of the host.*declare its variables under hostFiles in mysysconfig.yaml/,
    );
    expect(findingsOf(unit("-/etc/environment"))[0]).toMatch(/^warning 2:18 .*hostFiles in mysysconfig.yaml/);
  });

  test("must point to hostFiles when a variable may come from such a file", () => {
    const text = "[Service]\nEnvironmentFile=-/etc/environment\nExecStart=docker run -e A=${IP} busybox:1\n";
    expect(findingsOf(text).at(-1)).toBe(
      'error 3:27 variable "IP" is not set | declare it for "/etc/environment" under hostFiles in mysysconfig.yaml',
    );
  });

  test("must report the files of the repository that it used", () => {
    const text = "[Service]\nEnvironmentFile=web.env\nExecStart=docker run --env-file d.env busybox:1\n";
    const files = { "units/web.env": "A=1", "units/d.env": "# x\n\nB=2 # 3\nA\n" };
    expect(workloadOf(text, { files }).container.environment).toEqual({ A: "1", B: "2 # 3" });
  });
});

describe("files of EnvironmentFile=", () => {
  function parse(text: string) {
    const sink = new DiagnosticSink();
    const variables = parseServiceEnvironment("web.env", text, sink);
    return {
      values: Object.fromEntries(variables.map(({ name, value }) => [name, value])),
      findings: describeFindings(sink.diagnostics),
    };
  }

  test.for([
    { rule: "keep whitespace inside a value", text: "A= b  c \nB=d\r\n", values: { A: "b  c", B: "d" } },
    { rule: "skip comments", text: "# x\n; y=1\n  # z\nA=1\n", values: { A: "1" } },
    { rule: "keep a # inside a value", text: "A=1 # 2", values: { A: "1 # 2" } },
    { rule: "read single quotes verbatim", text: "A='b\\n\n\"c'\nB=2", values: { A: 'b\\n\n"c', B: "2" } },
    {
      rule: "read double quotes with escapes",
      text: 'A="b\\"c\\\\d\\$e\\n"\n',
      values: { A: 'b"c\\d$e\\n' },
    },
    { rule: "join quoted lines", text: 'A="b\\\nc\nd"\n', values: { A: "bc\nd" } },
    { rule: "join lines at a backslash", text: "A=b\\\nc\n", values: { A: "bc" } },
    { rule: "remove a backslash before a character", text: "A=b\\ \\c\n", values: { A: "b c" } },
    { rule: "keep quotes inside a value", text: "A=b'c'\n", values: { A: "b'c'" } },
    { rule: "read on after a closing quote", text: "A='b' \"c\"\n", values: { A: "bc" } },
    { rule: "read an empty value", text: "A=\nB=1", values: { A: "", B: "1" } },
    { rule: "not expand variables", text: "A=$B${C}\n", values: { A: "$B${C}" } },
  ])("must $rule", ({ text, values }) => {
    const result = parse(text);
    expect(result.values).toEqual(values);
    expect(result.findings).toEqual([]);
  });

  test.for([
    {
      mistake: "a line without equals sign",
      text: "A=1\n  export\n",
      finding: '2:3+0 missing "=" in "export"',
    },
    {
      mistake: "an impossible name",
      text: "export A=1\n",
      finding: '1:1+0 "export A" is not a valid variable name',
    },
    { mistake: "an open quote", text: "\nA='x\n", finding: '2:1+0 the quotation of "A" is never closed' },
  ])("must report $mistake", ({ text, finding }) => {
    expect(parse(text).findings).toEqual([finding]);
  });

  test("must read files of docker run verbatim", () => {
    const sink = new DiagnosticSink();
    const variables = parseDockerKeyValues("d.env", "\uFEFFA='1'\r\n # c\n  B= 2 \nC\n=x\n", sink);
    expect(variables.map(({ name, value }) => [name, value])).toEqual([
      ["A", "'1'"],
      ["B", " 2 "],
      ["C", undefined],
    ]);
    expect(describeFindings(sink.diagnostics)).toEqual(['5:1+1 missing name before "="']);
  });
});
