import { describe, expect, test } from "vitest";
import { compileCompose } from "../../../src/compose/compile-compose.ts";
import { parseSettings } from "../../../src/desired/settings-file.ts";
import type { Diagnostic } from "../../../src/lib/diagnostic.ts";
import { limits } from "../../../src/lib/limits.ts";
import { compileUnit } from "../../../src/unit/compile-unit.ts";
import { context as composeContext } from "../compose/support.ts";
import { makeContext } from "../unit/support.ts";
import { expectSoundFindings, patience } from "./support.ts";

const path = "units/web.service";
const run = "[Service]\nExecStart=/usr/bin/docker run ";
const shell = (script: string) => `[Service]\nExecStart=/bin/sh -c '${script}'\n`;
const times = (count: number, text: (index: number) => string) =>
  Array.from({ length: count }, (_, n) => text(n)).join("");

function unitFindings(text: string, files: Readonly<Record<string, string>> = {}): readonly Diagnostic[] {
  const { diagnostics } = compileUnit(path, text, makeContext({ files }));
  expectSoundFindings(diagnostics, { ...files, [path]: text });
  return diagnostics;
}

const messages = (diagnostics: readonly Diagnostic[]) =>
  diagnostics.map(
    ({ position: { file, line, column }, code, message }) => `${file}:${line}:${column} ${code} ${message}`,
  );

describe("a unit beyond a limit must be refused at its place", () => {
  test.for([
    {
      what: "a text of more than 1 MiB",
      text: "#".repeat(limits.text.most + 1),
      finding: "1:1 too-large the file has more than 1 MiB characters",
    },
    {
      what: "too many lines",
      text: `[Service]\n${times(limits.unitLines.most + 1, (n) => `Environment=A${n}=1\n`)}`,
      finding: "10001:1 too-large the unit has more than 10,000 assignments and sections",
    },
    {
      what: "a line that is too long",
      text: `[Service]\nEnvironment=A=${"x".repeat(limits.unitValue.most)}\n`,
      finding: "2:1 too-large the line has more than 256 KiB characters",
    },
    {
      what: "too many words",
      text: `${run}${"a ".repeat(limits.runWords.most + 1)}\n`,
      finding: "2:10031 too-large docker run has more than 5,000 words",
    },
    {
      what: "a variable that stands for more and more",
      text: `[Service]\nEnvironment=A=${"x".repeat(100_000)}\nExecStart=/usr/bin/docker run a:1 ${"${A}".repeat(100)}\n`,
      finding: "too-large the unit brings in more than 4 MiB with its variables and files",
    },
    {
      what: "a shell that doubles a text again and again",
      text: shell(`A=xxxxxxxx;${"A=$A$A$A$A;".repeat(14)}exec docker run a:1 $A`),
      finding: "too-large the unit brings in more than 4 MiB with its variables and files",
    },
    { what: "a NUL", text: `${run}a:1\0b\n`, finding: "2:34 not-text a NUL ends the line for systemd" },
    {
      what: "a lone carriage return",
      text: `${run}a:1\rb\n`,
      finding: "2:34 not-text a lone carriage return ends the line for systemd",
    },
  ])("$what", { timeout: patience }, ({ text, finding }) => {
    expect(messages(unitFindings(text)).filter((message) => message.includes(finding))).toHaveLength(1);
  });

  test("files that are read again and again", () => {
    const files = { "units/a.env": `A=${"x".repeat(100_000)}\n` };
    const text = `[Service]\n${"EnvironmentFile=a.env\n".repeat(100)}ExecStart=/usr/bin/docker run a:1\n`;
    expect(messages(unitFindings(text, files)).join()).toContain("too-large");
  });

  test("a file of variables that is no text", () => {
    const bytes = { path: "units/a.env", content: Uint8Array.of(0x41, 0x3d, 0xff), executable: false };
    const context = { ...makeContext(), tree: new Map([[bytes.path, bytes]]) };
    const text = `[Service]\nEnvironmentFile=a.env\nExecStart=/usr/bin/docker run a:1\n`;
    expect(messages(compileUnit(path, text, context).diagnostics)).toEqual([
      "units/a.env:1:1 not-text the file is not UTF-8 text",
    ]);
  });

  test("more mistakes than anybody reads", () => {
    const found = unitFindings(`[Service]\n${times(5_000, (n) => `Nothing${n}=1\n`)}`);
    expect([found.length, found.filter(({ code }) => code === "too-large").length]).toEqual([
      limits.findings.most + 1,
      1,
    ]);
  });
});

