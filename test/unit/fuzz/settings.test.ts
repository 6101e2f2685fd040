import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseCalendar } from "../../../src/calendar/calendar.ts";
import { interpolateText } from "../../../src/compose/interpolate.ts";
import { splitWords } from "../../../src/compose/shell-words.ts";
import { compileDesiredState } from "../../../src/desired/compile-desired-state.ts";
import { cronProblem } from "../../../src/desired/cron-expression.ts";
import { parseSettings } from "../../../src/desired/settings-file.ts";
import { parseBytes } from "../../../src/lib/bytes.ts";
import { parseGoDuration, parseSystemdDuration } from "../../../src/lib/duration.ts";
import { parseTag } from "../../../src/model/build-tag.ts";
import { familiarReference, parseImageRef } from "../../../src/model/image-ref.ts";
import { parseVersionRange } from "../../../src/model/version-range.ts";
import { renderTree } from "../../../src/render/render-tree.ts";
import { parseHookJson } from "../../../src/webhook/json.ts";
import { providers } from "../../../src/webhook/providers.ts";
import { treeOf } from "../render/support.ts";
import { anyText, expectSame, expectSoundFindings, mutated, patience, runs, soup } from "./support.ts";
import {
  calendarWords,
  commandWords,
  composeWords,
  cronWords,
  examples,
  imageWords,
  settingsWords,
  templateWords,
  textsOf,
  timeWords,
  unitWords,
} from "./vocabulary.ts";

describe("settings", () => {
  const check = (text: string) => {
    const { diagnostics } = expectSame(() => parseSettings(text));
    expectSoundFindings(diagnostics, { "mysysconfig.yaml": text });
  };

  test(
    "must be read or refused, whatever the text",
    () => {
      const documented = `project: shop\nvalues: {a: 1}\nsecrets: [S]\nimages: {own: ["a/*"], policies: {"a/*": fixed}}\nschedules: {reconcile: "*/5 * * * *"}\nwebhooks: {push: {provider: github, secret: S}}\n`;
      fc.assert(fc.property(anyText(150), check), runs(100));
      fc.assert(fc.property(soup(settingsWords, 30), check), runs(500));
      fc.assert(
        fc.property(mutated([...textsOf(/mysysconfig\.yaml$/), documented], settingsWords), check),
        runs(400),
      );
    },
    patience,
  );

  test(
    "must take any command of the shell for a key of the substitutions",
    () => {
      const text = soup(commandWords, 8, [""]);
      fc.assert(
        fc.property(text, text, (key, value) =>
          check(`substitutions:\n  ${JSON.stringify(key)}: ${JSON.stringify(value)}\n`),
        ),
        runs(300),
      );
    },
    patience,
  );
});

describe("templates", () => {
  const values = { a: "x", list: ["1", "2"], map: { b: "y" }, secrets: { s: "hush" } };
  const check = (text: string) => {
    const files = { "units/x.service.hbs": text, "templates/part.hbs": "{{a}}" };
    const { diagnostics, tree } = expectSame(() => {
      const { diagnostics, tree } = renderTree(treeOf(files), values, ["hush"]);
      return { diagnostics, tree };
    });
    expectSoundFindings(diagnostics, files);
    expect(tree.has("units/x.service")).toBe(diagnostics.length === 0);
  };

  test(
    "must be rendered or refused",
    () => {
      fc.assert(fc.property(soup(templateWords, 20), check), runs(800));
      fc.assert(fc.property(mutated(textsOf(/\.hbs$/), templateWords), check), runs(300));
      fc.assert(fc.property(anyText(100), check), runs(100));
    },
    patience,
  );
});

describe("a whole configuration", () => {
  const inputs = { branch: "develop", variables: new Map(), mountedValues: new Map(), secrets: new Map() };
  const options = { hostName: "h", allowMissingSecrets: true };

  test(
    "must be compiled or refused when one of its files is changed",
    () => {
      const words = [...unitWords, ...composeWords, ...settingsWords];
      const paths = [...examples.keys()];
      const change = fc
        .constantFrom(...paths)
        .chain((path) => fc.tuple(fc.constant(path), mutated([examples.get(path) ?? ""], words)));
      fc.assert(
        fc.property(change, ([path, text]) => {
          const files = { ...Object.fromEntries(examples), [path]: text };
          const compiled = compileDesiredState(treeOf(files), { id: "0" }, inputs, options);
          expectSoundFindings(compiled.diagnostics, files);
        }),
        runs(150),
      );
    },
    patience,
  );
});

describe("texts of one line", () => {
  const cases: readonly {
    readonly what: string;
    readonly words: readonly string[];
    readonly read: (text: string) => unknown;
  }[] = [
    { what: "time spans of systemd", words: timeWords, read: parseSystemdDuration },
    { what: "time spans of Go", words: timeWords, read: parseGoDuration },
    { what: "calendar expressions", words: calendarWords, read: (text) => parseCalendar(text) },
    { what: "cron expressions", words: cronWords, read: cronProblem },
    { what: "sizes", words: ["1", "0.5", "k", "m", "GiB", "b", " ", "-", "1e3", "."], read: parseBytes },
    { what: "references of images", words: imageWords, read: parseImageRef },
    { what: "tags", words: ["58", "-", "develop", "v", "1.2.3", "20150619", "_", "x"], read: parseTag },
    {
      what: "ranges of versions",
      words: [">=", "<", "^", "~", "1.2", "x", "||", " ", "1.2.3-rc.1", "*"],
      read: parseVersionRange,
    },
    {
      what: "interpolation",
      words: ["$", "{", "}", "A", ":-", ":?", "+", "$$", "${A:-", " "],
      read: (text) => interpolateText(text, new Map([["A", "x"]])),
    },
    { what: "commands of Compose", words: ["a", " ", "'", '"', "\\", ";", "|", "$", "\n"], read: splitWords },
  ];

  test.for(cases)("must be read or refused: $what", { timeout: patience }, ({ words, read }) => {
    fc.assert(
      fc.property(
        fc.oneof(soup(words, 12, ["", " "]), anyText(40)),
        (text) => void expectSame(() => read(text)),
      ),
      runs(500),
    );
    // What is read in linear time is read at once.
    for (const word of words) expect(() => read(word.repeat(20_000))).not.toThrow();
  });

  test(
    "must give back a reference of an image that was read",
    () => {
      fc.assert(
        fc.property(soup(imageWords, 6, [""]), (text) => {
          const ref = parseImageRef(text);
          if (typeof ref !== "string") expect(parseImageRef(familiarReference(ref))).toMatchObject(ref);
        }),
        runs(500),
      );
    },
    patience,
  );
});

describe("bodies of hooks", () => {
  test(
    "must be read or refused, whatever they hold",
    () => {
      const json = fc.oneof(fc.json({ maxDepth: 4 }), anyText(60), fc.constant("[".repeat(10_000)));
      fc.assert(
        fc.property(json, fc.constantFrom(...Object.values(providers)), (text, { read }) => {
          const parsed = parseHookJson(new TextEncoder().encode(text));
          if ("reason" in parsed) expect(parsed.reason).not.toBe("");
          else expectSame(() => read(parsed.json, new Map()));
        }),
        runs(400),
      );
    },
    patience,
  );
});
