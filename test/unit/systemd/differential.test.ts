import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DiagnosticSink } from "../../../src/lib/diagnostic.ts";
import type { ManifestTree } from "../../../src/model/manifest-tree.ts";
import { directiveTable, timerDirectiveTable } from "../../../src/unit/directives.ts";
import { dropInFolders, findDropIns } from "../../../src/unit/drop-ins.ts";
import { readEnvironment } from "../../../src/unit/environment.ts";
import { readExecLines } from "../../../src/unit/exec-line.ts";
import { readUnit } from "../../../src/unit/read-unit.ts";
import { Room } from "../../../src/unit/room.ts";
import { readServiceSettings } from "../../../src/unit/service-settings.ts";
import { expandSpecifiers, specifierTable } from "../../../src/unit/specifiers.ts";
import { unitNameOf } from "../../../src/unit/unit-name.ts";
import type { UnitScope } from "../../../src/unit/unit-scope.ts";
import { wholeWord } from "../../../src/unit/words.ts";
import { makeContext } from "../unit/support.ts";
import { askSystemd, knownDirectives, type LoadedUnit } from "./oracle.ts";

function scopeOf(name: string, files: Readonly<Record<string, string>> = {}): UnitScope {
  const inUnits = Object.fromEntries(Object.entries(files).map(([path, text]) => [`units/${path}`, text]));
  return {
    path: `units/${name}`,
    name: unitNameOf(`units/${name}`),
    context: makeContext({ files: inUnits }),
    sink: new DiagnosticSink(),
    usedPaths: new Set(),
    room: new Room(new DiagnosticSink()),
  };
}

/** What we make of a unit; what we refuse is absent. */
function ourView(name: string, text: string) {
  const scope = scopeOf(name);
  const file = readUnit(text, scope);
  const environment = readEnvironment(file, scope);
  const lines = readExecLines("ExecStart", file, { environment, scope });
  const isSound = !scope.sink.hasErrors;
  return {
    isSound,
    commands: lines.map(({ program, args }) => [program.text, ...args.map((word) => word.text)]),
    environment: Object.fromEntries(environment.variables),
    findings: scope.sink.diagnostics.map(({ message }) => message),
  };
}

function theirView(unit: LoadedUnit | undefined) {
  const environment = (unit?.facts.get("Environment") ?? []).map((text) => {
    const equals = text.indexOf("=");
    return [text.slice(0, equals), text.slice(equals + 1)] as const;
  });
  return {
    commands: unit?.commands.get("ExecStart") ?? [],
    environment: Object.fromEntries(environment),
  };
}

/** The time for a question grows with the square of its units. */
const batch = 50;

/** Several units with one question to systemd, each sample once. */
function compareUnits(
  samples: readonly string[],
  compare: (text: string, unit: LoadedUnit | undefined, name: string) => void,
): void {
  const texts = [...new Set(samples)];
  for (let start = 0; start < texts.length; start += batch) {
    const part = texts.slice(start, start + batch);
    const names = part.map((_, index) => `u${index}.service`);
    const files = Object.fromEntries(names.map((name, index) => [name, part[index] ?? ""]));
    const units = askSystemd(files, names);
    for (const [index, name] of names.entries()) compare(part[index] ?? "", units.get(name), name);
  }
}

const wordPieces = [
  ...[
    "a",
    "b=1",
    "x y",
    "'",
    '"',
    "''",
    '""',
    "'a b'",
    '"c d"',
    "\\",
    "\\\\",
    "\\s",
    "\\t",
    "\\x41",
    "\\101",
    "\\u00e9",
  ],
  ...[
    "\\U0001F600",
    "\\'",
    '\\"',
    "\\;",
    ";",
    " ",
    "  ",
    "\t",
    "%%",
    "%n",
    "$A",
    "${A}",
    "$$",
    "é",
    "#",
    "\\q",
    "\\xc3\\xa9",
  ],
  ...["-e", "=", "*", "~", "`x`", "$(x)", "|", "&&", "{a,b}", "\\x0", "\\u12", "\\400", "\\n"],
];

/** The sample is the same in every run. */
function sample<T>(arbitrary: fc.Arbitrary<T>, count: number): T[] {
  return fc.sample(arbitrary, { numRuns: count, seed: 41 });
}

