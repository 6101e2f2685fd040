import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readTokens } from "../../../src/unit/shell/tokens.ts";
import { costGrowth } from "../../support/growth.ts";
import {
  acceptedLines,
  refusedLines,
  refusedScripts,
  substitutions,
  unitEnvironment,
} from "./shell-lines.ts";
import { compileText, findingsOf, type TestInput, workloadOf } from "./support.ts";

const place: TestInput = { path: "units/web@.service", instance: "3", substitutions };

function unitOf(line: string): string {
  return `[Service]\n${unitEnvironment}ExecStart=${line}\n`;
}

describe("shell lines that are read", () => {
  test("must be many, and each of its own", () => {
    const lines = acceptedLines.map(({ line }) => line);
    expect(new Set(lines).size).toBe(lines.length);
    expect(lines.length).toBeGreaterThanOrEqual(80);
  });

  test.for(acceptedLines)("must compile $line", ({ line, image, name, env, command }) => {
    const { container, containerNames } = workloadOf(unitOf(line), place);
    if (image !== undefined) expect(container.image).toBe(image);
    if (name !== undefined) expect(containerNames).toEqual([name]);
    if (env !== undefined) expect(container.environment).toEqual(env);
    if (command !== undefined) expect(container.command).toEqual(command);
    const errors = compileText(unitOf(line), place).diagnostics.filter(
      ({ severity }) => severity === "error",
    );
    expect(errors).toEqual([]);
  });

  test("must say where their words are, also in continued lines", () => {
    const text = unitOf(
      "/bin/sh -c 'export A=1; \\\n  # a comment\n  docker run --privileged \\\n   -e A myrepo/web:58-develop'",
    );
    const { positions } = workloadOf(text, place);
    expect(positions["image"]).toMatchObject({ line: 7, column: 9, length: "myrepo/web:58-develop".length });
    expect(positions["privileged"]).toMatchObject({ line: 6, column: 14 });
  });

  test("must warn that a failure is ignored behind || true", () => {
    expect(findingsOf(unitOf("/bin/sh -c 'docker run a:1 || true'"), place)).toEqual([
      expect.stringMatching(/^warning .* true behind "docker run" has no effect/),
    ]);
  });

  test.for([
    "ExecStartPre=-/bin/sh -c 'docker rm -f web || true'",
    "ExecStartPre=/bin/sh -c 'docker kill web; docker rm web; true'",
    "ExecStartPre=/bin/sh -c 'export I=busybox; docker pull $I:1'",
    "ExecStartPre=/bin/bash -c '/usr/bin/docker stop web && docker rm web || :'",
    "ExecStop=/bin/sh -c 'docker stop -t 3 web'",
    'ExecStopPost=-/bin/sh -c "docker rm -f web"',
    "ExecStartPre=/bin/sh -c true",
  ])("must be taken over around the run: %s", (line) => {
    const text = `[Service]\n${line}\nExecStart=docker run --name web busybox:1\n`;
    expect(findingsOf(text)).toEqual([]);
  });

  test("must set the stop timeout", () => {
    const text =
      "[Service]\nExecStart=docker run --name web a:1\nExecStop=/bin/sh -c 'docker stop -t 3 web'\n";
    expect(workloadOf(text).container.stopTimeoutSeconds).toBe(3);
  });
});

describe("shell lines that are refused", () => {
  const inQuotes = refusedScripts.map(({ line, ...rest }) => ({ ...rest, line: `/bin/sh -c '${line}'` }));
  const all = [...inQuotes, ...refusedLines];

  test("must be many, and each of its own", () => {
    expect(new Set(all.map(({ line }) => line)).size).toBe(all.length);
    expect(all.length).toBeGreaterThanOrEqual(80);
  });

  test.for(all)("must underline $at of $line", ({ line, at, says }) => {
    const text = unitOf(line);
    const lines = text.split("\n");
    const { value, diagnostics } = compileText(text, place);
    expect(value).toBeUndefined();
    const errors = diagnostics.filter(({ severity }) => severity === "error");
    const found = errors.map(({ position: { line: row, column, length = 0 }, message }) => ({
      at: (lines[row - 1] ?? "").slice(column - 1, column - 1 + length),
      message,
    }));
    expect(found).toContainEqual({ at, message: expect.stringContaining(says) });
    expect(errors.every(({ hint }) => hint !== undefined && hint.length > 5)).toBe(true);
  });

  test("must report every unknown command of a line at once", () => {
    const text = unitOf("/bin/sh -c 'docker run -e A=$(one) -e B=`two` a:$(three)'");
    expect(findingsOf(text, place).map((finding) => finding.split(" | ")[0])).toEqual([
      expect.stringContaining('would run "one"'),
      expect.stringContaining('would run "two"'),
      expect.stringContaining('would run "three"'),
    ]);
  });
});

describe("any script", () => {
  const pieces = [
    ..."\"'`$(){}[]<>|&;*?~#\\= \n\t!",
    ..."${A} $A $(x) `x` \\' \" export A=1 exec docker run a:1 if then fi && || $(( )) <<EOF".split(" "),
  ];
  const scripts = fc.array(fc.constantFrom(...pieces), { maxLength: 40 }).map((parts) => parts.join(""));

  test("must be read or refused, never with an exception, and its findings must lie in the text", () => {
    fc.assert(
      fc.property(fc.oneof(scripts, fc.string({ maxLength: 60 })), (script) => {
        const quoted = script.replaceAll("\n", "\\n").replaceAll("\r", "");
        const text = unitOf(`/bin/sh -c 'docker run a:1 ${quoted}'`);
        const { diagnostics, value } = compileText(text, place);
        const hasErrors = diagnostics.some(({ severity }) => severity === "error");
        expect(value === undefined).toBe(hasErrors);
        for (const { position } of diagnostics)
          expect(position.line).toBeLessThanOrEqual(text.split("\n").length);
      }),
      { numRuns: 2000 },
    );
  });

  test("must be covered by its tokens without a gap but white space", () => {
    fc.assert(
      fc.property(scripts, (script) => {
        const { tokens, stop } = readTokens(script);
        let end = 0;
        for (const token of tokens) {
          expect(script.slice(end, token.start)).toMatch(/^(?:[ \t\r]|\\\n)*$/);
          expect(token.end).toBeGreaterThan(token.start);
          end = token.end;
        }
        if (stop === undefined) expect(script.slice(end)).toMatch(/^(?:[ \t\r]|\\\n)*$/);
        else expect(stop.end).toBeGreaterThan(stop.start);
      }),
      { numRuns: 3000 },
    );
  });

  test.for(["$(", "`x` ", "'a' ", '"$A" ', "a;", "\\", "((", "$((1))", "{a,", "A=1 ", "${A}", "x\"'"])(
    "must take time in proportion to its length: %s again and again",
    (piece) => {
      const compile = (count: number) => {
        compileText(
          unitOf(`/bin/sh -c 'docker run a:1 ${piece.replaceAll("'", "\\'").repeat(count)}'`),
          place,
        );
      };
      // A quadratic reader would take four hundred times as long for twenty times the text.
      expect(costGrowth(compile, 2_000, 40_000)).toBeLessThan(150);
    },
  );
});
