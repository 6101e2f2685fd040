import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DiagnosticSink } from "../../../src/lib/diagnostic.ts";
import { compileTimer } from "../../../src/unit/compile-timer.ts";
import { compileUnit } from "../../../src/unit/compile-unit.ts";
import { parseDockerKeyValues, parseServiceEnvironment } from "../../../src/unit/environment-files.ts";
import { parseUnitFile } from "../../../src/unit/unit-file.ts";
import { splitCommandLines, splitWords, wholeWord } from "../../../src/unit/words.ts";
import { makeContext } from "../unit/support.ts";
import {
  anyText,
  expectSame,
  expectSound,
  expectSoundFindings,
  mutated,
  patience,
  runs,
  soup,
} from "./support.ts";
import { envFileWords, fullUnit, runWords, shellWords, textsOf, unitWords } from "./vocabulary.ts";

const path = "units/web.service";
const files = { "units/web.env": "A=1\nB=2\n", "units/x": "file" };
const context = makeContext({
  files,
  variables: { A: "1", B: "two words" },
  substitutions: { "cmd a": "x", cmd: "y z" },
});

function check(text: string, instance?: string): void {
  const unitPath = instance === undefined ? path : "units/web@.service";
  expectSound(
    expectSame(() => compileUnit(unitPath, text, context, instance)),
    { ...files, [unitPath]: text },
  );
}

const units = [fullUnit, ...textsOf(/\.service$/)];
const quoteForUnit = (script: string) =>
  script.replace(/[\\']/g, "\\$&").replaceAll("\n", "\\n").replaceAll("%", "%%");

describe("units", () => {
  test(
    "must be read or refused, whatever the text",
    () => {
      fc.assert(
        fc.property(anyText(200), (text) => check(text)),
        runs(100),
      );
    },
    patience,
  );

  test(
    "must be read or refused when they are made of their own words",
    () => {
      fc.assert(
        fc.property(soup(unitWords, 60, ["", " ", "\n"]), (text) => check(text)),
        runs(500),
      );
    },
    patience,
  );

  test(
    "must be read or refused when a sound one is changed at a few places",
    () => {
      fc.assert(fc.property(mutated(units, unitWords), fc.constantFrom(undefined, "1"), check), runs(500));
    },
    patience,
  );

  test(
    "must be read or refused with any docker run line",
    () => {
      const line = soup(runWords, 12, [" ", " ", ""]);
      fc.assert(
        fc.property(line, (text) => check(`[Service]\nExecStart=/usr/bin/docker run ${text} busybox:1\n`)),
        runs(500),
      );
    },
    patience,
  );

  test(
    "must be read or refused with any shell line",
    () => {
      const script = soup(shellWords, 16);
      const line = (text: string) => `[Service]\nExecStart=/bin/sh -c '${quoteForUnit(text)}'\n`;
      fc.assert(
        fc.property(script, (text) => check(line(text))),
        runs(500),
      );
      fc.assert(
        fc.property(script, (text) => check(`[Service]\nExecStart=/bin/sh -c "${text}"\n`)),
        runs(300),
      );
    },
    patience,
  );

  test(
    "must be read or refused with any file of the environment",
    () => {
      const unit =
        "[Service]\nEnvironmentFile=web.env\nExecStart=/usr/bin/docker run --env-file ./web.env busybox:1 $A\n";
      fc.assert(
        fc.property(fc.oneof(soup(envFileWords, 20), anyText(80)), (text) => {
          const files = { "units/web.env": text };
          expectSound(compileUnit(path, unit, makeContext({ files })), { ...files, [path]: unit });
        }),
        runs(400),
      );
    },
    patience,
  );

  test(
    "must be read or refused with any drop-in",
    () => {
      const unit = "[Service]\nExecStart=/usr/bin/docker run busybox:1\n";
      const dropIn = "units/web.service.d/10-x.conf";
      fc.assert(
        fc.property(soup(unitWords, 30, ["", " ", "\n"]), (text) => {
          const files = { [dropIn]: text };
          expectSound(compileUnit(path, unit, makeContext({ files })), { ...files, [path]: unit });
        }),
        runs(100),
      );
    },
    patience,
  );
});

describe("timers", () => {
  test(
    "must be read or refused",
    () => {
      const timer = "[Timer]\nOnCalendar=Mon..Fri *-*-* 04:00\nRandomizedDelaySec=5min\nPersistent=yes\n";
      const timerPath = "units/web.timer";
      const read = (text: string) => compileTimer({ path: timerPath, text }, context);
      fc.assert(
        fc.property(fc.oneof(mutated([timer], unitWords), soup(unitWords, 30, ["", "\n"])), (text) => {
          const { diagnostics } = expectSame(() => read(text));
          expectSoundFindings(diagnostics, { [timerPath]: text });
        }),
        runs(300),
      );
    },
    patience,
  );
});

describe("the parts of units", () => {
  test(
    "must be split into words that cover what was written, in order",
    () => {
      const quoted = soup(
        ["a", "b c", "'", '"', "\\", "\\n", "\\x41", "\\303\\251", "\\u00e9", ";", "\\;", "  ", "\t", "é"],
        20,
        [""],
      );
      fc.assert(
        fc.property(quoted, (written) => {
          const text = written.replace(/\n/g, " ");
          const sink = new DiagnosticSink();
          const source = { file: path, text, segments: [{ start: 0, line: 1, column: 1 }] };
          const words = [...splitWords(source, sink), ...splitCommandLines(source, sink).flat()];
          for (const { start, end, map, text: word } of [...words, wholeWord(source)]) {
            expect(0 <= start && start <= end && end <= text.length).toBe(true);
            if (map !== undefined) expect(map.length).toBe(word.length + 1);
          }
          expectSoundFindings(sink.diagnostics, { [path]: text });
        }),
        runs(1000),
      );
    },
    patience,
  );

  test(
    "must keep the place of every assignment",
    () => {
      fc.assert(
        fc.property(mutated(units, unitWords), (text) => {
          const sink = new DiagnosticSink();
          const lines = text.split("\n");
          for (const { key, keyPosition } of parseUnitFile(path, text, sink).assignments) {
            const { line, column, length = 0 } = keyPosition;
            expect(
              key.startsWith(
                lines[line - 1]?.slice(column - 1, column - 1 + length).replace(/\\$/, " ") ?? "?",
              ),
            ).toBe(true);
          }
          expectSoundFindings(sink.diagnostics, { [path]: text });
        }),
        runs(300),
      );
    },
    patience,
  );

  test(
    "must read files of the environment to their end",
    () => {
      fc.assert(
        fc.property(fc.oneof(soup(envFileWords, 20), anyText(100)), (text) => {
          for (const parse of [parseServiceEnvironment, parseDockerKeyValues]) {
            const sink = new DiagnosticSink();
            parse(path, text, sink);
            expectSoundFindings(sink.diagnostics, { [path]: text });
          }
        }),
        runs(400),
      );
    },
    patience,
  );
});
