import { describe, expect, test } from "vitest";
import { describeError, formatDiagnostics, harmless } from "../../../src/cli/output.ts";
import { formatReport } from "../../../src/cli/report.ts";
import type { Diagnostic } from "../../../src/lib/diagnostic.ts";
import { plainPaint } from "../../../src/lib/paint.ts";
import { ReconcilerError } from "../../../src/model/errors.ts";
import type { RunReport } from "../../../src/model/run-report.ts";

const sources = new Map([
  ["units/web.service", "[Service]\nExecStart=/usr/bin/docker run --nmae web img:1\n"],
]);

function finding(overrides: Partial<Diagnostic["position"]> = {}): Diagnostic {
  return {
    severity: "error",
    code: "unknown-flag",
    position: { file: "units/web.service", line: 2, column: 31, length: 6, ...overrides },
    message: 'unknown docker run flag "--nmae"',
    hint: "did you mean --name?",
  };
}

describe("a finding", () => {
  test("must be shown with its line, a mark under the word and the hint", () => {
    expect(formatDiagnostics([finding()], sources, plainPaint)).toMatchInlineSnapshot(`
      "units/web.service:2:31: unknown docker run flag "--nmae"
          ExecStart=/usr/bin/docker run --nmae web img:1
                                        ^^^^^^
          did you mean --name?
      "
    `);
  });

  test("must not show the line when a secret stands in it", () => {
    const confidential: Diagnostic = { ...finding(), isConfidential: true };
    expect(formatDiagnostics([confidential], sources, plainPaint)).toBe(
      'units/web.service:2:31: unknown docker run flag "--nmae"\n    did you mean --name?\n',
    );
  });

  test.for([
    { why: "beyond the end of its line", position: { column: 400 } },
    { why: "on a line that does not exist", position: { line: 99 } },
    { why: "in a file nobody kept", position: { file: "gone.yaml" } },
  ])("must be shown when it lies $why", ({ position }) => {
    expect(formatDiagnostics([finding(position)], sources, plainPaint)).toContain(
      'unknown docker run flag "--nmae"',
    );
  });

  test("must show the part of a long line that it is about", () => {
    const long = `${"x".repeat(300)}HERE${"y".repeat(300)}`;
    const text = formatDiagnostics(
      [finding({ file: "a", line: 1, column: 301, length: 4 })],
      new Map([["a", long]]),
      plainPaint,
    );
    const [, excerpt = "", mark = ""] = text.split("\n");
    expect(excerpt.slice(mark.indexOf("^"), mark.indexOf("^") + 4)).toBe("HERE");
    expect(excerpt.length).toBeLessThan(120);
  });
});

test("a finding must not drive the terminal by its file, words or line, and keep its mark in place", () => {
  const file = "units/\u001b[31m\nx.service";
  const hostile: Diagnostic = {
    ...finding({ file, line: 1, column: 4, length: 4 }),
    message: "unknown \u001b[2J\nb.service:1:1: word",
    hint: "write \u0007another",
  };
  const lines = new Map([[file, "\u001b\u009b HERE\u202e"]]);
  expect(formatDiagnostics([hostile], lines, plainPaint)).toBe(
    [
      "units/[31m x.service:1:4: unknown [2J b.service:1:1: word",
      "    \ufffd\ufffd HERE\ufffd",
      "       ^^^^",
      "    write another",
      "",
    ].join("\n"),
  );
});

describe("a line that is confidential", () => {
  const twoLines = new Map([["a.yaml", "token: hunter22\nother: 1\n"]]);
  const at = (line: number, more: Partial<Diagnostic> = {}): Diagnostic => ({
    ...finding({ file: "a.yaml", line, column: 1 }),
    ...more,
  });

  test("must be shown by no finding, whatever their order, and other lines all the same", () => {
    const confidential = at(1, { isConfidential: true });
    for (const findings of [
      [confidential, at(1), at(2)],
      [at(1), confidential, at(2)],
    ]) {
      const text = formatDiagnostics(findings, twoLines, plainPaint);
      expect(text).not.toContain("hunter22");
      expect(text).toContain("other: 1");
    }
  });
});

describe("an error", () => {
  test("must come with what to do", () => {
    const error = new ReconcilerError("engine-unreachable", "reach the Engine: refused", {
      hint: "is it running?",
    });
    expect(describeError(error, plainPaint)).toBe(
      "mysysconfig: reach the Engine: refused\n  is it running?\n",
    );
  });

  test("must not drive the terminal, whoever's words it quotes", () => {
    const error = new ReconcilerError("usage", "no \u001b[2Jfile", { hint: "\u009b31mlook\u202e" });
    expect(describeError(error, plainPaint)).toBe("mysysconfig: no [2Jfile\n  31mlook\n");
    const internal = describeError(new ReconcilerError("internal", "a\u001b]0;b"), plainPaint);
    expect(internal).not.toContain("\u001b");
  });

  test("must show its trace only when it is our own mistake", () => {
    expect(describeError(new ReconcilerError("internal", "boom"), plainPaint)).toContain("please report");
    expect(describeError(new ReconcilerError("usage", "boom"), plainPaint)).not.toContain("at ");
  });
});

test("text from others must not drive the terminal", () => {
  expect(harmless("a\u001b[31mred\u0007\r\nb\u009bc\td")).toBe("a[31mred\nbc\td");
});

describe("a report", () => {
  const report: RunReport = {
    environment: "develop",
    project: "p",
    warnings: [],
    revision: { id: "0123456789" },
    changes: [
      { key: "db", outcome: "done", summary: "changed in place", durationMs: 104 },
      { key: "idle", outcome: "unchanged", summary: "as desired", durationMs: 0 },
      {
        key: "web",
        outcome: "rolled-back",
        summary: "new build never became healthy; 58-develop still serves",
        durationMs: 3000,
        failure: {
          code: "gate-failed",
          message: "never became healthy",
          hint: "look at it",
          details: ["exit code 1", "last line: \u001b[2Jboom"],
        },
      },
    ],
    converged: false,
    exitCode: 1,
    verdict: "Not converged: 1 failed and rolled back; 2 of 3 as desired.",
    durationMs: 3100,
  };

  test("must tell each change, the story of a failure, and the verdict with its exit code", () => {
    expect(formatReport(report, plainPaint)).toMatchInlineSnapshot(`
      "  ✓ db   changed in place                                         104 ms
        ✗ web  new build never became healthy; 58-develop still serves
              exit code 1
              last line: [2Jboom
              look at it

      Not converged: 1 failed and rolled back; 2 of 3 as desired. (exit 1)
      "
    `);
  });
});