describe("command lines", () => {
  const values = fc
    .array(fc.constantFrom(...wordPieces), { minLength: 1, maxLength: 8 })
    .map((parts) => parts.join(""));

  test("must have the words that systemd sees, or be refused", () => {
    let accepted = 0;
    const texts = sample(values, 400).map((value) => `[Service]\nExecStart=/usr/bin/docker run ${value}\n`);
    compareUnits(texts, (text, unit, name) => {
      const ours = ourView(name, text);
      const theirs = theirView(unit);
      // A lone semicolon makes two commands, of which only a oneshot may have more than one.
      if (!ours.isSound || ours.commands.length !== 1 || unit === undefined) return;
      accepted++;
      expect({ text, commands: ours.commands }).toEqual({ text, commands: theirs.commands });
    });
    expect(accepted).toBeGreaterThan(150);
  });

  test("must be refused when systemd refuses them", () => {
    const texts = sample(values, 400).map(
      (value) => `[Service]\nType=oneshot\nExecStart=/usr/bin/docker run ${value}\n`,
    );
    compareUnits(texts, (text, unit, name) => {
      const ours = ourView(name, text);
      const theirs = theirView(unit).commands;
      if (ours.isSound) expect({ text, count: theirs.length }).toEqual({ text, count: ours.commands.length });
    });
  });
});

describe("Environment=", () => {
  const value = fc
    .array(
      fc.oneof(
        { arbitrary: fc.constantFrom(...wordPieces), weight: 3 },
        { arbitrary: fc.constantFrom("A=", "B=", "C_1=", "A=x "), weight: 2 },
      ),
      {
        minLength: 1,
        maxLength: 7,
      },
    )
    .map((parts) => parts.join(""));
  const unit = fc.array(value, { minLength: 1, maxLength: 3 }).map((lines) => {
    const settings = lines.map((line) => `Environment=${line}\n`).join("");
    return `[Service]\n${settings}ExecStart=/usr/bin/docker run\n`;
  });

  test("must give the variables that systemd has, or be refused", () => {
    let accepted = 0;
    compareUnits(sample(unit, 500), (text, loaded, name) => {
      const ours = ourView(name, text);
      // systemd prints values with line breaks as they are.
      if (!ours.isSound || loaded === undefined || JSON.stringify(ours.environment).includes("\\n")) return;
      accepted++;
      expect({ text, ...ours.environment }).toEqual({ text, ...theirView(loaded).environment });
    });
    expect(accepted).toBeGreaterThan(40);
  });
});

describe("the syntax of files", () => {
  const line = fc.constantFrom(
    ...[
      "Environment=A=1",
      "Environment=A=1 \\",
      "  B=2",
      "# comment",
      "; comment \\",
      "",
      "  ",
      "\\",
      "Environment=",
      "Environment=C=3\\\\",
    ],
    ...[
      " Environment = D=4 ",
      "[Service]",
      "[X-Other]",
      "Environment=\\",
      "E=5 \\",
      'Environment="F=6 \\',
      'x"',
      "\t# comment",
    ],
  );
  const unit = fc
    .array(line, { maxLength: 8 })
    .map((lines) => `[Service]\nExecStart=/usr/bin/docker run\n${lines.join("\n")}\n`);

  test("must join and skip lines as systemd does, or refuse them", () => {
    let accepted = 0;
    compareUnits(sample(unit, 500), (text, loaded, name) => {
      const ours = ourView(name, text);
      if (!ours.isSound || loaded === undefined) return;
      accepted++;
      const { commands, environment } = theirView(loaded);
      expect({ text, commands: ours.commands, environment: ours.environment }).toEqual({
        text,
        commands,
        environment,
      });
    });
    expect(accepted).toBeGreaterThan(60);
  });
});

describe("settings with one value", () => {
  const line = fc.constantFrom(
    ...[
      "Restart=always",
      "Restart=on-failure",
      "Restart=no",
      "Restart=",
      "KillSignal=SIGINT",
      "KillSignal=QUIT",
      "KillSignal=",
    ],
    ...["TimeoutStopSec=5", "TimeoutStopSec=1min 30s", "TimeoutSec=7", "TimeoutStopSec=", "[Service]"],
  );
  const unit = fc
    .array(line, { maxLength: 5 })
    .map((lines) => `[Service]\n${lines.join("\n")}\nExecStart=/usr/bin/docker run\n`);

  test("must have the value that counts for systemd", () => {
    let accepted = 0;
    compareUnits(sample(unit, 300), (text, loaded, name) => {
      const scope = scopeOf(name);
      const { restart, killSignal, stopTimeoutSeconds } = readServiceSettings(readUnit(text, scope), scope);
      if (scope.sink.hasErrors || loaded === undefined) return;
      accepted++;
      const { facts } = loaded;
      expect({ text, restart: restart?.item.value.text ?? "no" }).toEqual({
        text,
        restart: facts.get("Restart")?.[0],
      });
      expect(killSignal?.value ?? "SIGTERM").toBe(facts.get("KillSignal")?.[0]);
      const seconds = { 5: "5s", 7: "7s", 90: "1min 30s" }[stopTimeoutSeconds?.value ?? 90];
      expect({ text, seconds }).toEqual({ text, seconds: facts.get("TimeoutStopSec")?.[0] });
    });
    expect(accepted).toBeGreaterThan(60);
  });
});