describe("line ends and marks of other systems", () => {
  const unit = `[Service]\nEnvironment=A=1 \\\n  B=2\nExecStart=/usr/bin/docker run -e A -e B a:1\n`;

  test("must make no difference to a unit", () => {
    const { value } = compileUnit(path, unit, makeContext());
    expect(value?.workloads[0]?.container.environment).toEqual({ A: "1", B: "2" });
    for (const text of [unit.replaceAll("\n", "\r\n"), `\ufeff${unit}`])
      expect(compileUnit(path, text, makeContext()).value?.workloads[0]?.container).toEqual(
        value?.workloads[0]?.container,
      );
  });

  test("must make no difference to the settings", () => {
    const text = "project: shop\nvalues:\n  a: 1\n";
    const project = (written: string) => parseSettings(written).value?.project;
    expect([text, text.replaceAll("\n", "\r\n"), `\ufeff${text}`].map(project)).toEqual([
      "shop",
      "shop",
      "shop",
    ]);
  });
});

describe("a document of YAML", () => {
  const stack = (text: string) => {
    const { diagnostics } = compileCompose("units/s.compose.yaml", text, "s", composeContext());
    expectSoundFindings(diagnostics, { "units/s.compose.yaml": text });
    return messages(diagnostics).join("\n");
  };
  const web = "services: {web: {image: 'a:1'}}\n";
  const layers = times(9, (n) => `x-${n + 1}: &x${n + 1} [${`*x${n},`.repeat(9)}]\n`);

  test.for([
    {
      what: "aliases that multiply",
      text: `x-0: &x0 [a,a,a,a,a,a,a,a,a]\n${layers}${web}`,
      finding: "document has more than 100000 values",
    },
    { what: "lists inside of lists", text: "[".repeat(50_000), finding: "nested too deeply" },
    {
      what: "a NUL",
      text: "services:\n  a\0b: {}\n",
      finding: "2:4 yaml the character U+0000 cannot stand in YAML",
    },
    {
      what: "a lone carriage return",
      text: "services:\r  web: {}\n",
      finding: "1:10 yaml the character U+000D cannot stand in YAML",
    },
    {
      what: "more than 1 MiB",
      text: `${web}${"#".repeat(limits.text.most)}`,
      finding: "1:1 yaml file is larger than 1048576 bytes",
    },
    { what: "tags without end", text: `${web}x: ${"!a ".repeat(50_000)}`, finding: "yaml " },
  ])("must be refused for $what", { timeout: patience }, ({ text, finding }) => {
    expect(stack(text)).toContain(finding);
  });

  test(
    "must be read with ten thousand keys",
    () => {
      const values = times(10_000, (n) => `  a${n}: ${n}\n`);
      expect(parseSettings(`values:\n${values}`).value?.values.positions.size).toBe(10_000);
      const labels = times(10_000, (n) => `      a${n}: b\n`);
      expect(stack(`services:\n  web:\n    image: a:1\n    labels:\n${labels}`)).not.toContain("too");
    },
    patience,
  );

  test("must be refused for more environments or policies than can be held against one another", () => {
    const many = (key: string, entry: (n: number) => string) =>
      messages(parseSettings(`${key}\n${times(1_001, entry)}`).diagnostics).join();
    expect(many("environments:", (n) => `  e${n}: {}\n`)).toContain(
      "1002:3 too-large environments has more than 1000 entries",
    );
    expect(many("images:\n  policies:", (n) => `    a${n}: fixed\n`)).toContain(
      "too-large images.policies has more than 1000 entries",
    );
  });
});
