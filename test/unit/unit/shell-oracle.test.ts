import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { DiagnosticSink } from "../../../src/lib/diagnostic.ts";
import type { ExecLine } from "../../../src/unit/exec-line.ts";
import { Room } from "../../../src/unit/room.ts";
import { readScript } from "../../../src/unit/shell/script.ts";
import { parseUnitFile } from "../../../src/unit/unit-file.ts";
import { unitNameOf } from "../../../src/unit/unit-name.ts";
import { wholeWord } from "../../../src/unit/words.ts";
import { makeContext } from "./support.ts";

/**
 * Scripts that are accepted are run by real shells with a docker that only notes what it is told. The scripts are made
 * of harmless pieces, and nothing else is on the path.
 */
const place = mkdtempSync(join(tmpdir(), "mysysconfig-test-shell-"));
afterAll(() => rmSync(place, { recursive: true, force: true }));

const watched = ["A", "B", "C", "V"];
const environment: Readonly<Record<string, string>> = { V: "v w", E: "", G: "*", Q: "a'b\"c $V" };
const outputs: Readonly<Record<string, string>> = {
  one: "x",
  "two words": " y  z\n\n",
  none: "",
  star: "[a-z]",
};

const recorder = `#!/bin/sh
printf 'call\\0'
for word in "$@"; do printf '%s\\0' "$word"; done
printf 'environment\\0'
${watched.map((name) => `printf '%s\\0' "\${${name}-unset}"`).join("\n")}
printf 'end\\0'
`;
const programs: Readonly<Record<string, string>> = {
  docker: recorder,
  one: "#!/bin/sh\nprintf x\n",
  two: "#!/bin/sh\nprintf ' y  z\\n\\n'\n",
  none: "#!/bin/sh\n",
  star: "#!/bin/sh\nprintf '[a-z]'\n",
};
for (const [name, text] of Object.entries(programs)) {
  writeFileSync(join(place, name), text);
  chmodSync(join(place, name), 0o755);
}

interface Call {
  readonly words: readonly string[];
  readonly environment: readonly string[];
}

function asked(shell: string, script: string): readonly Call[] {
  const { stdout, error } = spawnSync(shell, ["-c", script], {
    cwd: place,
    env: { ...environment, PATH: place },
    encoding: "utf8",
    timeout: 20_000,
  });
  if (error !== undefined) throw error;
  const parts = stdout.split("\0");
  const calls: Call[] = [];
  while (parts.shift() === "call") {
    const end = parts.indexOf("environment");
    const words = parts.splice(0, end);
    parts.shift();
    calls.push({ words, environment: parts.splice(0, watched.length) });
    parts.shift();
  }
  return calls;
}

/** `undefined` when it is refused. */
function read(script: string): readonly Call[] | undefined {
  const context = {
    ...makeContext(),
    substitute: (command: string) => {
      const value = outputs[command];
      return value === undefined ? undefined : { value, diagnostics: [] };
    },
  };
  const path = "units/web.service";
  const sink = new DiagnosticSink();
  const [item] = parseUnitFile(path, "[Service]\nExecStart=x\n", sink).assignments;
  if (item === undefined) throw new Error("no assignment");
  const word = wholeWord({ file: path, text: script, segments: [{ start: 0, line: 2, column: 1 }] });
  const line: ExecLine = { key: "ExecStart", item, prefixes: ":", program: word, args: [] };
  const scope = {
    path,
    name: unitNameOf(path),
    context,
    sink,
    usedPaths: new Set<string>(),
    room: new Room(sink),
  };
  const variables = new Map(Object.entries(environment));
  const commands = readScript(line, word, { environment: { variables, undeclaredFiles: [] }, scope });
  return commands?.map(({ line: { args }, expansion }) => ({
    words: args.map(({ text }) => text),
    environment: watched.map((name) => expansion.environment.variables.get(name) ?? "unset"),
  }));
}

const shells = ["/bin/sh", "/bin/bash"].filter((path) => existsSync(path));

const wordParts = fc.constantFrom(
  ...[
    "a",
    "b c",
    "'d e'",
    '"f g"',
    "$V",
    '"$V"',
    "${V}",
    "$E",
    '"$E"',
    "'$V'",
    "\\$V",
    "\\ ",
    "\\\\",
    '"\\$V"',
    '"a\\b"',
  ],
  ...[
    "$(one)",
    '"$(two words)"',
    "$(two words)",
    "`one`",
    '"`two words`"',
    "$(none)",
    '"$(none)"',
    "=",
    "A=1",
    "x=$V",
    "-e",
    "$A",
    '"$A$B"',
  ],
  ...[
    "{x}",
    "a#b",
    "%",
    "'\"'",
    '"\'"',
    "''",
    '""',
    "\\\n",
    "\\'",
    "5$",
    "${A}",
    '"${B}"',
    "'*'",
    '"*"',
    "\\*",
    "$Q",
    '"$Q"',
    '"$G"',
  ],
);
const word = fc.array(wordParts, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(""));
const words = fc.array(word, { maxLength: 4 }).map((parts) => parts.join(" "));
const assignment = fc
  .tuple(fc.constantFrom("A", "B", "C", "V"), fc.array(wordParts, { maxLength: 3 }))
  .map(([name, parts]) => `${name}=${parts.join("").replaceAll(" ", "")}`);
const before = fc.oneof(
  assignment,
  assignment.map((text) => `export ${text}`),
  fc.constantFrom(
    "export A",
    "export A B",
    "true",
    ":",
    "set -e",
    "A=1 B=2",
    "export A=$V",
    'export C="$(two words)"',
    "V=$A",
  ),
);
const script = fc
  .tuple(
    fc.array(fc.tuple(before, fc.constantFrom("; ", " && ", "\n", " ;\n ")), { maxLength: 4 }),
    fc.constantFrom("docker", "exec docker", "A=7 docker", "B=$A C= docker"),
    words,
    fc.constantFrom("", ";", " ; ", "\n", " || true", "; true", " && true"),
  )
  .map(([parts, program, args, end]) => `A=0; B=; ${parts.flat().join("")}${program} run ${args}${end}`);

describe.for(shells)("a script that is read", (shell) => {
  test(`must mean what ${shell} makes of it`, () => {
    let accepted = 0;
    for (const text of new Set(fc.sample(script, { numRuns: 250, seed: 7 }))) {
      const ours = read(text);
      if (ours === undefined) continue;
      accepted++;
      expect({ text, calls: ours }).toEqual({ text, calls: asked(shell, text) });
    }
    expect(accepted).toBeGreaterThan(50);
  });
});
