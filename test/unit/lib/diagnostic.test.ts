import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { DiagnosticSink } from "../../../src/lib/diagnostic.ts";
import { diagnosticCodes } from "../../../src/lib/diagnostic-codes.ts";
import { generalHints } from "../../../src/lib/general-hints.ts";
import { limits } from "../../../src/lib/limits.ts";

const source = join(import.meta.dirname, "../../../src");
const tables = ["lib/diagnostic-codes.ts", "lib/general-hints.ts"];
/** Made of a kind and a fixed part. */
const composed = /^(?:conflicting-(?:network|volume)|undefined-(?:config|secret))$/;

const place = { file: "a", line: 1, column: 1 };

describe("the table of codes", () => {
  const texts = readdirSync(source, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !tables.includes(path))
    .map((path) => readFileSync(join(source, path), "utf8"))
    .join("\n");

  test("must name no code that nothing gives", () => {
    const unused = Object.keys(diagnosticCodes).filter(
      (code) => !composed.test(code) && !texts.includes(`"${code}"`),
    );
    expect(unused).toEqual([]);
  });

  test("must say what each means in one phrase", () => {
    const odd = Object.entries(diagnosticCodes).filter(([, doc]) => doc.trim() === "" || /[.\n]$/.test(doc));
    expect(odd).toEqual([]);
  });
});

describe("a sink of findings", () => {
  test("must give a finding without a hint the one of its code", () => {
    const sink = new DiagnosticSink();
    sink.error(place, "open-quote", "x");
    sink.warning(place, "open-quote", "x", "its own");
    expect(sink.diagnostics.map(({ hint }) => hint)).toEqual([generalHints["open-quote"], "its own"]);
  });

  test("must stop telling after so many, of errors and warnings each, and say so", () => {
    const sink = new DiagnosticSink();
    for (let count = 0; count < limits.findings.most + 100; count++) sink.warning(place, "image-policy", "x");
    sink.error(place, "open-quote", "x");
    expect([sink.diagnostics.length, sink.hasErrors]).toEqual([limits.findings.most + 2, true]);
    expect(sink.diagnostics[limits.findings.most]?.message).toBe("more findings are not told");
  });
});