describe("specifiers", () => {
  const names = [
    "web.service",
    "a-b-c.service",
    "a-b@x-y.service",
    "w@1.service",
    "x\\x2dy@\\xc3\\xa4-b.service",
    "a@-.service",
    "-a@b.service",
  ];
  /** `%H` and `%l` are the Engine's, not this machine's. */
  const letters = Object.keys(specifierTable).filter((letter) => !"Hl%".includes(letter));

  test.for(names)("must mean for %s what they mean for systemd", (name) => {
    const known =
      unitNameOf(name).instance === undefined ? letters.filter((letter) => !"iI".includes(letter)) : letters;
    const text = known.map((letter) => `${letter}=[%${letter}]`).join(" ");
    const file = `[Unit]\nDescription=${text}\n[Service]\nExecStart=/usr/bin/docker run\n`;
    const template = name.replace(/@.*\./, "@.");
    const units = askSystemd({ [template]: file }, [name]);
    const scope = scopeOf(name);
    const source = { file: scope.path, text, segments: [{ start: 0, line: 1, column: 1 }] };
    const ours = expandSpecifiers(wholeWord(source), scope).text;
    expect(scope.sink.diagnostics).toEqual([]);
    expect(ours).toBe(units.get(name)?.facts.get("Description")?.[0]);
  });
});

describe("drop-ins", () => {
  const names = ["web.service", "a-b-c.service", "a-b@x.service", "a-@x-1.service", "w@1.service"];

  test.for(names)("must apply to %s in the order of systemd", (name) => {
    const folders = [...dropInFolders(name), "other.service.d", "a@.service.d", "a-b.service.d"];
    const path = fc.tuple(
      fc.constantFrom(...folders),
      fc.constantFrom("10-a.conf", "20-b.conf", "B.conf", "a.conf", "c.txt"),
    );
    const own = name.replace(/@.*\./, "@.");
    for (const chosen of sample(
      fc.uniqueArray(path, { maxLength: 14, selector: (pair) => pair.join("/") }),
      12,
    )) {
      const dropIns = Object.fromEntries(
        chosen.map((pair) => [pair.join("/"), "[Service]\nRestart=always\n"]),
      );
      const files = { [own]: "[Service]\nExecStart=/usr/bin/docker run\n", ...dropIns };
      const units = askSystemd(files, [name]);
      const theirs = (units.get(name)?.facts.get("DropIn Path") ?? []).map((at) =>
        at.split("/").slice(-2).join("/"),
      );
      const ours = findDropIns(`units/${own}`, name, treeOf(files)).map(({ path: at }) =>
        at.split("/").slice(-2).join("/"),
      );
      expect(ours).toEqual(theirs);
    }
  });

  function treeOf(files: Readonly<Record<string, string>>): ManifestTree {
    return scopeOf("x.service", files).context.tree;
  }

  test("must change lists and single values as systemd says", () => {
    const files = {
      "web@.service": "[Service]\nRestart=no\nEnvironment=A=1 B=1\nExecStart=/usr/bin/docker run a:1\n",
      "web@.service.d/10-image.conf": "[Service]\nExecStart=\nExecStart=/usr/bin/docker run b:2\n",
      "web@1.service.d/20-env.conf": "[Service]\nEnvironment=B=2\nRestart=always\n",
      "service.d/30-all.conf": "[Service]\nEnvironment=C=3\nKillSignal=SIGINT\n",
    };
    const units = askSystemd(files, ["web@1.service"]);
    const theirs = units.get("web@1.service");
    const scope = scopeOf("web@1.service", files);
    const file = readUnit(files["web@.service"], { ...scope, path: "units/web@.service" });
    const environment = readEnvironment(file, scope);
    expect(Object.fromEntries(environment.variables)).toEqual(theirView(theirs).environment);
    expect(theirs?.commands.get("ExecStart")).toEqual([["/usr/bin/docker", "run", "b:2"]]);
    const [line] = readExecLines("ExecStart", file, { environment, scope });
    expect(line?.args.map(({ text }) => text)).toEqual(["run", "b:2"]);
    const { restart, killSignal } = readServiceSettings(file, scope);
    expect(restart?.item.value.text).toBe(theirs?.facts.get("Restart")?.[0]);
    expect(killSignal?.value).toBe(theirs?.facts.get("KillSignal")?.[0]);
  });
});

test("every directive that systemd knows must be in the tables", () => {
  const tables = { ...timerDirectiveTable, ...directiveTable };
  const ours = new Set(
    Object.entries(tables).flatMap(([section, rows]) =>
      Object.keys(rows).map((name) => `${section}.${name}`),
    ),
  );
  const theirs = knownDirectives().filter((name) => /^(?:Unit|Service|Install|Timer)\./.test(name));
  expect(theirs.length).toBeGreaterThan(300);
  expect(theirs.filter((name) => !ours.has(name))).toEqual([]);
});
